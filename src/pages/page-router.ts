import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../core/base/clock.ts';
import { AppError } from '../core/base/errors.ts';
import { answerAsset, answerHtml, answerJson, answerText, notice } from './page-answers.ts';
import { isFromHere, isPrefetch, safeHeaders } from './page-guards.ts';
import type { HostedPage } from './page-host.ts';
import { renderPage } from './page-layout.ts';
import { isSame, readPageForm } from './read-form.ts';

export interface PageRouterOptions {
  readonly pages: ReadonlySet<HostedPage>;
  /** `127.0.0.1:port`. */
  readonly authority: string;
  readonly clock: Clock;
}

const cookieName = 'tenantry-page';

/** Answers the requests of browsers: the one-time address, the page behind it, its events and its form. */
export function createPageRouter(options: PageRouterOptions): RequestListener {
  return (request, response) => {
    route(request, response, options).catch(() => {
      // Nothing of a request is logged: it may hold a secret.
      if (response.headersSent) {
        response.destroy();
      } else {
        answerJson(response, 500, { message: 'Something went wrong here.' });
      }
    });
  };
}

async function route(request: IncomingMessage, response: ServerResponse, options: PageRouterOptions): Promise<void> {
  if (!isFromHere(request, options.authority)) {
    answerText(response, 403, 'This page belongs to another place.');
    return;
  }
  const [, area = '', key = '', action = ''] = (request.url ?? '/').split('/');
  if (request.method === 'GET' && area === 'open' && action === '') {
    openPage(key, request, response, options);
  } else if (request.method === 'GET' && area === 'assets') {
    await answerAsset(key, response);
  } else if (area === 'page') {
    await answerPage({ id: key, action }, request, response, options);
  } else {
    notice(response, 404, 'Nothing is here', 'The address is not complete, or the page has gone. Ask for a new one.');
  }
}

/** The first visit: the address is used up, and only this browser goes on. */
function openPage(
  ticket: string,
  request: IncomingMessage,
  response: ServerResponse,
  { pages, clock }: PageRouterOptions,
): void {
  const page = [...pages].find((one) => isSame(one.ticket, ticket));
  if (isPrefetch(request)) {
    answerText(response, 503, 'Open this page yourself.');
  } else if (page === undefined || isOver(page, clock)) {
    overNotice(response);
  } else if (page.state === 'opened' && !hasSession(request, page)) {
    notice(
      response,
      410,
      'This page was opened before',
      'Each address works once, in one browser. If it was not you who opened it, enter nothing and ask for a new page.',
    );
  } else {
    page.state = 'opened';
    admit(page, clock, response);
  }
}

/** Sends the browser on to the page, with the cookie that opens it. */
function admit(page: HostedPage, clock: Clock, response: ServerResponse): void {
  const lifeSeconds = Math.max(1, Math.ceil((page.expiresAt - clock.now()) / 1_000));
  response.writeHead(303, {
    ...safeHeaders,
    location: `/page/${page.id}`,
    // Lax: the person may come from a link of the host's window. The path keeps other servers of 127.0.0.1 out.
    'set-cookie': `${cookieName}=${page.session}; Path=/page/${page.id}; Max-Age=${lifeSeconds}; HttpOnly; SameSite=Lax`,
  });
  response.end();
}

async function answerPage(
  { id, action }: { readonly id: string; readonly action: string },
  request: IncomingMessage,
  response: ServerResponse,
  { pages, clock }: PageRouterOptions,
): Promise<void> {
  const page = [...pages].find((one) => isSame(one.id, id));
  const isPost = request.method === 'POST';
  // The events of a page that has ended say how it ended.
  const isKnown = page !== undefined && hasSession(request, page);
  if (isKnown && !isPost && action === 'events') {
    streamEvents(page, response);
  } else if (!isKnown || isOver(page, clock)) {
    if (isPost) {
      answerJson(response, 410, { message: 'This page has ended. Ask for a new one.' });
    } else {
      overNotice(response);
    }
  } else if (isPost) {
    await takeForm(page, action, request, response);
  } else if (action === '') {
    const { title } = page.content;
    answerHtml(response, 200, renderPage({ title, body: await page.content.render(), page }));
  } else {
    notice(response, 404, 'Nothing is here', 'Go back to the page itself.');
  }
}

async function takeForm(
  { content, formToken }: HostedPage,
  action: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // No form of another site can send this type without asking first, and nobody answers that.
  const isJson = request.headers['content-type'] === 'application/json';
  const body = isJson ? await readPageForm(request) : undefined;
  if (body === undefined || !isSame(body.token, formToken)) {
    answerJson(response, 403, { message: 'This did not come from the page. Reload it and try again.' });
    return;
  }
  try {
    const problems = await content.submit(action, body.values);
    answerJson(response, problems.length === 0 ? 202 : 422, { problems });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    answerJson(response, 409, { problems: [{ message: error.message, hint: error.hint }] });
  }
}

/** One JSON line for each event, until the page has nothing more to say or the browser goes away. */
function streamEvents({ content: { feed } }: HostedPage, response: ServerResponse): void {
  response.writeHead(200, { ...safeHeaders, 'content-type': 'application/x-ndjson; charset=utf-8' });
  // A browser shows an answer only once something of it has arrived.
  response.write('\n');
  const unfollow = feed.follow((event) => {
    response.write(`${JSON.stringify(event)}\n`);
    if (event.type === 'phase' && event.phase === 'done') response.end();
  });
  response.once('close', unfollow);
}

function isOver({ state, expiresAt }: HostedPage, clock: Clock): boolean {
  return state === 'ended' || clock.now() >= expiresAt;
}

function hasSession({ headers }: IncomingMessage, { session }: HostedPage): boolean {
  const pairs = (headers.cookie ?? '').split(/; */);
  return pairs.some((pair) => pair.startsWith(`${cookieName}=`) && isSame(pair.slice(cookieName.length + 1), session));
}

function overNotice(response: ServerResponse): void {
  notice(
    response,
    410,
    'This page has ended',
    'A page is open for ten minutes and takes one answer. Nothing that was entered before is lost. If something is still to be entered, ask for a new page where you came from.',
  );
}
