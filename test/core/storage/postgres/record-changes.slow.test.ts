import { expect, onTestFinished, test } from 'vitest';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import { createPostgresDatabase } from '../../../../src/core/storage/postgres/postgres-database.ts';
import { createPostgresRecords } from '../../../../src/core/storage/postgres/postgres-records.ts';
import { createPostgresTables } from '../../../../src/core/storage/postgres/postgres-tables.ts';
import { withRecordCache } from '../../../../src/core/storage/postgres/record-changes.ts';
import { recordPlace } from '../../../../src/core/storage/record-rows.ts';
import { openRowSealer } from '../../../../src/core/storage/row-sealer.ts';
import type { RecordStore } from '../../../../src/core/storage/storage.ts';
import { writeLines } from '../../../../src/core/storage/transfer/export-lines.ts';
import { importStore } from '../../../../src/core/storage/transfer/import-store.ts';
import type { CopiedRow } from '../../../../src/core/storage/transfer/store-tables.ts';
import { describePostgres } from '../../../support/postgres-cluster.ts';
import { startStallingProxy } from '../../../support/stalling-proxy.ts';
import { handClock, testRecord } from '../../connections/support.ts';

describePostgres('records that a node has read', (cluster) => {
  /** Two nodes; the first counts how often it asks the table, and reaches the server through a proxy. */
  async function openNodes() {
    const proxy = await startStallingProxy(cluster().server.port);
    onTestFinished(() => proxy.stop());
    const options = cluster().options();
    const { keys } = createMemoryStorage(handClock());
    const clock = handClock();
    const open = (url: string) => {
      const database = createPostgresDatabase({ ...options, url });
      onTestFinished(() => database.close());
      const plain = createPostgresRecords(database, keys);
      const asked: string[] = [];
      const counted: RecordStore = {
        ...plain,
        get(name, owner) {
          asked.push(name);
          return plain.get(name, owner);
        },
        shared(name) {
          asked.push(`shared ${name}`);
          return plain.shared(name);
        },
      };
      return { asked, database, records: withRecordCache(counted, database, clock) };
    };
    const one = open(options.url.replace(`:${cluster().server.port}/`, `:${proxy.port}/`));
    const other = open(options.url);
    await other.records.insert(testRecord());
    return { one, other, proxy, clock, keys };
  }

  /** Reads until the node answers without asking the table: then it hears of changes. */
  async function warm({ asked, records }: Awaited<ReturnType<typeof openNodes>>['one']) {
    await expect
      .poll(async () => {
        const before = asked.length;
        await records.get('prod', 'local');
        return asked.length - before;
      })
      .toBe(0);
  }

  test('are not read again, until another node changes or removes them', async () => {
    const { one, other } = await openNodes();
    await warm(one);
    const first = await one.records.get('prod', 'local');
    expect(first).toEqual(testRecord());
    await other.records.replace(testRecord({ revision: 2 }));
    await expect.poll(async () => (await one.records.get('prod', 'local'))?.revision).toBe(2);
    expect(await other.records.remove(testRecord().id, 2)).toBe(true);
    await expect.poll(() => one.records.get('prod', 'local')).toBeUndefined();
  });

  const grants = [{ everyone: true, access: 'read' }] as const;

  /** Asks until the node answers about the name without asking the table. */
  async function warmShared({ asked, records }: Awaited<ReturnType<typeof openNodes>>['one'], name: string) {
    await expect
      .poll(async () => {
        const before = asked.length;
        await records.shared(name);
        return asked.length - before;
      })
      .toBe(0);
  }

  test('tell at once what another node shares, changes and takes back', async () => {
    const { one, other } = await openNodes();
    const revisionsOf = async () => (await one.records.shared('prod')).map(({ revision }) => revision);
    await warm(one);
    await warmShared(one, 'prod');
    expect(await revisionsOf()).toEqual([]);
    await other.records.replace(testRecord({ revision: 2, shared_with: grants }));
    await expect.poll(revisionsOf).toEqual([2]);
    await warmShared(one, 'prod');
    await other.records.insert(testRecord({ id: 'b', owner: 'bob', shared_with: grants }));
    await expect.poll(revisionsOf).toEqual([1, 2]);
    await warmShared(one, 'prod');
    await other.records.replace(testRecord({ revision: 3 }));
    await expect.poll(revisionsOf).toEqual([1]);
    await warmShared(one, 'prod');
    await other.records.remove('b', 1);
    await expect.poll(revisionsOf).toEqual([]);
  });

  test('keep a name that nobody has until another node gives it to somebody', async () => {
    const { one, other } = await openNodes();
    await warm(one);
    const asked = async () => {
      const before = one.asked.length;
      await one.records.get('lab', 'local');
      return one.asked.length - before;
    };
    await expect.poll(asked).toBe(0);
    await other.records.insert(testRecord({ id: 'b', name: 'lab' }));
    await expect.poll(async () => (await one.records.get('lab', 'local'))?.id).toBe('b');
  });

  test('are pushed out by no number of names that nobody has', async () => {
    const { one } = await openNodes();
    await warm(one);
    for (let nth = 0; nth < 5_100; nth += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, more) => one.records.get(`none-${nth + more}`, 'local')));
    }
    const before = one.asked.length;
    await one.records.get('prod', 'local');
    expect(one.asked.length).toBe(before);
  });

  test('are read again after an import', async () => {
    const { one, other, keys } = await openNodes();
    await warm(one);
    const later = testRecord({ revision: 2 });
    const sealed = (await openRowSealer(keys)).seal(recordPlace(later), JSON.stringify(later));
    async function* rows(): AsyncGenerator<CopiedRow> {
      yield { table: 'connections', cells: [later.id, later.owner, later.name, later.revision, sealed] };
    }
    async function* lines(): AsyncGenerator<string> {
      for await (const line of writeLines(rows(), keys)) yield line.trimEnd();
    }
    const tables = createPostgresTables(other.database);
    const { signal } = new AbortController();
    const counts = await importStore({ tables, keys, signal, lines: lines(), replace: false });
    expect(counts).toEqual({ added: 0, replaced: 1, kept: 0 });
    await expect.poll(async () => (await one.records.get('prod', 'local'))?.revision).toBe(2);
  });

  test('are copies: what a caller does to one changes no other', async () => {
    const { one } = await openNodes();
    await warm(one);
    const [a, b] = [await one.records.get('prod', 'local'), await one.records.get('prod', 'local')];
    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });

  test('are given to no other owner', async () => {
    const { one } = await openNodes();
    await warm(one);
    expect(await one.records.get('prod', 'somebody')).toBeUndefined();
  });

  test('show an own change at once', async () => {
    const { one } = await openNodes();
    await warm(one);
    expect(await one.records.replace(testRecord({ revision: 2 }))).toBe(true);
    expect((await one.records.get('prod', 'local'))?.revision).toBe(2);
  });

  test('are read again after a minute, and when nothing is heard any more', async () => {
    const { one, other, proxy, clock } = await openNodes();
    await warm(one);
    clock.advance(61_000);
    const before = one.asked.length;
    await one.records.get('prod', 'local');
    expect(one.asked.length).toBe(before + 1);

    // The connection breaks, and what happens meanwhile is told to nobody.
    proxy.cut();
    await other.records.replace(testRecord({ revision: 2 }));
    await expect.poll(async () => (await one.records.get('prod', 'local'))?.revision).toBe(2);
    clock.advance(6_000);
    await warm(one);
    await other.records.replace(testRecord({ revision: 3 }));
    await expect.poll(async () => (await one.records.get('prod', 'local'))?.revision).toBe(3);
  });

  test('are used no longer while the server is away', async () => {
    const { one } = await openNodes();
    await warm(one);
    await cluster().server.down();
    try {
      await expect
        .poll(() =>
          one.records.get('prod', 'local').then(
            () => 'read',
            (error: { code?: string }) => error.code,
          ),
        )
        .toBe('upstream_unavailable');
    } finally {
      await cluster().server.up();
    }
    await expect.poll(() => one.records.get('prod', 'local')).toEqual(testRecord());
  });
});
