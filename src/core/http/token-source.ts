import type { Caller } from '../base/caller.ts';
import type { Patience } from '../base/patience.ts';

/** A bearer token and its life. Opaque: nothing but the validation checks looks inside. */
export interface AccessToken {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface TokenRequest {
  /** Resource to ask for, without `/.default`: `https://graph.microsoft.com`. */
  readonly audience: string;
  /** Whose call needs it. Where connections sign in as their caller, nothing is given without one. */
  readonly caller?: Caller;
  readonly signal?: AbortSignal;
  /** How long another attempt may be waited for. */
  readonly patience?: Patience;
  /** Claims challenge of a 401, decoded; bypasses the cache. */
  readonly claims?: string;
  /** The token that the service just refused: a cached token equal to it is not used again. */
  readonly refused?: string;
  /** Ask the authority even when a cached token would do: roles that were granted since are only in a new one. */
  readonly fresh?: boolean;
}

/** Tokens of one connection: cached, refreshed early, one refresh in flight per audience. */
export interface TokenSource {
  /** Throws `unauthenticated` with the AADSTS hint, or `configuration` when the connection lacks what it needs. */
  getToken(request: TokenRequest): Promise<AccessToken>;
}

/** What a person has to do to sign in with a device code. */
export interface DeviceCodePrompt {
  /** The authority's own sentence, with address and code. */
  readonly message: string;
  readonly userCode: string;
  readonly verificationUri: string;
  /** Name of the connection that signs in. */
  readonly connection: string;
  /** Whose connection it is: nobody else is to enter the code. */
  readonly owner: string;
  /** Resolves when the sign-in has happened (true), or will not (false). */
  readonly signedIn: Promise<boolean>;
}
