import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Caller } from '../../core/base/caller.ts';
import { shownLine } from '../../core/base/clean-text.ts';
import type { Clock } from '../../core/base/clock.ts';
import { createSealer } from '../../core/secrets/sealed-text.ts';
import type { SavedState } from '../../core/storage/saved-state.ts';
import type { ApprovalStore } from '../../core/storage/storage.ts';
import { isSame } from '../read-form.ts';
import type { SignedInPerson, SignInTransaction } from './page-sign-in.ts';

/** A sign-in that is on its way, and the page that it is for. */
export interface PendingSignIn extends SignInTransaction {
  /** One of our own pages. */
  readonly returnTo: string;
}

/** Somebody who has signed in to the pages. */
export interface PageSession {
  readonly caller: Caller;
  /** In every form of this session. */
  readonly formToken: string;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

/** Sessions of browsers. All that a session is stands sealed in its cookie, so any node of one store can read it. */
export interface PageSessions {
  /** `Set-Cookie` that keeps a sign-in until the browser comes back. */
  keepSignIn(pending: PendingSignIn): Promise<string>;
  /** The sign-in that the browser began, if `state` is its state; each opens once, on whichever node. */
  takeSignIn(request: IncomingMessage, state: string): Promise<PendingSignIn | undefined>;
  /** `Set-Cookie`s of a new session; what the browser had before counts no more. */
  begin(person: SignedInPerson): Promise<readonly string[]>;
  /** Undefined where nobody has signed in, the time is over, or the person has signed out. */
  of(request: IncomingMessage): Promise<PageSession | undefined>;
  /** Whether a form came from a page of this session. */
  isFormOf(session: PageSession, token: string): boolean;
  /** `Set-Cookie`s that take the session away; it counts no more, wherever its cookie may lie. */
  end(request: IncomingMessage): Promise<readonly string[]>;
}

export interface PageSessionsOptions {
  /** 32 bytes, the same for all nodes of one store. */
  readonly key: () => Promise<Uint8Array>;
  readonly clock: Clock;
  /** Where clients reach the server: https, or http on this machine. */
  readonly publicUrl: string;
  readonly approvals: Pick<ApprovalStore, 'useUp'>;
  readonly state: Pick<SavedState, 'get' | 'set'>;
}

/** Long enough to read what waits and to answer; after it the login host knows the person still. */
const sessionMs = 15 * 60_000;
const signInMs = 10 * 60_000;

interface SessionContent {
  readonly id: string;
  readonly person: { readonly id: string; readonly name?: string };
  readonly endsAt: number;
}

export function createPageSessions(options: PageSessionsOptions): PageSessions {
  const { key, clock, publicUrl, approvals, state } = options;
  const cookies = cookiesFor(publicUrl);
  const sessions = createSealer<SessionContent>({ key, clock, ttlMs: sessionMs });
  const signIns = createSealer<PendingSignIn>({ key, clock, ttlMs: signInMs });
  const sessionBinding = ['page session', publicUrl];
  const signInBinding = ['page sign-in', publicUrl];
  const open = async (request: IncomingMessage): Promise<SessionContent | undefined> => {
    const text = cookies.read(request, 'session');
    const opened = text === undefined ? undefined : await sessions.open(text, sessionBinding);
    return opened === undefined || opened.isExpired ? undefined : opened.content;
  };
  const signedOutKey = ({ id, person }: SessionContent) => ({
    caller: person.id,
    connectionId: '',
    name: ['page signed out', id],
  });
  return {
    async keepSignIn(pending) {
      const sealed = await signIns.seal(pending, signInBinding);
      // Lax: the browser comes back from the login host.
      return cookies.write('sign-in', sealed, signInMs, 'Lax');
    },
    async takeSignIn(request, given) {
      const text = cookies.read(request, 'sign-in');
      const opened = text === undefined ? undefined : await signIns.open(text, signInBinding);
      if (opened === undefined || opened.isExpired || !isSame(opened.content.state, given)) return undefined;
      const isFirst = await approvals.useUp(`page sign-in ${given}`, clock.now() + signInMs);
      return isFirst ? opened.content : undefined;
    },
    async begin({ id, name }) {
      const content = {
        id: randomBytes(18).toString('base64url'),
        // A directory lets people choose it.
        person: { id, ...(name === undefined ? {} : { name: shownLine(name) }) },
        endsAt: clock.now() + sessionMs,
      };
      const sealed = await sessions.seal(content, sessionBinding);
      return [cookies.write('session', sealed, sessionMs, 'Strict'), cookies.remove('sign-in', 'Lax')];
    },
    async of(request) {
      const content = await open(request);
      if (content === undefined || (await state.get(signedOutKey(content))) !== undefined) return undefined;
      const formToken = createHmac('sha256', await key())
        .update(`page form ${content.id}`)
        .digest('base64url');
      const { person, endsAt } = content;
      return { caller: new Caller(person), formToken, endsAt };
    },
    isFormOf: ({ formToken }, token) => isSame(formToken, token),
    async end(request) {
      const content = await open(request);
      if (content !== undefined) await state.set(signedOutKey(content), true, { expiresAt: content.endsAt });
      return [cookies.remove('session', 'Strict'), cookies.remove('sign-in', 'Lax')];
    },
  };
}

type CookieUse = 'session' | 'sign-in';
type SameSite = 'Lax' | 'Strict';

interface Cookies {
  read(request: IncomingMessage, use: CookieUse): string | undefined;
  write(use: CookieUse, value: string, lifeMs: number, sameSite: SameSite): string;
  remove(use: CookieUse, sameSite: SameSite): string;
}

/**
 * With `__Host-` no other host of the domain, and nothing that was sent without TLS, can have set them. Plain HTTP is
 * possible on this machine only, where browsers do not keep such cookies: there they have a plain name.
 */
function cookiesFor(publicUrl: string): Cookies {
  const isSecure = publicUrl.startsWith('https:');
  const nameOf = (use: CookieUse) => `${isSecure ? '__Host-' : ''}tenantry-${use}`;
  const write = (use: CookieUse, value: string, seconds: number, sameSite: SameSite) =>
    `${nameOf(use)}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`;
  return {
    read({ headers }, use) {
      const start = `${nameOf(use)}=`;
      const found = (headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(start));
      // A browser sends one; two are somebody else's attempt.
      return found.length === 1 ? found[0]?.slice(start.length) : undefined;
    },
    write: (use, value, lifeMs, sameSite) => write(use, value, Math.floor(lifeMs / 1_000), sameSite),
    remove: (use, sameSite) => write(use, '', 0, sameSite),
  };
}
