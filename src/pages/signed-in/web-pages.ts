import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../core/base/errors.ts';
import { type Html, html } from '../html.ts';
import { answerAsset, answerHtml, answerJson, answerText } from '../page-answers.ts';
import { comesFromElsewhere, isFromOrigin, isPrefetch } from '../page-guards.ts';
import { renderBounce, renderPlain, renderSignedIn } from '../page-layout.ts';
import { readPageForm, readPlainForm } from '../read-form.ts';
import { type PageDesk, redirect } from './page-desk.ts';
import { baseOf, isPagePath, pageAreas, pathBelow, returnPath } from './page-paths.ts';
import type { PageRoom, PageView, PageVisit } from './page-room.ts';
import type { PageSession, PageSessions } from './page-sessions.ts';
import { streamAnswers } from './stream-answers.ts';

export interface WebPagesOptions {
  /** Where browsers reach the server. */
  readonly publicUrl: string;
  readonly sessions: PageSessions;
  readonly desk: PageDesk;
  readonly rooms: readonly PageRoom[];
  /** Called with a failure that nobody foresaw. */
  readonly onError: (error: unknown) => void;
}

/** The pages of the HTTP server, as its router sees them. */
export interface WebPages {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Asked {
  readonly path: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Pages at the public address, for people who have signed in. Guards come first: where the request comes from, who it is,
 * and for everything that changes something, whether a page of this session has sent it.
 */
export function createWebPages({ publicUrl, sessions, desk, rooms, onError }: WebPagesOptions): WebPages {
  const { origin } = new URL(publicUrl);
  const base = baseOf(publicUrl);
  const byArea = new Map(rooms.map((room) => [room.area, room]));
  return {
    async handle(request, response) {
      try {
        await route(request, response);
      } catch (error) {
        // Nothing of a request is logged: it may hold a secret.
        onError(error);
        if (response.headersSent) {
          response.destroy();
        } else {
          say(response, 500, 'Something went wrong here', html`<p>The log of the server says more.</p>`);
        }
      }
    },
  };

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathBelow(base, (request.url ?? '/').split('?')[0] ?? '/');
    const [, area = '', key = ''] = path.split('/');
    if (!isFromOrigin(request, origin)) {
      answerText(response, 403, 'This page belongs to another place.');
    } else if (isPrefetch(request)) {
      answerText(response, 503, 'Open this page yourself.');
    } else if (request.method === 'POST') {
      await take({ path, request, response });
    } else if (area === pageAreas.assets) {
      await answerAsset(key, response);
    } else if (path === '/' || !isPagePath(path)) {
      redirect(response, `${base}/${pageAreas.approve}`);
    } else if (area === pageAreas.signIn) {
      await desk.handle(path, request, response);
    } else if (area === pageAreas.signedOut || area === pageAreas.signOut) {
      const body = html`<p>These pages know you no more. Your account is still signed in where you signed in with it.</p>
<p><a href="${base}/${pageAreas.approve}">Sign in again</a></p>`;
      say(response, 200, 'You are signed out', body);
    } else {
      await show({ path, request, response });
    }
  }

  async function show({ path, request, response }: Asked): Promise<void> {
    const session = await sessions.of(request);
    if (session !== undefined) {
      const { room, visit } = visitOf(path, session);
      await answer(() => room?.show(visit), path, session, response);
    } else if (comesFromElsewhere(request)) {
      answerHtml(response, 200, renderBounce({ base, path: returnPath(path) }));
    } else {
      await desk.lead(path, new URLSearchParams((request.url ?? '').split('?')[1] ?? ''), response);
    }
  }

  async function take({ path, request, response }: Asked): Promise<void> {
    const session = await sessions.of(request);
    const type = request.headers['content-type']?.split(';')[0];
    if (session === undefined) {
      endedSession(path, type, response);
    } else if (type === 'application/json') {
      const { room, visit } = visitOf(path, session);
      await takeScripted({ room, visit, request, response, isOurs: (token) => sessions.isFormOf(session, token) });
    } else if (type === 'application/x-www-form-urlencoded') {
      const form = await readPlainForm(request);
      if (form === undefined || !sessions.isFormOf(session, form.get('token') ?? '')) {
        say(response, 403, 'This did not come from the page', html`<p>Reload the page and try again.</p>`);
      } else if (path === `/${pageAreas.signOut}`) {
        await desk.signOut(request, response);
      } else {
        const { room, visit } = visitOf(path, session);
        await answer(() => room?.take?.(visit, form), path, session, response);
      }
    } else {
      answerText(response, 415, 'A page sends a form.');
    }
  }

  function visitOf(path: string, { caller, formToken }: PageSession): { room: PageRoom | undefined; visit: PageVisit } {
    const [, area = '', ...rest] = path.split('/');
    const token = html`<input type="hidden" name="token" value="${formToken}">`;
    return { room: byArea.get(area), visit: { caller, rest, token, link: (to) => `${base}${to}` } };
  }

  async function answer(
    work: () => Promise<PageView | undefined> | undefined,
    path: string,
    { caller, formToken }: PageSession,
    response: ServerResponse,
  ): Promise<void> {
    const view = await Promise.resolve(work()).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return problemView(error);
    });
    const person = caller.name ?? caller.id;
    const { status = 200, ...shown } = view ?? nothingHere(base, person);
    answerHtml(response, status, renderSignedIn({ ...shown, base, person, formToken, path }));
  }

  function endedSession(path: string, type: string | undefined, response: ServerResponse): void {
    if (type === 'application/json') {
      answerJson(response, 401, { message: 'Your session has ended. Reload the page, sign in, and send it again.' });
      return;
    }
    const body = html`<p>Nothing was done. <a href="${base}${returnPath(path)}">Sign in and look at it again</a></p>`;
    say(response, 401, 'Your session has ended', body);
  }

  function say(response: ServerResponse, status: number, title: string, body: Html): void {
    answerHtml(response, status, renderPlain({ title, body, base }));
  }
}

interface ScriptedForm {
  readonly room: PageRoom | undefined;
  readonly visit: PageVisit;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  isOurs(token: string): boolean;
}

/** What the script of a page sends. */
async function takeScripted({ room, visit, request, response, isOurs }: ScriptedForm): Promise<void> {
  const form = await readPageForm(request);
  if (form === undefined || !isOurs(form.token)) {
    answerJson(response, 403, { message: 'This did not come from the page. Reload it and try again.' });
    return;
  }
  try {
    const answered = await room?.submit?.(visit, form.values);
    if (answered === undefined) {
      answerJson(response, 410, { message: 'This page has ended. Ask for a new one.' });
    } else if ('follow' in answered) {
      streamAnswers(answered, response);
    } else {
      answerJson(response, 422, { problems: answered });
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    answerJson(response, 409, { problems: [{ message: error.message, hint: error.hint }] });
  }
}

/** One answer for what is not there, what is over, and what belongs to somebody else. */
function nothingHere(base: string, person: string): PageView {
  return {
    status: 404,
    title: 'Nothing is here for you',
    body: html`<div class="card"><h1>Nothing is here for you</h1>
<p>The address is not complete, what it was for is over, or it is for another account than ${person}. Ask for it again where you came from.</p>
<p><a href="${base}/${pageAreas.signIn}?other">Sign in with another account</a></p></div>`,
  };
}

function problemView({ message, hint }: AppError): PageView {
  const title = 'It was not done';
  return { status: 409, title, body: html`<div class="card"><h1>${title}</h1><p>${message} ${hint}</p></div>` };
}
