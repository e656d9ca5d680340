import type { Entity } from '../base/entity-store.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { missingParameter, OAuthError, oauthHeaders } from './oauth-error.ts';

interface PendingSignIn {
  readonly userCode: string;
  readonly clientId: string;
  readonly scope: string;
  readonly expiresAt: number;
  /** Of the tenant in which it was started. */
  readonly context: SandboxContext;
  polledAt: number;
  answer: 'pending' | 'declined' | Entity;
}

const lifeSeconds = 900;
const intervalSeconds = 5;

/** Sign-ins that wait for a user. `GET /devicelogin?user_code=…[&user=upn|&decline=1]` acts as the user. */
export interface DeviceCodes {
  start(form: ReadonlyMap<string, string>, request: SandboxRequest, context: SandboxContext): SandboxResponse;
  decide(query: URLSearchParams): SandboxResponse;
  /** The signed-in user; throws until someone has signed in. */
  redeem(form: ReadonlyMap<string, string>, context: SandboxContext): { readonly user: Entity; readonly scope: string };
  clear(): void;
}

/** Source: "Microsoft identity platform and the OAuth 2.0 device authorization grant flow". */
export function createDeviceCodes(): DeviceCodes {
  const pending = new Map<string, PendingSignIn>();
  return {
    start(form, request, context) {
      const clientId = form.get('client_id');
      const scope = form.get('scope');
      if (!clientId) throw missingParameter('client_id');
      if (!scope) throw missingParameter('scope');
      if (!context.store.findByKey('application', 'appId', clientId)) {
        throw new OAuthError(
          700016,
          'unauthorized_client',
          `Application with identifier '${clientId}' was not found in the directory.`,
        );
      }
      const deviceCode = context.seal({ kind: 'device', id: context.newId() });
      const userCode = context.newId().slice(0, 8).toUpperCase();
      const now = context.clock.now();
      pending.set(deviceCode, {
        userCode,
        clientId,
        scope,
        context,
        expiresAt: now + lifeSeconds * 1000,
        polledAt: 0,
        answer: 'pending',
      });
      const verificationUri = `${request.base}/devicelogin`;
      return {
        status: 200,
        headers: oauthHeaders(request),
        body: {
          user_code: userCode,
          device_code: deviceCode,
          verification_uri: verificationUri,
          expires_in: lifeSeconds,
          interval: intervalSeconds,
          message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${userCode} to authenticate.`,
        },
      };
    },
    decide(query) {
      const code = query.get('user_code')?.toUpperCase();
      const signIn = [...pending.values()].find(({ userCode }) => userCode === code);
      if (!signIn) {
        return { status: 200, headers: html, body: '<html><body>Enter the code: ?user_code=…</body></html>' };
      }
      const { context } = signIn;
      const upn = query.get('user');
      const user = upn ? context.store.findByKey('user', 'userPrincipalName', upn) : firstUser(context);
      signIn.answer = query.has('decline') || !user ? 'declined' : user;
      return { status: 200, headers: html, body: '<html><body>You can close this window.</body></html>' };
    },
    redeem(form, context) {
      const code = form.get('device_code');
      if (!code) throw missingParameter('device_code');
      const signIn = pending.get(code);
      const now = context.clock.now();
      if (!signIn || signIn.clientId !== form.get('client_id')) {
        throw new OAuthError(70018, 'bad_verification_code', `The device_code is not valid.`);
      }
      if (now >= signIn.expiresAt) throw new OAuthError(70019, 'expired_token', 'Verification code expired.');
      if (signIn.answer === 'declined') {
        throw new OAuthError(50189, 'authorization_declined', 'The end user has denied the authorization request.');
      }
      if (signIn.answer === 'pending') {
        signIn.polledAt = now;
        throw new OAuthError(
          70016,
          'authorization_pending',
          'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
        );
      }
      pending.delete(code);
      return { user: signIn.answer, scope: signIn.scope };
    },
    clear: () => pending.clear(),
  };
}

const html = { 'content-type': 'text/html; charset=utf-8' };

function firstUser({ store }: SandboxContext): Entity | undefined {
  for (const { entity } of store.scan('user')) return entity;
  return undefined;
}
