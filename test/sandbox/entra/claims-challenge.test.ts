import { expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { openSandboxTools } from '../../support/sandbox-tools.ts';
import { askToken, complete } from '../support/login.ts';
import { createSandboxClient, sendRaw } from '../support/sandbox-client.ts';
import { createTestContext } from '../support/test-context.ts';

function readChallenge(header: string | undefined) {
  const encoded = /error="insufficient_claims", claims="([^"]+)"$/.exec(header ?? '')?.[1] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf8');
}

async function tokenWith(client: Awaited<ReturnType<typeof createSandboxClient>>, claims: string) {
  const { cloud, credentials } = client.sandbox;
  const form = { ...complete, scope: `${cloud.graph}/.default`, claims };
  const answer = await sendRaw(client.sandbox, 'POST', `${cloud.login}/${credentials.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return `Bearer ${answer.body.access_token}`;
}

test('a challenged token is refused until one is asked for with the claims', async () => {
  const client = await createSandboxClient();
  client.sandbox.placeObject('graph', 'claimsChallenge', {});
  const refused = await client.get('/users?$top=1');
  expect([refused.status, refused.body.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
  const claims = readChallenge(refused.headers['www-authenticate']);
  const { access_token: asked } = JSON.parse(claims);
  // Clients add their capabilities to the claims of the challenge.
  const merged = JSON.stringify({ access_token: { ...asked, xms_cc: { values: ['CP1'] } } });
  const authorization = await tokenWith(client, merged);
  expect((await client.get('/users?$top=1', { authorization })).status).toBe(200);
  client.sandbox.placeObject('graph', 'claimsChallenge', {});
  expect((await client.get('/users?$top=1', { authorization })).status).toBe(401);
  client.sandbox.placeObject('graph', 'claimsChallenge', { claims: null });
  expect((await client.get('/users?$top=1', { authorization })).status).toBe(200);
});

test('a challenge can be for one app, and ask for given claims', async () => {
  const client = await createSandboxClient();
  const claims = { access_token: { acrs: { essential: true, value: 'c1' } } };
  client.sandbox.placeObject('graph', 'claimsChallenge', {
    claims,
    client_id: seededCredentials('readOnly').clientId,
  });
  expect((await client.get('/users?$top=1')).status).toBe(200);
  client.sandbox.placeObject('graph', 'claimsChallenge', { claims });
  const refused = await client.get('/users?$top=1');
  expect(JSON.parse(readChallenge(refused.headers['www-authenticate']))).toEqual(claims);
});

test.each(['nbf', '[]', '"text"'])('claims that are %s are refused', async (claims) => {
  expect(await askToken(createTestContext(), { ...complete, claims })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request', error_codes: [90023] },
  });
});

test('Tenantry answers a challenge once, and keeps the token that answered it', async () => {
  const tools = await openSandboxTools({ users: 5 });
  try {
    await tools.call('graph_query', { endpoint: '/users', params: { $top: 1 }, auto_paginate: false });
    tools.sandbox.placeObject('graph', 'claimsChallenge', {});
    tools.forget();
    const answer = await tools.call('graph_query', { endpoint: '/organization' });
    expect(answer.response).toMatchObject({ success: true, status: 200 });
    expect(tools.seen().map(({ service, status }) => [service, status])).toEqual([
      ['graph', 401],
      ['login', 200],
      ['graph', 200],
    ]);
    tools.forget();
    await tools.call('graph_query', { endpoint: '/domains' });
    expect(tools.seen().map(({ service, status }) => [service, status])).toEqual([['graph', 200]]);
    // A second consecutive refusal is final.
    tools.sandbox.fault({ service: 'graph', match: 'GET /v1.0/organization', status: 401, times: 2 });
    tools.forget();
    const failed = await tools.call('graph_query', { endpoint: '/organization' });
    expect(failed.response.error).toMatchObject({ code: 'unauthenticated' });
    expect(tools.graphRequests()).toHaveLength(2);
  } finally {
    await tools.close();
  }
});
