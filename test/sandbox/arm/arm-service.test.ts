import { describe, expect, test } from 'vitest';
import { sandboxCredentials, seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { createArmClient, dataGroup, development, production, versions } from './support/arm-client.ts';

describe('api-versions', () => {
  test('a request without api-version is refused, with or without a token', async () => {
    const arm = await createArmClient();
    const anonymous = await sendRaw(arm.sandbox, 'GET', `${arm.sandbox.cloud.resourceManager}/subscriptions`);
    const signedIn = await arm.send('GET', '/subscriptions', { version: '' });
    for (const answer of [anonymous, signedIn]) {
      expect(answer).toMatchObject({
        status: 400,
        body: {
          error: {
            code: 'MissingApiVersionParameter',
            message: 'The api-version query parameter (?api-version=) is required for all requests.',
          },
        },
      });
    }
  });

  test('a version that the type does not have is refused with the list of those it has', async () => {
    const arm = await createArmClient();
    const path = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const answer = await arm.get(path, '2014-01-01');
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe('NoRegisteredProviderFound');
    expect(answer.body.error.message).toContain("API version '2014-01-01' for type 'storageAccounts'");
    expect(answer.body.error.message).toContain('2025-06-01');
    expect(answer.body.error.message).toContain('westeurope');
    const own = await arm.get('/subscriptions', '1999-01-01');
    expect(own.body.error.code).toBe('InvalidApiVersionParameter');
  });

  test('a version is given once', async () => {
    const arm = await createArmClient();
    const answer = await arm.get('/subscriptions?api-version=2022-12-01');
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'InvalidApiVersionParameter' } } });
  });

  test('unknown namespaces and types are named', async () => {
    const arm = await createArmClient();
    const namespace = await arm.get(`${dataGroup}/providers/Microsoft.Nothing/things/x`);
    expect(namespace.body.error.code).toBe('InvalidResourceNamespace');
    const type = await arm.get(`${dataGroup}/providers/Microsoft.Storage/things/x`, versions.storage);
    expect(type.body.error.code).toBe('InvalidResourceType');
  });

  test('namespaces, types and names compare without regard to case; ids keep the case of their creation', async () => {
    const arm = await createArmClient();
    const path = `${production.toUpperCase()}/RESOURCEGROUPS/RG-CONTOSO-DATA/PROVIDERS/microsoft.storage/STORAGEACCOUNTS/STCONTOSODATA`;
    const answer = await arm.get(path, versions.storage);
    expect(answer.body.id).toBe(`${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`);
  });
});

describe('tokens', () => {
  const path = `/subscriptions/${tenant.subscriptionId}?api-version=${versions.core}`;

  test('each wrong token has a code of its own and a challenge that names the tenant', async () => {
    const { sandbox } = await createArmClient();
    const call = (authorization?: string) =>
      sendRaw(sandbox, 'GET', `${sandbox.cloud.resourceManager}${path}`, {
        headers: authorization === undefined ? {} : { authorization },
      });
    const graphToken = await signIn(sandbox, sandboxCredentials);
    const answers = [
      await call(),
      await call('Basic abc'),
      await call('Bearer a.b.c'),
      await call(`Bearer ${graphToken}`),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [401, 'AuthenticationFailed'],
      [401, 'AuthenticationFailedInvalidHeader'],
      [401, 'InvalidAuthenticationToken'],
      [401, 'InvalidAuthenticationTokenAudience'],
    ]);
    for (const { headers } of answers) {
      expect(headers['www-authenticate']).toContain(`authorization_uri="${sandbox.cloud.login}/${tenant.id}"`);
    }
  });

  test('an expired token is told from an invalid one', async () => {
    const arm = await createArmClient();
    arm.sandbox.advance(7_200);
    const answer = await arm.get(`/subscriptions/${tenant.subscriptionId}`);
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'ExpiredAuthenticationToken' } } });
  });
});

describe('headers', () => {
  test('the caller’s request id comes back only when that was asked for; the service’s is new each time', async () => {
    const arm = await createArmClient();
    const id = { 'x-ms-client-request-id': '7c1b9d0e-0000-4000-8000-000000000001' };
    const silent = await arm.send('GET', '/tenants', { headers: id });
    const echoed = await arm.send('GET', '/tenants', {
      headers: { ...id, 'x-ms-return-client-request-id': 'true', 'x-ms-correlation-request-id': 'job-7' },
    });
    expect(silent.headers['x-ms-client-request-id']).toBeUndefined();
    expect(echoed.headers['x-ms-client-request-id']).toBe(id['x-ms-client-request-id']);
    expect(echoed.headers['x-ms-correlation-request-id']).toBe('job-7');
    expect(silent.headers['x-ms-request-id']).not.toBe(echoed.headers['x-ms-request-id']);
    expect(echoed.headers['x-ms-routing-request-id']).toMatch(/^WESTEUROPE:20260115T100000Z:/);
  });
});

describe('subscriptions', () => {
  test('a list shows what the caller has a role in', async () => {
    const arm = await createArmClient();
    const names = async (client: typeof arm) =>
      (await client.get('/subscriptions')).body.value.map((one: { displayName: string }) => one.displayName);
    expect(await names(arm)).toEqual(['Contoso Production', 'Contoso Development']);
    expect(await names(await arm.as(seededCredentials('limited')))).toEqual(['Contoso Production']);
    expect(await names(await arm.as(seededCredentials('noRoles')))).toEqual([]);
  });

  test('malformed, foreign and forbidden ones are told apart', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    const codes = await Promise.all([
      arm.get('/subscriptions/production'),
      arm.get('/subscriptions/11111111-2222-4333-8444-555555555555'),
      limited.get(development),
    ]);
    expect(codes.map(({ status, body }) => [status, body.error.code])).toEqual([
      [400, 'InvalidSubscriptionId'],
      [404, 'SubscriptionNotFound'],
      [403, 'AuthorizationFailed'],
    ]);
    const { message } = codes[2].body.error;
    expect(message).toContain(seededCredentials('limited').clientId);
    expect(message).toContain(limited.objectId);
    expect(message).toContain("perform action 'Microsoft.Resources/subscriptions/read'");
    expect(message).toContain(`over scope '${development}'`);
  });
});

test('what the sandbox does not emulate is answered 501 with its name', async () => {
  const arm = await createArmClient();
  const answer = await arm.get('/subscriptions/x/moonPhases'.replace('x', tenant.subscriptionId));
  expect(answer.status).toBe(501);
  expect(answer.body.error.message).toContain('/moonPhases');
});
