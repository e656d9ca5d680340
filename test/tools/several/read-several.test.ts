import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { SandboxTools } from '../../support/sandbox-tools.ts';
import { openSeveralTenants, type SeveralTenantsOptions } from '../../support/several-tenants.ts';

let t: SandboxTools;

afterEach(() => t.close());

async function open(options: Partial<SeveralTenantsOptions> = {}): Promise<SandboxTools> {
  t = await openSeveralTenants({ tenants: 3, ...options });
  return t;
}

const users = { endpoint: '/users', params: { $select: 'id,displayName' } };

/** The connection of each item. */
function connectionsOf({
  response,
}: {
  readonly response: { readonly data?: { readonly value?: unknown } };
}): string[] {
  const { value } = response.data ?? {};
  return (value as { readonly connection: string }[]).map(({ connection }) => connection);
}

const times = (count: number, name: string) => Array.from({ length: count }, () => name);

describe('several connections', () => {
  test('are read as one list in the order named, and each item has its connection first', async () => {
    await open();
    const { response, meta, connection } = await t.call('graph_query', { connection: 'fabrikam, contoso', ...users });
    expect(connectionsOf({ response })).toEqual([...times(5, 'fabrikam'), ...times(5, 'contoso')]);
    expect(Object.keys(response.data.value[0])).toEqual(['connection', 'id', 'displayName']);
    expect(connection).toBeUndefined();
    expect(meta).toMatchInlineSnapshot(`
      {
        "complete": true,
        "connections": [
          {
            "cloud": "sandbox",
            "count": 5,
            "name": "fabrikam",
            "tenant": "5a11d0c5-7e4a-4c0d-8b0b-c04705000001",
          },
          {
            "cloud": "sandbox",
            "count": 5,
            "name": "contoso",
            "tenant": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
          },
        ],
        "count": 10,
      }
    `);
  });

  test('that are named twice are read once, and a note says so', async () => {
    await open();
    const { response, meta } = await t.call('graph_query', { connection: 'contoso,fabrikam,contoso', ...users });
    expect(connectionsOf({ response })).toEqual([...times(5, 'contoso'), ...times(5, 'fabrikam')]);
    expect(meta.notes).toEqual(['Named more than once and read once: contoso.']);
  });

  test('give one item each where the answer is no list', async () => {
    await open();
    const { response } = await t.call('graph_query', { connection: 'contoso,fabrikam', endpoint: '/users/$count' });
    expect(response.data.value).toEqual([
      { connection: 'contoso', value: 5 },
      { connection: 'fabrikam', value: 5 },
    ]);
  });

  test('cannot pass for each other: connection is that of the connection', async () => {
    await open();
    const body = { value: [{ connection: 'fabrikam', id: '1' }] };
    t.sandbox.fault({ service: 'graph', tenant: 'contoso.example', status: 200, body });
    const { response, meta } = await t.call('graph_query', { connection: 'contoso,fabrikam', ...users });
    expect(response.data.value[0]).toEqual({ connection: 'contoso', id: '1' });
    expect(meta.notes.join()).toContain('contoso: connection is the name of the connection');
  });

  test('share limit and project', async () => {
    await open();
    const limited = await t.call('graph_query', { connection: 'contoso,fabrikam', ...users, limit: 7 });
    expect(connectionsOf(limited)).toEqual([...times(5, 'contoso'), ...times(2, 'fabrikam')]);
    expect(limited.meta).toMatchObject({ complete: false, count: 7, cursor: expect.any(String) });
    const counted = await t.call('graph_query', { connection: 'contoso,fabrikam', ...users, project: 'length(value)' });
    expect(counted.response.data).toBe(10);
    const named = await t.call('graph_query', {
      connection: 'contoso,fabrikam',
      ...users,
      project: "value[?connection=='fabrikam'].connection",
      limit: 2,
    });
    expect(named.response.data.value).toEqual(['fabrikam', 'fabrikam']);
    expect(named.meta.notes ?? []).toEqual([]);
  });

  test('say so where a projection leaves out whose each item is', async () => {
    await open();
    const several = { connection: 'contoso,fabrikam', ...users, project: 'value[].id' };
    expect((await t.call('graph_query', several)).meta.notes.join()).toContain('leaves out which connection');
    const whole = await t.call('graph_query', { ...several, project: 'length(value)' });
    expect((whole.meta.notes ?? []).join()).not.toContain('which connection');
  });

  test('have their connection in the first column of a table', async () => {
    await open();
    const { response } = await t.call('graph_query', { connection: 'contoso,fabrikam', ...users, format: 'csv' });
    const [header, first] = String(response.data).split('\n');
    expect(header).toBe('connection,id,displayName');
    expect(first).toMatch(/^contoso,/);
  });

  test('are counted together, also by connection', async () => {
    await open();
    const all = { connection: 'fabrikam,contoso', endpoint: '/users' };
    const byConnection = await t.call('graph_query', { ...all, count_by: 'connection' });
    expect(byConnection.response.data.value).toEqual([
      { key: 'contoso', count: 5 },
      { key: 'fabrikam', count: 5 },
    ]);
    expect(byConnection.meta).toMatchObject({ complete: true, connections: [{ count: 5 }, { count: 5 }] });
    expect(byConnection.meta.notes).toContain('$select=id was added, since count_by reads nothing else.');
    const byBoth = await t.call('graph_query', { ...all, count_by: "join(' ', [connection, userType])" });
    expect(byBoth.response.data.value).toEqual([
      { key: 'contoso Member', count: 5 },
      { key: 'fabrikam Member', count: 5 },
    ]);
  });

  test('are saved as one file', async () => {
    await open();
    const saved = await t.call('graph_query', { connection: 'fabrikam,contoso', ...users, save_as: 'all.csv' });
    expect(saved.response.data).toMatchObject({ rows: 10, columns: ['connection', 'id', 'displayName'] });
    expect(saved.meta.complete).toBe(true);
    const lines = (await readFile(saved.response.data.path, 'utf8')).split(/\r?\n/);
    expect(lines[1]).toMatch(/^"?fabrikam"?,/);
  });

  test('are asked with KQL in the same way', async () => {
    await open();
    const query = 'resources | project id, name | order by id asc | limit 1';
    const { response, meta } = await t.call('resource_graph_query', { connection: 'contoso,fabrikam', query });
    expect(connectionsOf({ response })).toEqual(['contoso', 'fabrikam']);
    expect(meta.notes).toContain('Looked in the subscription of the connection.');
  });

  test('have one line in the audit log that names all', async () => {
    await open();
    await t.call('graph_query', { connection: 'contoso,fabrikam', ...users });
    await t.call('graph_query', { connection: 'contoso,nobody', ...users });
    await t.restart();
    const [name = ''] = await readdir(join(t.home, 'audit'));
    const lines = (await readFile(join(t.home, 'audit', name), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { connection: 'contoso,fabrikam', tool: 'graph_query', requests: [{ path: '/users' }], outcome: 'success' },
      { connection: 'contoso,nobody', tool: 'graph_query', requests: [], outcome: 'invalid_argument' },
    ]);
  });
});

