import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createReady, type FederatedTools, openFederatedTools } from './federated-tools.ts';

let tools: FederatedTools;
const { tenantId, clientId, clientSecret } = seededCredentials('noRoles');

beforeEach(async () => {
  tools = await openFederatedTools();
  await tools.writeToken();
  await createReady(tools, 'weak', { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret });
});

afterEach(() => tools.close());

/** Names of what the app of the weak connection trusts. */
async function trusted(): Promise<readonly string[]> {
  const endpoint = `/applications(appId='${clientId}')/federatedIdentityCredentials`;
  const { response } = await tools.call('graph_query', { endpoint });
  return response.data.value.map(({ name }: { name: string }) => name);
}

describe('a conversion with the rights of another connection', () => {
  test('adds the credential, and the way back takes it away again', async () => {
    const converted = await tools.convert({ connection: 'weak', admin_connection: 'sandbox' });
    expect(converted.response.data?.connection, converted.text).toMatchObject({ auth_type: 'workload_identity' });
    expect(await trusted()).toEqual([expect.stringMatching(/^tenantry-weak-/)]);
    const { response } = await tools.call('convert_connection', {
      connection: 'weak',
      revert: true,
      admin_connection: 'sandbox',
    });
    expect(response.data.connection.auth_type).toBe('azure');
    expect(await trusted()).toEqual([]);
  });

  test('is the way for a read-only connection, which may not change its app itself', async () => {
    await tools.call('provision_connection', {
      connection: 'sandbox',
      name: 'reports',
      credential: 'secret',
      roles: [],
    });
    const { error } = (await tools.convert({ connection: 'reports' })).response;
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringMatching(/^Ask the person/) });
    const answer = await tools.convert({ connection: 'reports', admin_connection: 'sandbox' });
    expect(answer.response.data?.connection, answer.text).toMatchObject({
      access: 'read_only',
      auth_type: 'workload_identity',
    });
  });

  test('is the way to remove the secret, too, and a refusal says so', async () => {
    await tools.convert({ connection: 'weak', admin_connection: 'sandbox' });
    const remove = { connection: 'weak', remove_secret: true };
    const { error } = (await tools.call('convert_connection', remove)).response;
    expect(error).toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('The secret of weak stays on the app.'),
      hint: 'Pass admin_connection, a connection that may change the app.',
    });
    const { response } = await tools.call('convert_connection', { ...remove, admin_connection: 'sandbox' });
    expect(response.data.changes.join()).toContain('removed the client secret');
  });

  test('removes the secret of the app when it is asked to', async () => {
    const answer = await tools.convert({ connection: 'weak', admin_connection: 'sandbox', remove_secret: true });
    expect(answer.response.data.changes.join()).toContain('removed the client secret');
    expect(answer.response.data.connection.conversion.way_back).toBe('secret_removed');
  });

  test('takes the credential back when the token does not work', async () => {
    await tools.writeToken({}, { forged: true });
    const { error } = (await tools.convert({ connection: 'weak', admin_connection: 'sandbox' })).response;
    expect(error.message).toContain('taken back');
    expect(await trusted()).toEqual([]);
  });

  test('is refused with a connection that is not complete or read-only, before any request', async () => {
    await tools.call('create_connection', { name: 'empty', cloud: 'sandbox', access: 'read_write' });
    await tools.call('create_connection', { name: 'reader', cloud: 'sandbox' });
    const completion = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
    await tools.call('complete_connection', { connection: 'reader', ...completion });
    tools.forget();
    const answers = [
      await tools.convert({ connection: 'weak', admin_connection: 'empty' }),
      await tools.convert({ connection: 'weak', admin_connection: 'reader' }),
    ];
    expect(answers.map(({ response }) => response.error.message)).toEqual([
      'The connection empty cannot change the app of weak: it is not complete.',
      'The connection reader cannot change the app of weak: it is read-only.',
    ]);
    expect(tools.seen()).toEqual([]);
  });

  test('is refused with a connection of another tenant, before any request', async () => {
    await createReady(tools, 'foreign', {
      tenant_id: '00000000-0000-0000-0000-000000000009',
      client_id: clientId,
      client_secret: clientSecret,
    });
    tools.forget();
    const { error } = (await tools.convert({ connection: 'weak', admin_connection: 'foreign' })).response;
    expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('another tenant or cloud') });
    expect(tools.seen()).toEqual([]);
  });

  test('names the connections that there are when the other one does not exist', async () => {
    const { error } = (await tools.convert({ connection: 'weak', admin_connection: 'sandbax' })).response;
    expect(error.code).toBe('not_found');
    expect(error.hint).toContain('sandbox');
  });
});
