import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import { Caller, localCaller } from '../core/base/caller.ts';

/** Told of the claims, as JSON, that the caller's next sign-in must bring. */
export type TellClaims = (claims: string) => void;

export interface AuthExtras {
  readonly onClaims?: TellClaims;
  /** Aborts when an answer that goes on and on has to end, since the sign-in that it began with counts no more. */
  readonly ends?: AbortSignal | undefined;
  /** Whether the request is answered for as long as its client listens. */
  readonly isListening?: boolean;
}

/** What a request carries through the SDK to our handlers. */
export function authInfoOf(
  caller: Caller,
  { onClaims = () => undefined, ends, isListening = false }: AuthExtras = {},
): AuthInfo {
  // The token stays with the caller: nothing else reads it from here.
  return { token: '', clientId: caller.id, scopes: [], extra: { caller, onClaims, ends, isListening } };
}

/** How the answer to a request goes on and ends. */
export function lengthOf(auth: AuthInfo | undefined): Pick<Required<AuthExtras>, 'ends' | 'isListening'> {
  const { ends, isListening } = auth?.extra ?? {};
  return { ends: ends instanceof AbortSignal ? ends : undefined, isListening: isListening === true };
}

/** Tells whoever answers the request that its caller has to sign in again; on stdio there is nobody to tell. */
export function tellClaims({ http }: ServerContext, claims: string): void {
  const tell: unknown = http?.authInfo?.extra?.['onClaims'];
  if (typeof tell === 'function') tell(claims);
}

/** Who sent a request: stdio has one client, the person at this machine; over HTTP the gate has said who it is. */
export function callerOf({ http }: ServerContext): Caller {
  return http === undefined ? localCaller : callerOfAuth(http.authInfo);
}

/** The caller of a request over HTTP. */
export function callerOfAuth(auth: AuthInfo | undefined): Caller {
  const caller = auth?.extra?.['caller'];
  if (caller instanceof Caller) return caller;
  throw new Error('A request over HTTP has passed no gate.');
}
