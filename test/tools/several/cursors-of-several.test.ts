import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { runTool } from '../../../src/server/run-tool.ts';
import { graphQuery } from '../../../src/tools/graph/graph-query.ts';
import type { Answer, SandboxTools } from '../../support/sandbox-tools.ts';
import { openSeveralTenants } from '../../support/several-tenants.ts';

let t: SandboxTools;

beforeEach(async () => {
  const shared_with = [{ everyone: true as const, access: 'read' as const }];
  const changes = { contoso: { shared_with }, fabrikam: { shared_with } };
  t = await openSeveralTenants({ tenants: 3, policy: { fan_out: true }, changes });
});
afterEach(() => t.close());

const onePage = { endpoint: '/users', params: { $select: 'id', $top: 2 } };
const both = { connection: 'contoso,fabrikam', ...onePage };

const idsOf = ({ response }: Answer): string[] => response.data.value.map(({ id }: { readonly id: string }) => id);

/** The cursor of a read of which each connection has more. */
async function cursorOf(input: Readonly<Record<string, unknown>> = both): Promise<string> {
  const { meta } = await t.call('graph_query', input);
  t.forget();
  return meta.cursor;
}

test('the cursor leads to the rest of every connection, and is short', async () => {
  let answer = await t.call('graph_query', both);
  const ids = idsOf(answer);
  const connections = [answer.response.data.value.map((one: { connection: string }) => one.connection)];
  while (answer.meta.cursor !== undefined) {
    expect(answer.meta.complete).toBe(false);
    expect(answer.meta.cursor.length).toBeLessThanOrEqual(32);
    answer = await t.call('graph_query', { ...both, cursor: answer.meta.cursor });
    ids.push(...idsOf(answer));
    connections.push(answer.response.data.value.map((one: { connection: string }) => one.connection));
  }
  expect(answer.meta.complete).toBe(true);
  expect(connections).toEqual([
    ['contoso', 'contoso', 'fabrikam', 'fabrikam'],
    ['contoso', 'contoso', 'fabrikam', 'fabrikam'],
    ['contoso', 'fabrikam'],
  ]);
  expect(new Set(ids).size).toBe(10);
});

test('the cursor of a limit in the middle of a connection leads to its next item', async () => {
  const query = { connection: 'contoso,fabrikam', endpoint: '/users', params: { $select: 'id' } };
  const first = await t.call('graph_query', { ...query, limit: 3 });
  const second = await t.call('graph_query', { ...query, cursor: first.meta.cursor, limit: 100 });
  const third = await t.call('graph_query', { ...query, cursor: second.meta.cursor });
  const ids = [first, second, third].flatMap(idsOf);
  expect(ids).toHaveLength(10);
  expect(new Set(ids).size).toBe(10);
  expect(third.meta).toMatchObject({ complete: true });
});

test('the cursor goes on behind a stored list that has no room for the next connection', async () => {
  await t.close();
  const rules = { storedResults: { mostBytes: 40_000, mostBytesTogether: 10_000_000 } };
  t = await openSeveralTenants({ tenants: 2, users: 60, rules });
  // Its page comes after that of the first has been stored.
  t.sandbox.fault({ service: 'graph', tenant: 'fabrikam.example', delay_ms: 300 });
  const query = { connection: 'contoso,fabrikam', endpoint: '/users', params: { $top: 100 }, auto_paginate: true };
  let answer = await t.call('graph_query', query);
  expect(answer.meta.notes.join()).toContain('A stored result has no room');
  const ids = idsOf(answer);
  while (answer.meta.cursor !== undefined) {
    answer = await t.call('graph_query', { ...query, cursor: answer.meta.cursor });
    ids.push(...idsOf(answer));
  }
  expect(ids).toHaveLength(120);
  expect(new Set(ids).size).toBe(120);
  expect(answer.meta.complete).toBe(true);
});

test('the cursor works after a restart', async () => {
  const cursor = await cursorOf();
  await t.restart();
  const { response } = await t.call('graph_query', { ...both, cursor });
  expect(response.data.value).toHaveLength(4);
});

describe('a cursor is refused without a request', () => {
  const refused = (answer: Answer) => {
    expect(answer.response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^cursor: /),
    });
    expect(t.seen()).toEqual([]);
  };

  test.each([
    ['in another order', { connection: 'fabrikam,contoso' }],
    ['with one more', { connection: 'contoso,fabrikam,northwind' }],
    ['as one', { connection: 'contoso' }],
    ['as all', { connection: '*' }],
    ['with another query', { params: { $select: 'id,mail', $top: 2 } }],
    ['with another projection', { project: 'value[].id' }],
  ])('%s', async (_, changes) => {
    const cursor = await cursorOf();
    refused(await t.call('graph_query', { ...both, ...changes, cursor }));
  });

  test('of a single connection', async () => {
    const cursor = await cursorOf({ connection: 'contoso', ...onePage });
    refused(await t.call('graph_query', { ...both, cursor }));
  });

  test('of another caller', async () => {
    const cursor = await cursorOf();
    const options = { caller: new Caller({ id: 'somebody else' }), signal: new AbortController().signal };
    const { text } = await runTool(graphQuery, { ...both, cursor }, options, t.runtime);
    refused(JSON.parse(text));
  });

  test('that was changed', async () => {
    const cursor = await cursorOf();
    const other = cursor.startsWith('A') ? 'B' : 'A';
    refused(await t.call('graph_query', { ...both, cursor: `${other}${cursor.slice(1)}` }));
    refused(await t.call('graph_query', { ...both, cursor: `${cursor}A` }));
  });

  test('that is old', async () => {
    const cursor = await cursorOf();
    t.sandbox.advance(3_601);
    refused(await t.call('graph_query', { ...both, cursor }));
  });

  test('whose connection was removed, or replaced by one to another tenant', async () => {
    const make = async (tenantIndex: number) => {
      const { credentials } = t.sandbox.tenants[tenantIndex] ?? t.sandbox.tenants[0] ?? expect.unreachable();
      await t.call('create_connection', { name: 'stored', cloud: 'sandbox' });
      await t.call('complete_connection', {
        connection: 'stored',
        tenant_id: credentials.tenantId,
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
      });
    };
    await make(2);
    const query = { connection: 'contoso,stored', ...onePage };
    const cursor = await cursorOf(query);
    expect(cursor).toBeDefined();
    await t.call('delete_connection', { connection: 'stored' });
    const gone = await t.call('graph_query', { ...query, cursor });
    expect(gone.response.error).toMatchObject({
      code: 'invalid_argument',
      message: 'connection: There is no connection named stored.',
    });
    await make(1);
    t.forget();
    refused(await t.call('graph_query', { ...query, cursor }));
  });
});
