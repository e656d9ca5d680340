import { describe, expect, test } from 'vitest';
import {
  changeRecord,
  createSecretStorage,
  removeRecord,
  sweepOrphans,
} from '../../../src/core/connections/record-changes.ts';
import type { ResolvedSecret } from '../../../src/core/connections/secret-arguments.ts';
import type { ConnectionRecord, SecretInfo } from '../../../src/core/record/connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { testCall } from '../../support/call.ts';
import { namedSecret } from '../storage/named-secrets-contract.ts';
import { testReferences } from './secret-sources.ts';
import { inline, me, withProd } from './service-support.ts';
import { failureOf, handClock, testRecord } from './support.ts';

const at = '2026-01-01T00:00:00.000Z';
const dayMs = 86_400_000;
const signal = new AbortController().signal;

function setUp() {
  const clock = handClock();
  const { records: store, vault, secrets } = createMemoryStorage(clock);
  const storage = createSecretStorage({ store, vault, secrets, references: testReferences(), clock });
  const sweep = () => sweepOrphans({ store, vault, secrets, clock });
  const binding = { connectionId: testRecord().id, field: 'client_secret' };
  /** Puts a secret into the vault, and resolves with what a record says of it. */
  const keep = async (text = 'kept'): Promise<SecretInfo> => ({
    ...infoOf(),
    ref: await vault.put(binding, new Secret(text)),
  });
  const refs = async () => (await vault.list()).map(({ ref }) => ref);
  return { clock, store, vault, secrets, storage, sweep, keep, refs };
}

function infoOf(field: SecretInfo['field'] = 'client_secret'): Omit<SecretInfo, 'ref'> {
  return { field, fingerprint: '01234567', storedAt: at, source: 'inline' };
}

function material(field: SecretInfo['field']): ResolvedSecret {
  return { kind: 'material', secret: new Secret(`of ${field}`), info: infoOf(field) };
}

/** A record that was converted seven days ago and a moment. */
function overdue(kept: SecretInfo, change: Partial<NonNullable<ConnectionRecord['conversion']>> = {}) {
  return testRecord({
    auth_type: 'workload_identity',
    conversion: {
      convertedAt: at,
      revertUntil: at,
      authType: 'azure',
      secrets: [kept],
      federatedCredential: { issuer: 'i', subject: 's', audience: 'a', isOurs: true },
      ...change,
    },
  });
}

const next = (record: ConnectionRecord) => ({
  record: { ...record, revision: record.revision + 1, health: 'healthy' as const },
  dropped: [],
});

describe('a change of a record', () => {
  test('is planned again on the state that a faster one has left', async () => {
    const { store } = setUp();
    const first = testRecord({ owner: 'ada' });
    await store.insert(first);
    await store.replace({ ...first, revision: 2, access: 'read_write' });
    const { record } = await changeRecord(store, first, next, signal);
    expect(record).toMatchObject({ revision: 3, access: 'read_write', health: 'healthy' });
    expect(await store.get('prod', 'ada')).toEqual(record);
  });

  test('is refused when the record was deleted, or deleted and made again', async () => {
    const { store } = setUp();
    expect(await failureOf(changeRecord(store, testRecord(), next, signal))).toMatchObject({ code: 'conflict' });
    const other = testRecord({ id: 'another' });
    await store.insert(other);
    expect(await failureOf(changeRecord(store, testRecord(), next, signal))).toMatchObject({ code: 'conflict' });
    expect(await failureOf(removeRecord(store, testRecord()))).toMatchObject({ code: 'conflict' });
    expect(await store.listAll()).toEqual([other]);
  });

  test('does not take the record of another owner for its own', async () => {
    const { store } = setUp();
    await store.insert(testRecord({ id: 'b', owner: 'bob' }));
    expect(await failureOf(changeRecord(store, testRecord(), next, signal))).toMatchObject({ code: 'conflict' });
  });

  test('ends with its signal while others are faster', async () => {
    const { store } = setUp();
    await store.insert(testRecord());
    let rounds = 0;
    const lost = {
      ...store,
      replace: async () => {
        rounds += 1;
        return false;
      },
    };
    expect(await failureOf(changeRecord(lost, testRecord(), next, AbortSignal.abort()))).toMatchObject({
      code: 'cancelled',
    });
    expect(rounds).toBe(1);
  });

  test('is repeated for a removal as well', async () => {
    const { store } = setUp();
    await store.insert(testRecord());
    let rounds = 0;
    const lost = {
      ...store,
      remove: async () => {
        rounds += 1;
        if (rounds === 3) await store.replace(testRecord({ revision: 2 }));
        return rounds > 5 ? store.remove(testRecord().id, 2) : false;
      },
    };
    expect(await removeRecord(lost, testRecord())).toMatchObject({ revision: 2 });
    expect(rounds).toBe(6);
  });
});

