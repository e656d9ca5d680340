import type { Caller, Right } from '../../core/base/caller.ts';
import { rights } from '../../core/base/caller.ts';
import type { AppError } from '../../core/base/errors.ts';
import type { HttpRefusal } from '../http/gate.ts';
import { scopeNames } from '../required-rights.ts';
import type { SignedIn } from './caller-of-token.ts';

export interface ChallengeOptions {
  /** Address of the metadata of this resource. */
  readonly metadataUrl: string;
  /** Beginning of the scopes: the Application ID URI. */
  readonly applicationIdUri: string;
}

/** The scopes of some rights as clients ask for them, in a fixed order. */
export function scopesOf(applicationIdUri: string, wanted: Iterable<Right>): string[] {
  const all = new Set(wanted);
  return rights.filter((right) => all.has(right)).map((right) => `${applicationIdUri}/${scopeNames[right]}`);
}

/** The answers of RFC 6750 section 3, with where to sign in (RFC 9728) and what for. */
export function createChallenges({ metadataUrl, applicationIdUri }: ChallengeOptions) {
  const challenge = (status: number, message: string, parameters: Readonly<Record<string, string>>): HttpRefusal => {
    const all = Object.entries({ ...parameters, resource_metadata: metadataUrl });
    const header = `Bearer ${all.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '')}"`).join(', ')}`;
    return { status, headers: { 'www-authenticate': header }, body: bodyOf(message) };
  };
  const least = scopesOf(applicationIdUri, ['read']).join(' ');
  return {
    /** Nobody has signed in. */
    signIn: () =>
      challenge(401, 'Unauthorized: sign in, and send the token as "Authorization: Bearer <token>"', { scope: least }),
    /** The request has a token in a form that is none. */
    malformed: (description: string) =>
      challenge(400, `Bad request: ${description}`, { error: 'invalid_request', error_description: description }),
    /** The token lets nobody in. */
    refused: ({ message, hint = '' }: AppError) =>
      challenge(401, `Unauthorized: ${message} ${hint}`, {
        error: 'invalid_token',
        error_description: `${message} ${hint}`,
        scope: least,
      }),
    /**
     * The login host wants more of the person before it exchanges their token: `claims` is the JSON that their next sign-in
     * has to bring. In plain base64, as clients of Entra read it:
     * https://learn.microsoft.com/entra/identity-platform/claims-challenge#claims-challenge-header-format
     */
    claims: (claims: string) =>
      challenge(401, 'Unauthorized: the login host asks for more; sign in again', {
        error: 'insufficient_claims',
        claims: Buffer.from(claims).toString('base64'),
        scope: least,
      }),
    /** Whoever has signed in may not do this with what the client asked for. */
    tooMuch(needed: readonly Right[], { caller, kind, roleRights }: Allowed) {
      // Also what the client has: one that asks for these alone must not lose others.
      const scope = scopesOf(applicationIdUri, [...needed, ...caller.rights]).join(' ');
      const names = needed.map((right) => scopeNames[right]).join(', ');
      const isByRole = kind === 'app' || needed.some((right) => roleRights?.has(right) === false);
      const description = isByRole
        ? `This needs the app roles ${names}: an administrator assigns them.`
        : `This needs the scopes ${names}.`;
      return challenge(403, `Forbidden: ${description}`, {
        error: 'insufficient_scope',
        scope,
        error_description: description,
      });
    },
    /** Nobody can tell whether the token is good. */
    unavailable: ({ message, hint = '', retryAfterMs = 60_000 }: AppError): HttpRefusal => ({
      status: 503,
      headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) },
      body: bodyOf(`${message} ${hint}`),
    }),
  };
}

type Allowed = Pick<SignedIn, 'kind' | 'roleRights'> & { readonly caller: Caller };

/** As the gate of a local server answers: a client of either family shows it. */
function bodyOf(message: string) {
  return { jsonrpc: '2.0', error: { code: -32001, message }, id: null };
}
