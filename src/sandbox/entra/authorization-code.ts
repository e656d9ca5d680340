import { createHash } from 'node:crypto';
import { isRecord } from '../../core/base/guards.ts';
import type { Entity } from '../base/entity-store.ts';
import { optionalText } from '../base/plain-object.ts';
import type { SandboxContext } from '../base/service.ts';
import type { ClientRequest } from './client-assertion.ts';
import { missingParameter, OAuthError } from './oauth-error.ts';

/** What a person has signed in for. */
export interface SignIn {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly userId: string;
  readonly scope: string;
  readonly nonce?: string;
  /** S256. */
  readonly codeChallenge?: string;
}

/** Authorization codes: each is redeemed once, within ten minutes, by the app that it was made for. */
export interface AuthorizationCodes {
  issue(signIn: SignIn, context: SandboxContext): string;
  redeem(
    client: ClientRequest,
    appId: string,
  ): { readonly user: Entity; readonly scope: string; readonly nonce: string | undefined };
}

const lifeMs = 10 * 60_000;

export function createAuthorizationCodes(): AuthorizationCodes {
  /** By tenant: one service signs in for several. */
  const redeemedBy = new WeakMap<object, Set<string>>();
  return {
    issue: (signIn, context) =>
      context.seal({ kind: 'code', id: context.newId(), until: context.clock.now() + lifeMs, ...signIn }),
    redeem({ form, context }, appId) {
      const code = form.get('code');
      if (!code) throw missingParameter('code');
      const opened = context.open(code);
      if (!isRecord(opened) || opened['kind'] !== 'code') {
        throw invalidGrant(9002313, 'Invalid request. Request is malformed or invalid.');
      }
      if (opened['clientId'] !== appId) {
        throw invalidGrant(700003, 'The provided authorization code is not for this application.');
      }
      const redeemed = redeemedBy.get(context.store) ?? new Set<string>();
      redeemedBy.set(context.store, redeemed);
      if (redeemed.has(code)) {
        throw invalidGrant(
          54005,
          'OAuth2 Authorization code was already redeemed, please retry with a new valid code.',
        );
      }
      if (Number(opened['until']) <= context.clock.now()) {
        throw invalidGrant(70008, 'The provided authorization code or refresh token has expired due to inactivity.');
      }
      if (opened['redirectUri'] !== form.get('redirect_uri')) {
        throw new OAuthError(
          500112,
          'invalid_client',
          `The reply address '${form.get('redirect_uri') ?? ''}' does not match the reply address '${String(opened['redirectUri'])}' provided when requesting Authorization code.`,
        );
      }
      checkVerifier(optionalText(opened['codeChallenge']), form.get('code_verifier'));
      redeemed.add(code);
      const user = context.store.get('user', String(opened['userId']));
      if (!user || user['accountEnabled'] === false) throw invalidGrant(50057, 'The user account is disabled.');
      return { user, scope: String(opened['scope']), nonce: optionalText(opened['nonce']) };
    },
  };
}

/** Source: RFC 7636. */
function checkVerifier(challenge: string | undefined, verifier: string | undefined): void {
  if (challenge === undefined && verifier === undefined) return;
  if (verifier === undefined) {
    throw invalidGrant(50148, 'The code_verifier is missing although the code was requested with a code_challenge.');
  }
  if (challenge !== createHash('sha256').update(verifier).digest('base64url')) {
    throw invalidGrant(
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    );
  }
}

function invalidGrant(code: number, message: string): OAuthError {
  return new OAuthError(code, 'invalid_grant', message);
}
