import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryResults } from '../../../../src/core/storage/memory-results.ts';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import { openPostgresStorage } from '../../../../src/core/storage/postgres/open-postgres-storage.ts';
import { createPostgresDatabase } from '../../../../src/core/storage/postgres/postgres-database.ts';
import type { PostgresOptions } from '../../../../src/core/storage/postgres/postgres-pool.ts';
import { defaultResultLimits } from '../../../../src/core/storage/result-store.ts';
import type { Keys, Storage } from '../../../../src/core/storage/storage.ts';
import { describePostgres } from '../../../support/postgres-cluster.ts';
import { startStallingProxy } from '../../../support/stalling-proxy.ts';
import { failureOf, handClock, testRecord } from '../../connections/support.ts';

const clock = handClock();
const newKeys = () => createMemoryStorage(clock).keys;

describePostgres('nodes that share a PostgreSQL', (cluster) => {
  function open(options: PostgresOptions, keys: Keys): Storage {
    const results = createMemoryResults(clock, defaultResultLimits);
    const storage = openPostgresStorage({ ...options, keys: () => keys, results, clock });
    onTestFinished(() => storage.close());
    return storage;
  }

  function openNodes(count: number) {
    const options = cluster().options();
    const keys = newKeys();
    const nodes = Array.from({ length: count }, () => open(options, keys).records);
    return { options, keys, nodes };
  }

  const nodeAt = <T>(nodes: readonly T[], index: number): T => {
    const node = nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  };

  test('see what another one has written, and of many that change a record at once one succeeds', async () => {
    const { nodes } = openNodes(5);
    await nodeAt(nodes, 0).insert(testRecord());
    expect(await Promise.all(nodes.map((node) => node.get('prod', 'local')))).toEqual(nodes.map(() => testRecord()));
    const outcomes = await Promise.all(
      nodes.map((node, index) =>
        node.replace(testRecord({ revision: 2, updatedAt: `2026-01-0${index + 1}T00:00:00.000Z` })),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    const winner = outcomes.indexOf(true);
    expect((await nodeAt(nodes, 4).get('prod', 'local'))?.updatedAt).toBe(`2026-01-0${winner + 1}T00:00:00.000Z`);
  });

  test('that read while another one writes call no record set back', async () => {
    const { nodes } = openNodes(2);
    const [writer, reader] = [nodeAt(nodes, 0), nodeAt(nodes, 1)];
    await writer.insert(testRecord());
    const writing = (async () => {
      for (let revision = 2; revision <= 40; revision++) await reader.replace(testRecord({ revision }));
    })();
    const seen: number[] = [];
    while ((seen.at(-1) ?? 0) < 40) {
      const found = await Promise.all(Array.from({ length: 4 }, () => reader.get('prod', 'local')));
      seen.push(Math.max(...found.map((record) => record?.revision ?? 0)));
      // What was read before is answered at once: the writes get their turn.
      await setImmediate();
    }
    await writing;
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  test('make the tables once, however many begin together', async () => {
    const options = cluster().options();
    const nodes = Array.from({ length: 6 }, () => createPostgresDatabase(options));
    onTestFinished(async () => {
      for (const node of nodes) await node.close();
    });
    const answers = await Promise.all(nodes.map((node) => node.read(`SELECT value FROM "${node.schema}".meta`)));
    expect(answers.map(({ rows }) => rows)).toEqual(nodes.map(() => [{ value: '2' }]));
  });

  test('with another master key read and change nothing', async () => {
    const { options, nodes } = openNodes(1);
    await nodeAt(nodes, 0).insert(testRecord());
    const other = open(options, newKeys());
    for (const work of [
      () => other.records.get('prod', 'local'),
      () => other.records.list('local'),
      () => other.records.insert(testRecord({ id: 'b', name: 'other' })),
      () => other.records.replace(testRecord({ revision: 2 })),
    ]) {
      expect(await failureOf(work())).toMatchObject({
        code: 'configuration',
        message: expect.stringContaining('master key'),
      });
    }
    expect(await nodeAt(nodes, 0).listAll()).toEqual([testRecord()]);
  });

  test('use no record that something else has changed, swapped or set back', async () => {
    const { options, nodes } = openNodes(1);
    const node = nodeAt(nodes, 0);
    const table = `"${options.schema}".connections`;
    await node.insert(testRecord());
    await node.insert(testRecord({ id: 'b', name: 'other' }));
    await cluster().run(`UPDATE ${table} SET record = replace(record, 'local', 'LOCAL') WHERE name = 'other'`);
    expect(await failureOf(node.get('other', 'local'))).toMatchObject({ code: 'configuration' });
    expect((await node.list('local')).map(({ name }) => name)).toEqual(['prod']);
    expect((await node.damaged('local')).map(({ name }) => name)).toEqual(['other']);
    expect(await failureOf(node.listAll())).toMatchObject({ code: 'configuration' });
    expect(await node.removeDamaged('prod', 'local')).toBe(false);
    expect(await node.removeDamaged('other', 'local')).toBe(true);

    await cluster().run(`CREATE TABLE "${options.schema}".copy AS SELECT * FROM ${table}`);
    await node.replace(testRecord({ revision: 2 }));
    await cluster().run(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM "${options.schema}".copy`);
    expect(await failureOf(node.get('prod', 'local'))).toMatchObject({
      message: expect.stringContaining('set back to an earlier state'),
      hint: expect.stringContaining('the database'),
    });
  });

  test('refuse tables of a newer version', async () => {
    const { options, nodes, keys } = openNodes(1);
    await nodeAt(nodes, 0).insert(testRecord());
    await cluster().run(`UPDATE "${options.schema}".meta SET value = '99' WHERE name = 'version'`);
    expect(await failureOf(open(options, keys).records.list('local'))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('newer version'),
    });
  });

  test.each<[string, (options: PostgresOptions) => PostgresOptions, string]>([
    ['a wrong password', (options) => ({ ...options, url: options.url.replace(':x@', ':wrong-one@') }), 'sign-in'],
    ['no such database', (options) => ({ ...options, url: options.url.replace(/[^/]+$/, 'nowhere') }), 'not exist'],
    ['an authority of others', ({ ca: _ca, ...options }) => options, 'not trusted'],
    [
      'sslmode in the address',
      ({ ca: _ca, ...options }) => ({ ...options, url: `${options.url}?sslmode=no-verify` }),
      'not trusted',
    ],
  ])('explain %s, without the password', async (_, change, words) => {
    const database = createPostgresDatabase(change(cluster().options()));
    onTestFinished(() => database.close());
    const failure = await failureOf(database.read('SELECT 1'));
    expect(failure).toMatchObject({ code: 'configuration', message: expect.stringContaining(words) });
    expect(`${failure?.message} ${failure?.hint}`).not.toContain('wrong-one');
  });

  test('go on after the server was restarted, and say so while it is away', async () => {
    const { nodes } = openNodes(1);
    const node = nodeAt(nodes, 0);
    await node.insert(testRecord());
    await cluster().server.down();
    expect(await failureOf(node.get('prod', 'local'))).toMatchObject({
      code: 'upstream_unavailable',
      retryable: true,
    });
    expect(await failureOf(node.replace(testRecord({ revision: 2 })))).toMatchObject({ retryable: true });
    await cluster().server.up();
    expect(await node.get('prod', 'local')).toEqual(testRecord());
    expect(await node.replace(testRecord({ revision: 2 }))).toBe(true);
  });

  test('answer in time where the server hangs, and go on afterwards', async () => {
    const proxy = await startStallingProxy(cluster().server.port);
    onTestFinished(() => proxy.stop());
    const { url, ...options } = cluster().options({ patienceMs: 1_000 });
    const throughProxy = { ...options, url: url.replace(`:${cluster().server.port}/`, `:${proxy.port}/`) };
    const { records, audit } = open(throughProxy, newKeys());
    await records.insert(testRecord());
    proxy.stall();
    const failures = await Promise.all(Array.from({ length: 8 }, () => failureOf(records.get('prod', 'local'))));
    expect(failures.map((failure) => failure?.code)).toEqual(failures.map(() => 'upstream_unavailable'));
    proxy.resume();
    proxy.cut();
    expect(await records.get('prod', 'local')).toEqual(testRecord());
    expect((await audit?.read())?.entries).toEqual([]);
  });

  test('know what became of a change whose answer was lost', async () => {
    const proxy = await startStallingProxy(cluster().server.port);
    onTestFinished(() => proxy.stop());
    const { url, ...options } = cluster().options();
    const throughProxy = { ...options, url: url.replace(`:${cluster().server.port}/`, `:${proxy.port}/`) };
    const { records } = open(throughProxy, newKeys());
    await records.insert(testRecord());
    // The statement waits for a lock while its connection is cut.
    const { schema } = options;
    const holder = createPostgresDatabase({ ...options, url });
    onTestFinished(() => holder.close());
    const waits = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE "${schema}"%'`;
    let replaced: Promise<unknown> = Promise.resolve();
    await holder.transaction(async (run) => {
      await run(`SELECT 1 FROM "${schema}".connections FOR UPDATE`);
      replaced = records.replace(testRecord({ revision: 2 })).catch((error: unknown) => error);
      while ((await holder.read(waits)).rows.length === 0);
      proxy.cut();
    });
    const outcome = await replaced;
    const stored = (await records.get('prod', 'local'))?.revision;
    expect(outcome === true ? 2 : 1).toBeLessThanOrEqual(stored ?? 0);
    expect(outcome === true || (outcome as { code?: string }).code === 'outcome_unknown').toBe(true);
  });

  test('change nothing where the database is read-only, and read on', async () => {
    const { nodes, keys, options } = openNodes(1);
    await nodeAt(nodes, 0).insert(testRecord());
    await cluster().run('ALTER ROLE tenantry_test SET default_transaction_read_only = on');
    onTestFinished(() => cluster().run('ALTER ROLE tenantry_test RESET default_transaction_read_only'));
    const node = open(options, keys).records;
    expect(await node.get('prod', 'local')).toEqual(testRecord());
    expect(await failureOf(node.replace(testRecord({ revision: 2 })))).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('read-only'),
    });
  });

  test('say that the server, or the own pool, is full', async () => {
    const { nodes, keys, options } = openNodes(1);
    await nodeAt(nodes, 0).insert(testRecord());
    await cluster().run('ALTER ROLE tenantry_test CONNECTION LIMIT 0');
    onTestFinished(() => cluster().run('ALTER ROLE tenantry_test CONNECTION LIMIT -1'));
    expect(await failureOf(open(options, keys).records.list('local'))).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('no more connections'),
    });
    await cluster().run('ALTER ROLE tenantry_test CONNECTION LIMIT -1');
    const small = createPostgresDatabase({ ...options, mostConnections: 1, patienceMs: 500 });
    onTestFinished(() => small.close());
    await small.longTransaction(async () => {
      expect(await failureOf(small.read('SELECT 1'))).toMatchObject({ code: 'upstream_unavailable' });
    });
    expect((await small.read('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
