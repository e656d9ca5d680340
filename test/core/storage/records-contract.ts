import { describe, expect, onTestFinished, test } from 'vitest';
import type { RecordStore, Storage } from '../../../src/core/storage/storage.ts';
import { failureOf, fullRecord, testRecord, withUnknownFields } from '../connections/support.ts';

/**
 * What the records of every storage do. `openStorage` gives a new, empty one. Another implementation calls this in a test
 * of its own folder.
 */
export function recordsContract(name: string, openStorage: () => Storage): void {
  const open = (): RecordStore => {
    const storage = openStorage();
    onTestFinished(() => storage.close());
    return storage.records;
  };

  describe(`${name} as a store of records`, () => {
    test('gives back what was inserted, and lists by name', async () => {
      const store = open();
      const second = testRecord({ id: 'b', name: 'beta', settings: { retry: { max_attempts: 6 } } });
      await store.insert(second);
      await store.insert(testRecord({ id: 'a', name: 'alpha' }));
      expect(await store.get('beta', 'local')).toEqual(second);
      expect((await store.list('local')).map((record) => record.name)).toEqual(['alpha', 'beta']);
    });

    test('knows nothing at first', async () => {
      const store = open();
      expect(await store.list('local')).toEqual([]);
      expect(await store.get('prod', 'local')).toBeUndefined();
    });

    test('says where the records of an owner stand: it changes with each of them, and with a new one of the name', async () => {
      const store = open();
      expect(await store.revisions('local')).toEqual(new Map());
      await store.insert(testRecord({ id: 'a', name: 'alpha' }));
      await store.insert(testRecord({ id: 'b', name: 'beta' }));
      await store.insert(testRecord({ id: 'c', name: 'gamma', owner: 'another' }));
      const before = await store.revisions('local');
      expect([...before.keys()].sort()).toEqual(['alpha', 'beta']);
      expect(await store.revisions('local')).toEqual(before);
      await store.replace(testRecord({ id: 'a', name: 'alpha', revision: 2, health: 'healthy' }));
      const after = await store.revisions('local');
      expect(after.get('alpha')).not.toBe(before.get('alpha'));
      expect(after.get('beta')).toBe(before.get('beta'));
      await store.remove('b', 1);
      expect([...(await store.revisions('local')).keys()]).toEqual(['alpha']);
      await store.insert(testRecord({ id: 'd', name: 'beta' }));
      expect((await store.revisions('local')).get('beta')).not.toBe(before.get('beta'));
    });

    test('refuses a second record of a name', async () => {
      const store = open();
      await store.insert(testRecord({ id: 'a' }));
      expect(await failureOf(store.insert(testRecord({ id: 'b' })))).toMatchObject({ code: 'conflict' });
      expect((await store.get('prod', 'local'))?.id).toBe('a');
    });

    test('replaces only the revision that the writer saw', async () => {
      const store = open();
      await store.insert(testRecord());
      expect(await store.replace(testRecord({ revision: 2, health: 'healthy' }))).toBe(true);
      expect(await store.replace(testRecord({ revision: 2, health: 'failing' }))).toBe(false);
      expect(await store.replace(testRecord({ revision: 4, health: 'failing' }))).toBe(false);
      expect(await store.get('prod', 'local')).toEqual(testRecord({ revision: 2, health: 'healthy' }));
    });

    test('does not replace a record that was deleted or made again', async () => {
      const store = open();
      expect(await store.replace(testRecord({ revision: 2 }))).toBe(false);
      await store.insert(testRecord({ id: 'new' }));
      expect(await store.replace(testRecord({ id: 'old', revision: 2 }))).toBe(false);
      expect((await store.get('prod', 'local'))?.revision).toBe(1);
    });

    test('removes only the revision that the caller saw', async () => {
      const store = open();
      await store.insert(testRecord({ id: 'a' }));
      expect(await store.remove('a', 2)).toBe(false);
      expect(await store.remove('b', 1)).toBe(false);
      expect(await store.remove('a', 1)).toBe(true);
      expect(await store.remove('a', 1)).toBe(false);
      expect(await store.list('local')).toEqual([]);
    });

    test('keeps its own copy', async () => {
      const store = open();
      const scopes: 'directory'[] = ['directory'];
      await store.insert(testRecord({ scopes }));
      scopes.pop();
      expect((await store.get('prod', 'local'))?.scopes).toEqual(['directory']);
    });

    test('keeps the names of owners apart', async () => {
      const store = open();
      const mine = testRecord({ id: 'a', owner: 'ada' });
      const other = testRecord({ id: 'b', owner: 'bob' });
      await store.insert(mine);
      await store.insert(other);
      await store.insert(testRecord({ id: 'c', owner: 'ada', name: 'lab' }));
      expect(await store.get('prod', 'ada')).toEqual(mine);
      expect(await store.get('prod', 'bob')).toEqual(other);
      expect(await store.get('lab', 'bob')).toBeUndefined();
      expect((await store.list('ada')).map(({ id }) => id)).toEqual(['c', 'a']);
      expect((await store.list('bob')).map(({ id }) => id)).toEqual(['b']);
      expect((await store.listAll()).map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
    });

    test('finds what is shared with somebody, of whatever owner, by name and owner', async () => {
      const store = open();
      const shared_with = [{ everyone: true, access: 'read' }] as const;
      expect(await store.shared()).toEqual([]);
      expect(await store.sharedPlaces()).toEqual([]);
      const lab = testRecord({ id: 'a', owner: 'bob', name: 'lab', shared_with });
      const prod = testRecord({ id: 'b', owner: 'bob', shared_with });
      const other = testRecord({ id: 'c', owner: 'ada', shared_with });
      for (const record of [prod, lab, other]) await store.insert(record);
      await store.insert(testRecord({ id: 'd', owner: 'carl' }));
      await store.insert(testRecord({ id: 'e', owner: 'carl', name: 'none', shared_with: [] }));
      // What other fields say about sharing shares nothing.
      const checks = [{ check: 'token', status: 'pass', detail: '"shared_with":[{"everyone":true}]' }] as const;
      await store.insert(testRecord({ id: 'f', owner: 'carl', name: 'talk', checks }));
      expect(await store.shared()).toEqual([lab, other, prod]);
      expect(await store.shared('prod')).toEqual([other, prod]);
      expect(await store.shared('none')).toEqual([]);
      expect((await store.sharedPlaces()).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: 'a', owner: 'bob', name: 'lab', revision: 1 },
        { id: 'b', owner: 'bob', name: 'prod', revision: 1 },
        { id: 'c', owner: 'ada', name: 'prod', revision: 1 },
      ]);
    });

    test('what is shared changes with each record: given, taken back, removed', async () => {
      const store = open();
      await store.insert(testRecord());
      expect(await store.shared('prod')).toEqual([]);
      const shared = testRecord({ revision: 2, shared_with: [{ everyone: true, access: 'read' }] });
      await store.replace(shared);
      expect(await store.shared('prod')).toEqual([shared]);
      expect(await store.sharedPlaces()).toMatchObject([{ name: 'prod', revision: 2 }]);
      await store.replace(testRecord({ revision: 3 }));
      expect(await store.shared('prod')).toEqual([]);
      expect(await store.sharedPlaces()).toEqual([]);
      await store.replace(testRecord({ ...shared, revision: 4 }));
      await store.remove(shared.id, 4);
      expect(await store.shared()).toEqual([]);
    });

    test('names everybody who has records', async () => {
      const store = open();
      expect(await store.owners()).toEqual([]);
      await store.insert(testRecord({ id: 'a', owner: 'bob' }));
      await store.insert(testRecord({ id: 'b', owner: 'bob', name: 'lab' }));
      await store.insert(testRecord({ id: 'c', owner: 'ada' }));
      expect(await store.owners()).toEqual(['ada', 'bob']);
    });

    test('refuses a second record of an id', async () => {
      const store = open();
      await store.insert(testRecord({ id: 'a' }));
      expect(await failureOf(store.insert(testRecord({ id: 'a', name: 'other' })))).toMatchObject({ code: 'conflict' });
      expect((await store.listAll()).map(({ name }) => name)).toEqual(['prod']);
    });

    test('a new record begins with revision 1', async () => {
      const store = open();
      await expect(store.insert(testRecord({ revision: 2 }))).rejects.toThrow('revision 1');
      expect(await store.listAll()).toEqual([]);
    });

    test('replaces and removes nothing of another owner or name', async () => {
      const store = open();
      await store.insert(testRecord({ owner: 'ada' }));
      expect(await store.replace(testRecord({ owner: 'bob', revision: 2 }))).toBe(false);
      expect(await store.replace(testRecord({ owner: 'ada', name: 'other', revision: 2 }))).toBe(false);
      expect(await store.listAll()).toEqual([testRecord({ owner: 'ada' })]);
    });

    test('of many that insert or replace at once, one succeeds', async () => {
      const store = open();
      const inserts = await Promise.allSettled(['a', 'b', 'c', 'd'].map((id) => store.insert(testRecord({ id }))));
      expect(inserts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [record] = await store.list('local');
      const next = { ...testRecord(record), revision: 2 };
      const replaced = await Promise.all([store.replace(next), store.replace(next), store.replace(next)]);
      expect(replaced.filter(Boolean)).toHaveLength(1);
    });

    test('gives back every field of a record', async () => {
      const store = open();
      await store.insert(fullRecord);
      expect(await store.get(fullRecord.name, fullRecord.owner)).toEqual(fullRecord);
      expect(await store.listAll()).toEqual([fullRecord]);
    });

    test('what a newer version wrote survives a read and a write, at every depth', async () => {
      const store = open();
      const newer = withUnknownFields(fullRecord);
      await store.insert(newer);
      const read = await store.get(newer.name, newer.owner);
      expect(read).toEqual(newer);
      expect(await store.replace({ ...testRecord(read), revision: 2 })).toBe(true);
      expect(await store.get(newer.name, newer.owner)).toEqual({ ...newer, revision: 2 });
    });
  });
}