describe('secrets of a change', () => {
  test('are all stored or none', async () => {
    const { storage, vault, refs } = setUp();
    const put = vault.put;
    vault.put = async (binding, secret) => {
      if (binding.field === 'certificate') throw new Error('disk full');
      return put(binding, secret);
    };
    await expect(storage.put('c', [material('client_secret'), material('certificate')])).rejects.toThrow('disk full');
    expect(await refs()).toEqual([]);
    const live: ResolvedSecret = { kind: 'live', info: { ...infoOf('federated_token'), ref: 'env:TOKEN' } };
    const stored = await storage.put('c', [
      material('client_secret'),
      live,
      { kind: 'previous', field: 'client_secret' },
    ]);
    expect(stored.map(({ ref }) => ref)).toEqual([...(await refs()), 'env:TOKEN']);
  });

  test('are destroyed one by one, whatever becomes of the others, and references are left alone', async () => {
    const { storage, vault, keep, refs } = setUp();
    const [first, second, third] = [await keep(), await keep(), await keep()];
    const asked: string[] = [];
    const destroy = vault.destroy;
    vault.destroy = async (ref) => {
      asked.push(ref);
      if (ref === first.ref) throw new Error('locked');
      await destroy(ref);
    };
    await storage.destroy([first, { ...second, ref: 'env:TOKEN' }, second]);
    expect(asked).toEqual([first.ref, second.ref]);
    expect(new Set(await refs())).toEqual(new Set([first.ref, third.ref]));
  });

  test('are stored before the record points to them, and destroyed once it does not any more', async () => {
    const { service, store, vault } = await withProd();
    await service.complete('prod', inline('second-secret'), me, testCall());
    const events: string[] = [];
    const [put, destroy, replace, remove] = [vault.put, vault.destroy, store.replace, store.remove];
    const noted = async <T>(name: string, work: Promise<T>): Promise<T> => {
      const result = await work;
      await new Promise(setImmediate);
      events.push(name);
      return result;
    };
    vault.put = (binding, secret) => noted('put', put(binding, secret));
    vault.destroy = (ref) => noted('destroy', destroy(ref));
    store.replace = (record) => noted('replace', replace(record));
    store.remove = (id, revision) => noted('remove', remove(id, revision));
    await service.complete('prod', inline('third-secret'), me, testCall());
    expect(events.splice(0)).toEqual(['put', 'replace', 'destroy']);
    await service.remove('prod', me, testCall());
    expect(events).toEqual(['remove', 'destroy', 'destroy']);
  });
});

test('a completion that is refused never gets to the vault', async () => {
  const { service, vault } = await withProd();
  vault.put = () => Promise.reject(new Error('It was asked.'));
  const change = { ...inline('second-secret'), tenant_id: '44444444-4444-4444-8444-444444444444' };
  expect(await failureOf(service.complete('prod', change, me, testCall()))).toMatchObject({ code: 'refused' });
});

