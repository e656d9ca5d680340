import type { IncomingMessage } from 'node:http';
import { type Caller, localCaller } from '../../core/base/caller.ts';
import { carriesToken } from './local-token.ts';

/** An answer that ends a request before MCP sees it. */
export interface HttpRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answered as JSON. */
  readonly body: unknown;
}

/** Whether a request may come in, and from whom. */
export type Admission =
  | { readonly caller: Caller; readonly refusal?: undefined }
  | { readonly caller?: undefined; readonly refusal: HttpRefusal };

/** Decides who sends a request. One stands before everything that MCP answers over HTTP. */
export interface Gate {
  /** By the headers alone, before the body is read: who is not admitted costs nothing. */
  admit(request: IncomingMessage): Promise<Admission>;
  /** Whether the caller may do what a message asks; undefined where it may. `message` has been parsed, not checked. */
  refuse(message: unknown, caller: Caller): HttpRefusal | undefined;
  /**
   * Sends the caller back to sign in with what is asked of them: `claims` is the JSON of a claims challenge. Absent where
   * nobody signs in.
   */
  challenge?(claims: string): HttpRefusal;
}

/** A port of this machine: whoever can read the file with the token is its user. */
export function tokenGate(token: string, tokenPath: string): Gate {
  const message = `Unauthorized: send the token in ${tokenPath} as "Authorization: Bearer <token>"`;
  const refusal: HttpRefusal = {
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="tenantry"' },
    body: { jsonrpc: '2.0', error: { code: -32001, message }, id: null },
  };
  return {
    admit: async ({ headers }) => (carriesToken(headers.authorization, token) ? { caller: localCaller } : { refusal }),
    refuse: () => undefined,
  };
}

/** A socket that lets nobody in but its owner. */
export const socketGate: Gate = { admit: async () => ({ caller: localCaller }), refuse: () => undefined };