describe('names', () => {
  test.each([
    ['contoso,nobody', 'connection: There is no connection named nobody.'],
    ['no-one,contoso,nobody', 'connection: There are no connections named no-one, nobody.'],
  ])('of no connection are refused with the valid ones before anything is sent: %s', async (connection, message) => {
    await open();
    const { response } = await t.call('graph_query', { connection, ...users });
    expect(response.error).toMatchObject({ code: 'invalid_argument', message });
    expect(response.error.hint).toContain('Valid names: contoso, fabrikam, northwind, sandbox.');
    expect(t.seen()).toEqual([]);
  });

  test.each([
    'contoso,',
    ',contoso',
    'contoso,*',
    '*,*',
    'contoso fabrikam',
    Array.from({ length: 65 }, (_, n) => `c${n}`).join(),
  ])('that cannot be names are refused: %s', async (connection) => {
    await open();
    const { response } = await t.call('graph_query', { connection, ...users });
    expect(response.error.code).toBe('invalid_argument');
    expect(t.seen()).toEqual([]);
  });

  test('of a connection without the scope are refused before anything is sent', async () => {
    await open({ changes: { fabrikam: { scopes: ['resources'] } } });
    const { response } = await t.call('graph_query', { connection: 'contoso,fabrikam', ...users });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: 'connection: without the scope directory: fabrikam.',
    });
    expect(t.seen()).toEqual([]);
  });

  test('of a connection that is not ready are refused before anything is sent', async () => {
    await open();
    await t.call('create_connection', { name: 'adatum', cloud: 'sandbox' });
    const { response } = await t.call('graph_query', { connection: 'contoso,adatum', ...users });
    expect(response.error).toMatchObject({ code: 'configuration', message: 'Not ready: adatum. Nothing was sent.' });
    expect(t.seen()).toEqual([]);
  });

  test.each([
    ['graph_write', { requests: [{ method: 'DELETE', endpoint: '/users/x' }] }],
    ['graph_batch', { requests: [{ url: '/me' }] }],
    ['arm_query', { path: '/subscriptions' }],
    ['delete_connection', {}],
    ['list_linked_services', {}],
  ])('of several connections are refused by %s', async (tool, input) => {
    await open({ policy: { fan_out: true } });
    for (const connection of ['contoso,fabrikam', '*']) {
      const { response } = await t.call(tool, { ...input, connection });
      expect(response.error.code).toBe('invalid_argument');
      expect(response.error).toMatchObject({
        message: expect.stringContaining('it names several, which only graph_query and resource_graph_query read'),
        hint: expect.stringContaining('Pass connection as the name of one connection.'),
      });
    }
    expect(t.seen()).toEqual([]);
  });
});