describe('the sweep', () => {
  test('leaves alone what a record points to, and what is younger than an hour', async () => {
    const { clock, store, sweep, keep, refs } = setUp();
    const [current, previous, kept] = [await keep(), await keep(), await keep()];
    await store.insert({ ...overdue(kept), secrets: [current], previousSecrets: [previous] });
    await store.insert(testRecord({ id: 'b', owner: 'bob', secrets: [await keep()] }));
    await keep('orphan');
    clock.advance(60 * 60_000);
    expect(await sweep()).toBe(0);
    expect(await refs()).toHaveLength(5);
    clock.advance(1);
    expect(await sweep()).toBe(1);
    expect(await refs()).toHaveLength(4);
    expect(await sweep()).toBe(0);
  });

  test('keeps a secret that gets its record while it looks around', async () => {
    const { clock, store, vault, sweep, keep, refs } = setUp();
    const late = await keep();
    clock.advance(2 * 60 * 60_000);
    const list = vault.list;
    vault.list = async () => {
      const listed = await list();
      await store.insert(testRecord({ secrets: [late] }));
      return listed;
    };
    expect(await sweep()).toBe(0);
    vault.list = list;
    expect(await refs()).toEqual([late.ref]);
  });

  test('leaves named secrets alone until their time is over, and then destroys them', async () => {
    const { clock, vault, secrets, storage, keep, refs } = setUp();
    const put = async (name: string, keptUntil?: number) => {
      const { ref } = await keep(name);
      const until = keptUntil === undefined ? {} : { keptUntil: new Date(keptUntil).toISOString() };
      await secrets.put(namedSecret({ name, ref, ...until }));
      return ref;
    };
    const lasting = await put('lasting');
    const kept = await put('kept', clock.now() + 2 * dayMs);
    await storage.sweep();
    clock.advance(dayMs);
    await storage.sweep();
    expect((await refs()).sort()).toEqual([lasting, kept].sort());
    clock.advance(dayMs);
    await storage.sweep();
    expect(await refs()).toEqual([lasting]);
    expect((await secrets.listAll()).map(({ name }) => name)).toEqual(['lasting']);
    expect(await vault.list()).toHaveLength(1);
  });

  test('comes once an hour, and its failures are nobody’s', async () => {
    const { clock, store, vault, storage, keep, refs } = setUp();
    await keep('orphan');
    clock.advance(60 * 60_000 + 1);
    const listAll = store.listAll;
    let failures = 1;
    store.listAll = async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('locked');
      return listAll();
    };
    // Conversions cannot be closed this time, orphans are swept all the same.
    await storage.sweep();
    expect(await refs()).toEqual([]);
    let sweeps = 0;
    vault.list = () => {
      sweeps += 1;
      return Promise.reject(new Error('locked'));
    };
    clock.advance(60 * 60_000 - 1);
    await storage.sweep();
    expect(sweeps).toBe(0);
    clock.advance(1);
    await storage.sweep();
    expect(sweeps).toBe(1);
  });

  test('closes conversions of all owners whose days are over', async () => {
    const { clock, store, storage, keep, refs } = setUp();
    await store.insert({ ...overdue(await keep()), owner: 'ada' });
    await store.insert({ ...overdue(await keep()), id: 'b', owner: 'bob' });
    clock.advance(1);
    await storage.sweep();
    expect((await store.listAll()).map(({ conversion }) => conversion)).toMatchObject([
      { closed: 'expired', secrets: [] },
      { closed: 'expired', secrets: [] },
    ]);
    expect(await refs()).toEqual([]);
  });
});

describe('a conversion whose days are over', () => {
  test('is closed for its reader, and what was kept for it is destroyed', async () => {
    const { store, storage, keep, refs } = setUp();
    const record = overdue(await keep());
    await store.insert(record);
    const closed = await storage.closeOverdue(record);
    expect(closed).toMatchObject({ revision: 2, conversion: { closed: 'expired', secrets: [] } });
    expect(await store.get('prod', 'local')).toEqual(closed);
    expect(await refs()).toEqual([]);
  });

  test('stays open for as long as it was promised', async () => {
    const { clock, store, storage, keep, refs } = setUp();
    const record = overdue(await keep(), { revertUntil: new Date(clock.now() + 7 * dayMs).toISOString() });
    await store.insert(record);
    clock.advance(7 * dayMs - 1);
    expect(await storage.closeOverdue(record)).toBe(record);
    expect(await refs()).toHaveLength(1);
    clock.advance(1);
    expect((await storage.closeOverdue(record)).conversion?.closed).toBe('expired');
    expect(await refs()).toEqual([]);
  });

  test('is shown as it is by now when somebody else was faster', async () => {
    const { store, storage, keep } = setUp();
    const record = overdue(await keep());
    const { conversion: _gone, ...rest } = record;
    const reverted = { ...rest, revision: 2 };
    await store.insert(record);
    await store.replace(reverted);
    expect(await storage.closeOverdue(record)).toEqual(reverted);
    expect(await store.get('prod', 'local')).toEqual(reverted);
  });

  test('has no way back for anybody when the store fails, and keeps its secret for the next reader', async () => {
    const { store, storage, keep, refs } = setUp();
    const record = overdue(await keep());
    await store.insert(record);
    store.replace = () => Promise.reject(new Error('disk full'));
    expect(await storage.closeOverdue(record)).toMatchObject({ revision: 1, conversion: { closed: 'expired' } });
    expect(await store.get('prod', 'local')).toEqual(record);
    expect(await refs()).toHaveLength(1);
  });
});

test('a look at one connection or at all of them closes an overdue conversion', async () => {
  for (const look of ['get', 'list'] as const) {
    const { service, store, vault, record } = await withProd();
    const [kept] = record.secrets;
    if (kept === undefined) throw new Error('There is no secret.');
    const { conversion } = overdue(kept);
    const revision = record.revision + 1;
    await store.replace({ ...record, revision, secrets: [], ...(conversion && { conversion }) });
    const [seen] = look === 'get' ? [await service.get('prod', me)] : await service.list(me);
    expect(seen?.conversion).toMatchObject({ closed: 'expired', secrets: [] });
    expect(await vault.list()).toEqual([]);
  }
});
