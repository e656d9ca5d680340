import type { HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sandboxCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createReady, type FederatedTools, openFederatedTools, startProcess } from './federated-tools.ts';

let tools: FederatedTools;
const dayS = 86_400;
const otherApp = '5a11d0c5-7e4a-4c0d-8b0a-a99000000002';

beforeEach(async () => {
  tools = await openFederatedTools();
  await tools.writeToken();
  expect((await tools.convert()).response.success).toBe(true);
});

afterEach(() => tools.close());

const revert = (input: Readonly<Record<string, unknown>> = {}) =>
  tools.call('convert_connection', { connection: 'prod', revert: true, ...input });
const removeSecret = () => tools.call('convert_connection', { connection: 'prod', remove_secret: true });
const credentialNames = async () => (await tools.credentials()).map(({ name }) => name);
const validate = async () => (await tools.call('validate_connection', { connection: 'prod' })).response.data.health;

describe('the way back', () => {
  test('is open for seven days: the secret works again, and the credential is gone', async () => {
    tools.sandbox.advance(6 * dayS + dayS - 1);
    const answer = await revert();
    expect(answer.response.data.changes).toEqual([
      'switched prod from workload_identity back to azure',
      expect.stringMatching(/^removed the federated credential `tenantry-prod-\w+` from the app/),
    ]);
    expect(await tools.show()).toMatchObject({ auth_type: 'azure', secrets: [{ kind: 'client_secret' }] });
    expect(await tools.show()).not.toHaveProperty('conversion');
    expect(await validate()).toBe('healthy');
    expect(await credentialNames()).toEqual(['github-main']);
    expect(await tools.stored()).toEqual(['client_secret']);
  });

  test('needs no federated token', async () => {
    await tools.writeToken({ sub: 'somebody else' });
    expect((await revert()).response.success).toBe(true);
  });

  test('destroys a federated token that was stored', async () => {
    await revert();
    const literal = { federated_token: await tools.issuer.sign() };
    expect((await tools.convert(literal)).response.success).toBe(true);
    expect(await tools.stored()).toEqual(['client_secret', 'federated_token']);
    await revert();
    expect(await tools.stored()).toEqual(['client_secret']);
  });

  test('may be gone again: what was reverted can be converted anew', async () => {
    await revert();
    expect((await tools.convert()).response.success).toBe(true);
    expect(await validate()).toBe('healthy');
    expect(await credentialNames()).toHaveLength(2);
  });

  test.each([
    ['seven days to the second', 7 * dayS],
    ['eight days', 8 * dayS],
  ])('is closed after %s, with the date', async (_name, seconds) => {
    tools.sandbox.advance(seconds);
    await tools.writeToken();
    tools.forget();
    expect((await revert()).response.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('until 2026-11-27T10:00:00.000Z'),
    });
    expect(tools.seen()).toEqual([]);
    expect(await tools.stored()).toEqual([]);
    expect(await tools.passwords()).toHaveLength(1);
    expect(await validate()).toBe('healthy');
  });

  test.each([
    ['list_connections', {}],
    ['list_connections', { name: 'prod' }],
    ['validate_connection', { connection: 'prod' }],
    ['graph_query', { connection: 'prod', endpoint: '/organization' }],
    ['complete_connection', { connection: 'prod', default_location: 'westeurope' }],
    ['create_connection', { name: 'prod' }],
  ])('is closed by %s %j of any process, and the secret is destroyed in the vault', async (tool, input) => {
    tools.sandbox.advance(7 * dayS - 1);
    const other = await startProcess(tools);
    await other.call(tool, input);
    expect(await tools.stored()).toEqual(['client_secret']);
    tools.sandbox.advance(1);
    await tools.writeToken();
    await other.call(tool, input);
    expect(await tools.stored()).toEqual([]);
    expect((await tools.show()).conversion).toMatchObject({ way_back: 'expired' });
    expect((await tools.show()).conversion).not.toHaveProperty('secrets');
    await other.close();
  });

  test('is not taken with a secret that does not work any more; the connection stays federated', async () => {
    await tools.placePasswords([]);
    expect((await revert()).response.error).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('the connection stays federated'),
      upstream: { code: 'AADSTS7000215' },
    });
    expect(await validate()).toBe('healthy');
    expect(await tools.stored()).toEqual(['client_secret']);
  });

  test('leaves the credential where another connection of the app signs in with it', async () => {
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    await createReady(tools, 'twin', { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret });
    expect((await tools.convert({ connection: 'twin' })).response.success).toBe(true);
    const answer = await revert();
    expect(answer.meta.notes.join()).toContain('a connection signs in with it');
    const twin = await tools.call('validate_connection', { connection: 'twin' });
    expect(twin.response.data.health).toBe('healthy');
    expect(await tools.show()).not.toHaveProperty('conversion');
  });

  test.each([
    ['stays for a connection of the app that was made for federation', sandboxCredentials.clientId, 2],
    ['goes where such a connection is one of another app', otherApp, 1],
  ])('the credential %s', async (_name, clientId, left) => {
    const { tenantId } = tools.sandbox.credentials;
    const completion = { tenant_id: tenantId, client_id: clientId };
    await createReady(tools, 'fed', completion, { auth_type: 'workload_identity' });
    await revert();
    expect(await tools.credentials()).toHaveLength(left);
  });

  test('a credential that could not be removed is removed by a repeat', async () => {
    tools.sandbox.fault({ service: 'graph', match: 'DELETE *', status: 403 });
    const answer = await revert();
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toContain('Call again with revert: true');
    expect(await tools.show()).toMatchObject({ auth_type: 'azure', conversion: { way_back: 'reverted' } });
    expect((await revert()).response.data.changes).toHaveLength(1);
    expect(await credentialNames()).toEqual(['github-main']);
    expect(await tools.show()).not.toHaveProperty('conversion');
    expect((await revert()).response.error.message).toContain('nothing to revert');
  });
});