describe('addresses', () => {
  test.each([
    'https://graph.microsoft.com/v1.0/users',
    'https://graph.sandbox.invalid/v1.0/users?$skiptoken=abc',
    '/$batch',
  ])('that do not belong to all connections are refused before anything is sent: %s', async (endpoint) => {
    await open();
    const { response } = await t.call('graph_query', { connection: 'contoso,fabrikam', endpoint });
    expect(response.error.code).toBe('invalid_argument');
    expect(t.seen()).toEqual([]);
  });
});

describe('"*"', () => {
  test('is refused where policy does not allow it, and says whom to ask', async () => {
    await open();
    const { response } = await t.call('graph_query', { connection: '*', ...users });
    expect(response.error).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('ask the person who runs Tenantry to set policy.fan_out'),
    });
    expect(t.seen()).toEqual([]);
  });

  test('is all ready connections with the scope by name, without the sandbox', async () => {
    await open({ policy: { fan_out: true }, changes: { fabrikam: { scopes: ['resources'] } } });
    await t.call('create_connection', { name: 'adatum', cloud: 'sandbox' });
    const { response, meta } = await t.call('graph_query', { connection: '*', ...users });
    expect([...new Set(connectionsOf({ response }))]).toEqual(['contoso', 'northwind']);
    expect(meta.notes).toEqual(['Not in "*": not ready: adatum.']);
  });

  test('leaves out what the policy of a connection bars', async () => {
    await open({ policy: { fan_out: true, connections: { fabrikam: { fan_out: false } } } });
    const { response, meta } = await t.call('graph_query', { connection: '*', ...users });
    expect([...new Set(connectionsOf({ response }))]).toEqual(['contoso', 'northwind']);
    expect(meta.notes).toEqual(['Not in "*": by policy: fabrikam.']);
  });

  test('is not allowed by the policy of a connection alone', async () => {
    await open({ policy: { connections: { fabrikam: { fan_out: true } } } });
    const { response } = await t.call('graph_query', { connection: '*', ...users });
    expect(response.error.code).toBe('refused');
  });
});
