import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ users: 10 });
  const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
  for (const name of ['prod', 'lab']) {
    await tools.call('create_connection', { name, cloud: 'sandbox', scopes: ['directory'] });
    await tools.call('complete_connection', {
      connection: name,
      tenant_id: tenantId,
      client_id: clientId,
      client_secret: clientSecret,
    });
  }
});
afterEach(() => tools.close());

function change(sql: string): void {
  const db = new DatabaseSync(join(tools.home, 'tenantry.db'));
  db.exec(sql);
  db.close();
}

const refused = { code: 'configuration', message: expect.stringContaining('prod is not as Tenantry wrote it') };

test('a row whose cloud was changed signs in nowhere, and the next connection works', async () => {
  change(
    `UPDATE sealed_connections SET record = replace(record, '"cloud":"sandbox"', '"cloud":"china"') WHERE name = 'prod'`,
  );
  tools.forget();
  const inputs: readonly [string, Record<string, unknown>][] = [
    ['graph_query', { connection: 'prod', endpoint: '/users' }],
    ['graph_write', { connection: 'prod', requests: [{ method: 'DELETE', endpoint: '/users/x' }] }],
    ['validate_connection', { connection: 'prod' }],
    ['complete_connection', { connection: 'prod', default_location: 'westeurope' }],
    ['list_connections', { name: 'prod' }],
  ];
  for (const [tool, input] of inputs) {
    const { isError, response } = await tools.call(tool, input);
    expect(isError, tool).toBe(true);
    expect(response.error, tool).toMatchObject(refused);
    expect(response.error.hint).toContain('delete_connection');
  }
  expect(tools.seen()).toEqual([]);
  expect((await tools.call('graph_query', { connection: 'lab', endpoint: '/users?$top=1' })).isError).toBe(false);
});

test('the list shows it where it stands, as damaged, with the others', async () => {
  change(`UPDATE sealed_connections SET record = replace(record, 'read_only', 'read_write') WHERE name = 'prod'`);
  const { response } = await tools.call('list_connections');
  expect(response.data.value.map((one: { name: string; status: string }) => [one.name, one.status])).toEqual([
    ['lab', 'ready'],
    ['sandbox', 'ready'],
    ['prod', 'damaged'],
  ]);
  expect(response.data.value[2]).toMatchObject({ problem: refused.message, next_step: expect.any(String) });
});

test('its secrets survive the sweep, and it can be deleted and made again', async () => {
  change("UPDATE sealed_connections SET revision = 77 WHERE name = 'prod'");
  tools.sandbox.advance(3 * 60 * 60);
  await tools.call('complete_connection', { connection: 'lab', default_location: 'westeurope' });
  const db = new DatabaseSync(join(tools.home, 'tenantry.db'));
  expect(db.prepare('SELECT count(*) AS n FROM secrets').get()).toEqual({ n: 2 });
  db.close();
  const removed = await tools.call('delete_connection', { connection: 'prod' });
  expect(removed.response.data).toEqual({ deleted: 'prod', secrets_destroyed: [] });
  expect((await tools.call('create_connection', { name: 'prod', cloud: 'sandbox' })).isError).toBe(false);
});
