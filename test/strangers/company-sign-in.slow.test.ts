import { OnBehalfOfCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSignInClient } from '../../src/core/auth/sign-in-client.ts';
import { createDefaultHttpClient } from '../../src/core/http/default-http-client.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Listening } from '../../src/sandbox/sandbox.ts';
import { companyCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';

const { tenantId, clientId, clientSecret } = companyCredentials();
const sandbox = createSandbox({ users: 30 });
let listening: Listening;

beforeAll(async () => {
  listening = await sandbox.listen(0);
});
afterAll(() => sandbox.close());

/** Signs the first user of the list in, as `openid-client` does it. */
async function signIn() {
  const { cloud } = listening;
  const issuer = new URL(`${cloud.login}/${tenantId}/v2.0`);
  const insecure = { execute: [client.allowInsecureRequests] };
  const config = await client.discovery(issuer, clientId, clientSecret, undefined, insecure);
  const verifier = client.randomPKCECodeVerifier();
  const nonce = client.randomNonce();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    ...{
      redirect_uri: 'http://127.0.0.1:4711/callback',
      scope: `api://${clientId}/Tenantry.Read openid`,
      nonce,
      state,
    },
    ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
  });
  const page = await (await fetch(url)).text();
  const link = /<a href="([^"]+)"/.exec(page)?.[1]?.replaceAll('&#38;', '&') ?? '';
  const sent = await fetch(link, { redirect: 'manual' });
  const back = new URL(sent.headers.get('location') ?? '');
  return client.authorizationCodeGrant(config, back, {
    ...{ pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state },
  });
}

test('openid-client signs a user in, and @azure/identity exchanges what it got', async () => {
  const tokens = await signIn();
  const user = tokens.claims();
  expect(user).toMatchObject({ aud: clientId, tid: tenantId });
  const { cloud } = listening;
  const transport = createDefaultHttpClient({ proxyFor: () => undefined });
  const credential = new OnBehalfOfCredential({
    ...{ tenantId, clientId, clientSecret, userAssertionToken: tokens.access_token },
    httpClient: createSignInClient({ cloud, httpClient: transport, clock: sandbox.clock, anyHost: false }),
    authorityHost: cloud.login.replace('http:', 'https:'),
    ...{ disableInstanceDiscovery: true },
  });
  const { token } = await credential.getToken(`${cloud.graph}/.default`);
  expect(decodeJwt(token)).toMatchObject({ oid: user?.['oid'], idtyp: 'user' });
  const me = await fetch(`${cloud.graph}/v1.0/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(await me.json()).toMatchObject({ id: user?.['oid'] });
  transport.close();
});
