import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import { Caller, localCaller } from '../core/base/caller.ts';

/** What a request carries through the SDK to our handlers. */
export function authInfoOf(caller: Caller): AuthInfo {
  // The token stays with the caller: nothing else reads it from here.
  return { token: '', clientId: caller.id, scopes: [], extra: { caller } };
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
