import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { AppError } from '../../core/base/errors.ts';
import { html } from '../html.ts';
import { answerHtml } from '../page-answers.ts';
import { safeHeaders } from '../page-guards.ts';
import { renderBounce, renderPlain } from '../page-layout.ts';
import { callbackPath, pageAreas, returnPath } from './page-paths.ts';
import type { PageSessions } from './page-sessions.ts';
import type { PageSignIn } from './page-sign-in.ts';

export interface PageDeskOptions {
  readonly signIn: PageSignIn;
  readonly sessions: PageSessions;
  readonly tenants: readonly string[];
  readonly base: string;
  /** Called with why a sign-in failed: the browser is not told. */
  readonly onRefused: (error: unknown) => void;
}

/** Lets people in to the pages, and out. */
export interface PageDesk {
  /** `/sign-in` and the way back. */
  handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Sends somebody who has not signed in to do it, and then to the page. */
  lead(path: string, query: URLSearchParams, response: ServerResponse): Promise<void>;
  signOut(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createPageDesk({ signIn, sessions, tenants, base, onRefused }: PageDeskOptions): PageDesk {
  return {
    async handle(path, request, response) {
      const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
      if (path === callbackPath) {
        await finish(query, request, response);
      } else {
        await lead(returnPath(query.get('return')), query, response);
      }
    },
    lead,
    async signOut(request, response) {
      const cookies = await sessions.end(request);
      redirect(response, `${base}/${pageAreas.signedOut}`, { 'set-cookie': [...cookies] });
    },
  };

  async function lead(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const [only] = tenants;
    const tenant = tenants.length === 1 ? only : tenants.find((one) => one === query.get('tenant'));
    if (tenant === undefined) {
      choose(path, response);
      return;
    }
    try {
      const { address, transaction } = await signIn.begin(tenant, { choosing: query.has('other') });
      const cookie = await sessions.keepSignIn({ ...transaction, returnTo: returnPath(path) });
      redirect(response, address, { 'set-cookie': cookie });
    } catch (error) {
      refuse(error, response);
    }
  }

  function choose(path: string, response: ServerResponse): void {
    const links = tenants.map(
      (tenant) =>
        html`<li><a href="${base}/${pageAreas.signIn}?tenant=${tenant}&amp;return=${path}">${tenant}</a></li>`,
    );
    const body = html`<p>Choose the organization (tenant) that you belong to.</p><ul>${links}</ul>`;
    answerHtml(response, 200, renderPlain({ title: 'Sign in', body, base }));
  }

  /** The browser is back. What it brings counts once, in the browser that left, and for the tenant it left for. */
  async function finish(query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const pending = await sessions.takeSignIn(request, query.get('state') ?? '');
      if (pending === undefined) throw notBegun();
      const { returnTo, ...transaction } = pending;
      const person = await signIn.finish(query, transaction);
      response.setHeader('set-cookie', await sessions.begin(person));
      // A redirect would still count as coming from the login host, and strict cookies would stay behind.
      answerHtml(response, 200, renderBounce({ base, path: returnTo }));
    } catch (error) {
      refuse(error, response);
    }
  }

  function refuse(error: unknown, response: ServerResponse): void {
    onRefused(error);
    const known = error instanceof AppError ? error : new AppError('unauthenticated', 'The sign-in did not work.');
    const status = known.code === 'upstream_unavailable' ? 502 : 403;
    const again = `${base}/${pageAreas.signIn}?other`;
    const body = html`<p>${known.message} ${known.hint}</p><p><a href="${again}">Sign in with another account</a></p>`;
    answerHtml(response, status, renderPlain({ title: 'You are not signed in', body, base }));
  }
}

export function redirect(response: ServerResponse, location: string, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(303, { ...safeHeaders, ...headers, location });
  response.end();
}

function notBegun(): AppError {
  return new AppError(
    'unauthenticated',
    'This sign-in was not begun in this browser, was used before, or took too long.',
    {
      hint: 'Open the address of the page again.',
    },
  );
}
