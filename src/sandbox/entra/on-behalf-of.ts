import { isDeepStrictEqual } from 'node:util';
import type { Entity } from '../base/entity-store.ts';
import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext } from '../base/service.ts';
import { requestedClaims } from './claims-challenge.ts';
import type { ClientRequest } from './client-assertion.ts';
import type { TokenSubject } from './issue-token.ts';
import { invalidRequest, missingParameter, OAuthError } from './oauth-error.ts';

type Claims = Readonly<Record<string, unknown>>;

/** The user that an assertion speaks for, and the claims that it was issued with. */
export interface Asserted {
  readonly user: Entity;
  readonly claims: Claims;
}

/**
 * Checks the assertion of an exchange: an access token of a user for the very app that exchanges it. Source: "Microsoft
 * identity platform and OAuth 2.0 On-Behalf-Of flow"; codes of "Microsoft Entra authentication and authorization error
 * codes". The code for an app's token is not documented.
 */
export async function checkUserAssertion(client: ClientRequest, subject: TokenSubject): Promise<Asserted> {
  const { form, context } = client;
  const assertion = form.get('assertion');
  if (!assertion) throw missingParameter('assertion');
  if (form.get('requested_token_use') !== 'on_behalf_of') {
    throw invalidRequest(
      900144,
      "The request body must contain the following parameter: 'requested_token_use' with the value 'on_behalf_of'.",
    );
  }
  const claims = await context.signer.verify(assertion);
  if (!claims) throw invalidGrant(50013, 'Assertion failed signature validation.');
  checkAudience(claims, subject, context);
  if (claims['scp'] === undefined && claims['preferred_username'] !== undefined) {
    throw invalidGrant(240002, "Input id_token cannot be used as 'urn:ietf:params:oauth:grant-type:jwt-bearer' grant.");
  }
  if (typeof claims['scp'] !== 'string') {
    throw invalidGrant(50013, 'Assertion is not that of a user: an app has nobody to act on behalf of.');
  }
  if (claims['tid'] !== context.tenant.id) throw invalidGrant(50013, 'Assertion is of another tenant.');
  checkLife(claims, context);
  return { user: findUser(claims, context), claims };
}

function checkAudience({ aud }: Claims, { appId }: TokenSubject, { store }: SandboxContext): void {
  const uris = store.findByKey('application', 'appId', appId)?.['identifierUris'];
  const own = [appId, `api://${appId}`, ...(Array.isArray(uris) ? uris : [])];
  if (own.includes(aud)) return;
  throw invalidGrant(
    500131,
    `Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '${String(aud)}' and the expected audience is '${appId}' or one of the Application Uris of this application with App ID '${appId}'. The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion.`,
  );
}

function checkLife({ exp, nbf }: Claims, { clock }: SandboxContext): void {
  const now = clock.now() / 1000;
  if (Number(exp) > now && Number(nbf ?? 0) <= now + 300) return;
  throw invalidGrant(
    500133,
    'Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token.',
  );
}

function findUser({ oid }: Claims, { store }: SandboxContext): Entity {
  const user = store.get('user', String(oid));
  if (!user) throw invalidGrant(50034, 'The user account does not exist in the directory.');
  if (user['accountEnabled'] === false) throw invalidGrant(50057, 'The user account is disabled.');
  return user;
}

/**
 * Conditional Access wants more of the person: `placeObject('graph', 'conditionalAccess', { user, claims })` for one
 * user (or all), until a sign-in or a request brings the claims; `{ claims: null }` ends it. Source: "Handling conditional
 * access challenges".
 */
export function checkConditionalAccess({ user, claims }: Asserted, { form, context }: ClientRequest): void {
  const newest = context.placed('conditionalAccess').at(-1);
  if (!newest || newest['claims'] === null) return;
  const { user: of } = newest;
  if (of !== undefined && of !== user.id && of !== user['userPrincipalName']) return;
  const wanted = recordOf(newest['claims'] ?? { access_token: { acrs: { essential: true, value: 'c1' } } });
  const brought = { ...recordOf(claims['requested_claims']), ...requestedClaims(form) };
  const isMet = Object.entries(recordOf(wanted['access_token'])).every(([name, value]) =>
    isDeepStrictEqual(brought[name], value),
  );
  if (isMet) return;
  throw new OAuthError(
    50076,
    'interaction_required',
    'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource.',
    400,
    { suberror: 'basic_action', claims: JSON.stringify(wanted) },
  );
}

function invalidGrant(code: number, message: string): OAuthError {
  return new OAuthError(code, 'invalid_grant', message);
}
