import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createReceipts } from '../../../../src/core/receipts/receipts.ts';
import { createFingerprints } from '../../../../src/core/secrets/fingerprints.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import type { Approval, Storage } from '../../../../src/core/storage/storage.ts';
import { rotateKey } from '../../../../src/core/storage/transfer/rotate-key.ts';
import { failureOf, handClock, temporaryFolder, testRecord } from '../../connections/support.ts';

const clock = handClock();
const { signal } = new AbortController();
const binding = { connectionId: 'id-1', field: 'client_secret' };

function open(home: string): Storage {
  const storage = openLocalStorage({ home, vault: 'file', clock });
  onTestFinished(() => storage.close());
  return storage;
}

function newHome(): string {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home, { mode: 0o700 });
  return home;
}

function rotate({ tables, masterKey: keys }: Storage, change: Partial<Parameters<typeof rotateKey>[0]> = {}) {
  if (tables === undefined || keys === undefined) throw new Error('This storage has both.');
  return rotateKey({ tables, keys, signal, settleMs: 0, ...change });
}

const approval: Approval = {
  code: 'ABCD',
  owner: 'local',
  digest: 'd',
  tool: 'graph_write',
  summary: 's',
  details: [],
  state: 'waiting',
  createdAt: clock.now(),
  expiresAt: clock.now() + 600_000,
};

const testReceipt = {
  owner: 'local',
  connection: { id: 'id-1', name: 'prod', cloud: 'public' },
  tool: 'graph_write',
  undoTool: 'graph_write' as const,
  at: clock.now(),
  steps: [],
  parts: [],
};

const receiptsOf = ({ receipts: store, state, keys }: Storage) =>
  createReceipts({
    store,
    state,
    key: () => keys.derive('receipt'),
    openKeys: () => keys.deriveEach('receipt'),
    clock,
  });

const fingerprintOf = ({ keys }: Storage) =>
  createFingerprints({ key: () => keys.derive('fingerprint'), isAtHand: keys.isAtHand }).of(
    new Secret('hunter2-hunter2'),
  );

async function fill(storage: Storage) {
  const ref = await storage.vault.put(binding, new Secret('hunter2-hunter2'));
  await storage.records.insert(testRecord({ id: 'id-1' }));
  await storage.approvals.insert(approval, 10);
  const receipt = await receiptsOf(storage).keep(testReceipt);
  return { ref, receiptId: receipt.id, fingerprint: await fingerprintOf(storage) };
}

async function expectAll(storage: Storage, { ref, receiptId, fingerprint }: Awaited<ReturnType<typeof fill>>) {
  expect((await storage.vault.get(binding, ref)).reveal()).toBe('hunter2-hunter2');
  expect(await storage.records.get('prod', 'local')).toEqual(testRecord({ id: 'id-1' }));
  expect(await storage.approvals.list('local')).toEqual([approval]);
  expect(await receiptsOf(storage).find(receiptId, 'local')).toMatchObject({ id: receiptId });
  expect(await fingerprintOf(storage)).toBe(fingerprint);
}

const keyFile = (home: string) => readFileSync(join(home, 'master.key'), 'utf8').trim().split('\n');

describe('a rotation of the master key of a home', () => {
  test('leaves one other key, and everything opens with it: secrets, records, approvals, receipts, fingerprints', async () => {
    const home = newHome();
    const storage = open(home);
    const things = await fill(storage);
    const [before] = keyFile(home);
    expect(await rotate(storage)).toEqual({ resealed: 4, unreadable: 0, isForgotten: true });
    const after = keyFile(home);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual([before]);
    await expectAll(open(home), things);
    // Also the process that rotated, and once more.
    await expectAll(storage, things);
    expect(await rotate(open(home))).toMatchObject({ resealed: 4 });
    await expectAll(open(home), things);
  });

  test('is noticed by a process that runs: it reads on, and writes under the new key', async () => {
    const home = newHome();
    const [running, other] = [open(home), open(home)];
    const things = await fill(running);
    await rotate(other);
    await running.records.insert(testRecord({ id: 'id-2', name: 'dev' }));
    const ref = await running.vault.put({ ...binding, connectionId: 'id-2' }, new Secret('later-later'));
    await expectAll(running, things);
    const fresh = open(home);
    expect(await fresh.records.get('dev', 'local')).toMatchObject({ id: 'id-2' });
    expect((await fresh.vault.get({ ...binding, connectionId: 'id-2' }, ref)).reveal()).toBe('later-later');
  });

  test('a process that only reads notices as well', async () => {
    const home = newHome();
    const running = open(home);
    const things = await fill(running);
    await rotate(open(home));
    await expectAll(running, things);
  });

  test('interrupted after any step, everything opens, and the same command ends it with the same new key', async () => {
    // Before the key is made, before and after the change over, among the rows, before and after the end.
    for (const step of [0, 1, 2, 4, 9, 14, 15, 16]) {
      const home = newHome();
      const things = await fill(open(home));
      const stopping = new AbortController();
      let steps = 0;
      const storage = open(home);
      const stopAt = <T>(work: () => Promise<T>): Promise<T> => {
        if (steps++ >= step) throw new Error('killed');
        return work();
      };
      const { tables } = storage;
      if (tables === undefined) throw new Error('There are tables.');
      const outcome = await rotate(storage, {
        signal: stopping.signal,
        tables: { ...tables, change: (work) => stopAt(() => tables.change(work)) },
      }).then(
        () => 'done',
        (error: Error) => error.message,
      );
      expect(['done', 'killed']).toContain(outcome);
      await expectAll(open(home), things);
      if (outcome === 'done') return;
      const [newest] = keyFile(home);
      const isBegun = keyFile(home).length === 2;
      await rotate(open(home));
      if (isBegun) expect(keyFile(home)).toEqual([newest]);
      await expectAll(open(home), things);
    }
    throw new Error('The last of these steps is the end.');
  });

  test('without the earlier key in the middle of it, nothing is called damaged or removed', async () => {
    const home = newHome();
    await fill(open(home));
    const storage = open(home);
    const stopping = new AbortController();
    const { tables } = storage;
    if (tables === undefined) throw new Error('There are tables.');
    let changes = 0;
    const change: typeof tables.change = (work) => {
      changes += 1;
      // Makes the key, and changes over.
      if (changes > 2) stopping.abort();
      return tables.change(work);
    };
    expect(await failureOf(rotate(storage, { signal: stopping.signal, tables: { ...tables, change } }))).toMatchObject({
      code: 'cancelled',
    });
    const [newest = ''] = keyFile(home);
    const both = readFileSync(join(home, 'master.key'), 'utf8');
    writeFileSync(join(home, 'master.key'), `${newest}\n`);
    const without = open(home);
    for (const work of [
      without.records.get('prod', 'local'),
      without.records.damaged('local'),
      without.records.removeDamaged('prod', 'local'),
    ]) {
      expect(await failureOf(work)).toMatchObject({ message: expect.stringContaining('is being rotated') });
    }
    writeFileSync(join(home, 'master.key'), both);
    expect(await open(home).records.get('prod', 'local')).toEqual(testRecord({ id: 'id-1' }));
  });

  test('an empty store has nothing to rotate', async () => {
    expect(await failureOf(rotate(open(newHome())))).toMatchObject({ code: 'not_found' });
  });
});