describe('a way back beside other calls', () => {
  /** Another process, in whose way `meanwhile` comes when it asks for a token, or removes the credential. */
  async function revertWhile(method: 'POST' | 'DELETE', meanwhile: () => Promise<unknown>) {
    let isDone = false;
    const httpClient: HttpClient = {
      async sendRequest(request) {
        const response = await tools.sandbox.httpClient.sendRequest(request);
        if (request.method === method && !isDone) {
          isDone = true;
          await meanwhile();
        }
        return response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const answer = await process.call('convert_connection', { connection: 'prod', revert: true });
    await process.close();
    return answer;
  }

  test('is taken once', async () => {
    // The very same call would not be sent.
    const again = () => tools.call('convert_connection', { connection: 'prod', revert: true, remove_secret: false });
    const answer = await revertWhile('POST', again);
    expect(answer.response.error).toMatchObject({ code: 'conflict', retryable: true });
    expect(await validate()).toBe('healthy');
    expect(await tools.stored()).toEqual(['client_secret']);
  });

  test('does not forget a conversion that was made anew', async () => {
    await revertWhile('DELETE', () => tools.convert());
    expect(await tools.show()).toMatchObject({ auth_type: 'workload_identity', conversion: { way_back: 'open' } });
    expect(await validate()).toBe('healthy');
    expect(await tools.stored()).toEqual(['client_secret']);
  });
});

test('a credential that a reversal could not remove is named when another conversion forgets it', async () => {
  tools.sandbox.fault({ service: 'graph', match: 'DELETE *', status: 403 });
  await revert();
  await tools.writeToken({ sub: 'somebody else' });
  const answer = await tools.convert();
  expect(answer.response.success).toBe(true);
  expect(answer.meta.notes.join()).toMatch(
    /credential `tenantry-prod-\w+` of an earlier conversion is still on the app/,
  );
});

describe('remove_secret', () => {
  test('removes the secret from the app and from the vault; there is no way back', async () => {
    const answer = await removeSecret();
    expect(answer.response.data.changes).toEqual([
      expect.stringMatching(/^removed the client secret `5a11d0c5-7e4a-4c0d-8b0a-5ec700000001/),
      'destroyed the copy in the vault',
    ]);
    expect(await tools.stored()).toEqual([]);
    expect((await tools.show()).conversion).toMatchObject({ way_back: 'secret_removed' });
    expect((await tools.call('graph_query', { connection: 'prod', endpoint: '/organization' })).isError).toBe(false);
    expect((await revert()).response.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('its secret was removed'),
    });
    expect((await removeSecret()).response.error).toMatchObject({
      message: expect.stringContaining('removed already'),
    });
  });

  test('may be part of the conversion', async () => {
    await revert();
    const answer = await tools.convert({ remove_secret: true });
    expect(answer.response.data.changes).toHaveLength(4);
    expect(await tools.stored()).toEqual([]);
    expect(await validate()).toBe('healthy');
  });

  test('does not guess between secrets that begin alike', async () => {
    const { clientSecret } = tools.sandbox.credentials;
    const hint = clientSecret.slice(0, 3);
    await tools.placePasswords([
      { keyId: 'k1', hint, displayName: 'first', secretText: clientSecret, endDateTime: '2027-01-01T00:00:00Z' },
      { keyId: 'k2', hint, displayName: "second'\u202e", secretText: `${hint}other`, endDateTime: null },
    ]);
    const answer = await removeSecret();
    expect(answer.response.data.changes).toEqual([]);
    expect(answer.meta.notes).toEqual(
      expect.arrayContaining([
        "The secret was not removed: 2 secrets of the app begin like it (`k1` `first`, until `2027-01-01`; `k2` `second'`). Remove the right one there (App registrations > the app > Certificates & secrets).",
      ]),
    );
    expect(await tools.stored()).toEqual(['client_secret']);
    expect((await revert()).response.success).toBe(true);
  });

  test('leaves the other secrets of the app alone', async () => {
    const { clientSecret } = tools.sandbox.credentials;
    const mine = { keyId: 'k2', hint: clientSecret.slice(0, 3), secretText: clientSecret };
    await tools.placePasswords([{ keyId: 'k1', hint: 'zzz', secretText: 'zzz' }, mine, { keyId: 'k3', hint: null }]);
    expect((await removeSecret()).response.data.changes).toHaveLength(2);
    expect(await tools.passwordsBy('prod')).toEqual(['k1', 'k3']);
  });

  test('leaves the only secret of the app alone when it is another one', async () => {
    await tools.placePasswords([{ keyId: 'k1', hint: 'zzz', secretText: 'zzz' }]);
    expect((await removeSecret()).response.data.changes).toEqual(['destroyed the copy in the vault']);
    expect(await tools.passwordsBy('prod')).toEqual(['k1']);
  });

  test('does not destroy what the connection went back to meanwhile', async () => {
    const httpClient: HttpClient = {
      async sendRequest(request) {
        if (request.url.includes('removePassword')) expect((await revert()).response.success).toBe(true);
        return tools.sandbox.httpClient.sendRequest(request);
      },
    };
    const process = await startProcess(tools, { httpClient });
    const answer = await process.call('convert_connection', { connection: 'prod', remove_secret: true });
    expect(answer.response.error.code).toBe('conflict');
    expect(await tools.show()).toMatchObject({ auth_type: 'azure' });
    expect(await tools.stored()).toEqual(['client_secret']);
    await process.close();
  });

  test('leaves what it cannot recognise, as long as the secret works', async () => {
    const { clientSecret } = tools.sandbox.credentials;
    await tools.placePasswords([{ keyId: 'k1', hint: null, displayName: null, secretText: clientSecret }]);
    const answer = await removeSecret();
    expect(answer.meta.notes.join()).toContain('no secret of the app can be recognised as it');
    expect(await tools.passwords()).toEqual(['k1']);
    expect((await tools.show()).conversion.way_back).toBe('open');
  });

  test('destroys the copy of a secret that the app has no more', async () => {
    await tools.placePasswords([]);
    const answer = await removeSecret();
    expect(answer.response.data.changes).toEqual(['destroyed the copy in the vault']);
    expect(await tools.stored()).toEqual([]);
  });

  test('is said to have failed where the conversion stands nevertheless', async () => {
    await revert();
    tools.sandbox.fault({ service: 'graph', match: 'POST *removePassword', status: 403 });
    const answer = await tools.convert({ remove_secret: true });
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toContain('Call again with remove_secret: true');
    expect((await tools.show()).auth_type).toBe('workload_identity');
    expect((await removeSecret()).response.data.changes).toHaveLength(2);
  });
});

describe('other changes of a converted connection', () => {
  test('another app ends the way back and destroys what was kept', async () => {
    const answer = await tools.call('complete_connection', {
      connection: 'prod',
      client_id: otherApp,
      federated_token: { file: tools.tokenFile },
      replace_identity: true,
    });
    expect(answer.response.success).toBe(true);
    expect(await tools.show()).not.toHaveProperty('conversion');
    expect(await tools.stored()).toEqual([]);
    expect((await revert()).response.error.message).toContain('nothing to revert');
  });

  test('another federated token leaves the way back open', async () => {
    const token = await tools.issuer.sign();
    await tools.call('complete_connection', { connection: 'prod', federated_token: token });
    expect(await tools.stored()).toEqual(['client_secret', 'federated_token']);
    expect((await revert()).response.success).toBe(true);
    expect(await tools.stored()).toEqual(['client_secret']);
  });

  test('a secret is not taken; the hint says how to go back', async () => {
    const answer = await tools.call('complete_connection', { connection: 'prod', client_secret: 'new-secret' });
    expect(answer.response.error).toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('revert: true'),
    });
  });

  test('deletion destroys what was kept', async () => {
    const answer = await tools.call('delete_connection', { connection: 'prod' });
    expect(answer.response.data.secrets_destroyed.map(({ kind }: { kind: string }) => kind)).toEqual([
      'federated_token',
      'client_secret',
    ]);
    expect(await tools.stored()).toEqual([]);
  });

  test('a validation does not destroy what was kept', async () => {
    await validate();
    expect(await tools.stored()).toEqual(['client_secret']);
  });
});
