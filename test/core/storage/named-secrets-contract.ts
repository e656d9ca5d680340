import { describe, expect, onTestFinished, test } from 'vitest';
import type { NamedSecret, NamedSecretStore, Storage } from '../../../src/core/storage/storage.ts';

export function namedSecret(overrides: Partial<NamedSecret> = {}): NamedSecret {
  return {
    name: 'prod-app',
    owner: 'local',
    ref: 'ref-1',
    fingerprint: '01234567',
    source: 'person',
    use: ['sign_in', 'export'],
    to: [{ holder: 'contoso/shop' }, { holder: '/subscriptions/x', target: 'https://x.example' }],
    cloud: 'public',
    storedAt: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}

const kept = namedSecret({
  name: 'app-3f2a-secretText',
  ref: 'ref-2',
  source: 'kept',
  to: [],
  origin: { connectionId: 'c1', resource: '/applications/1', member: 'secretText', tenantId: 't', appId: 'a' },
  expiresAt: '2027-01-01T00:00:00.000Z',
  keptUntil: '2026-01-31T00:00:00.000Z',
});

/**
 * What the named secrets of every storage do. `openStorage` gives a new, empty one. Another implementation calls this in
 * a test of its own folder.
 */
export function namedSecretsContract(name: string, openStorage: () => Storage): void {
  const open = (): NamedSecretStore => {
    const storage = openStorage();
    onTestFinished(() => storage.close());
    return storage.secrets;
  };

  describe(`${name} as store of named secrets`, () => {
    test('gives back what was put, every field of it, by name', async () => {
      const store = open();
      expect(await store.list('local')).toEqual([]);
      expect(await store.get('prod-app', 'local')).toBeUndefined();
      expect(await store.put(namedSecret())).toBeUndefined();
      expect(await store.put(kept)).toBeUndefined();
      expect(await store.list('local')).toEqual([kept, namedSecret()]);
      expect(await store.get(kept.name, 'local')).toEqual(kept);
    });

    test('resolves with what was replaced and with what was removed', async () => {
      const store = open();
      await store.put(namedSecret());
      expect(await store.put(namedSecret({ ref: 'ref-9' }))).toEqual(namedSecret());
      expect(await store.remove('prod-app', 'local')).toEqual(namedSecret({ ref: 'ref-9' }));
      expect(await store.remove('prod-app', 'local')).toBeUndefined();
    });

    test('keeps owners apart', async () => {
      const store = open();
      const other = namedSecret({ owner: 'ada', ref: 'ref-3' });
      await store.put(namedSecret());
      await store.put(other);
      expect(await store.list('local')).toEqual([namedSecret()]);
      expect(await store.get('prod-app', 'ada')).toEqual(other);
      expect(await store.remove('prod-app', 'nobody')).toBeUndefined();
      expect(await store.listAll()).toHaveLength(2);
    });

    test('inserts only where the name is free', async () => {
      const store = open();
      const answers = await Promise.all([1, 2, 3].map((one) => store.insert(namedSecret({ ref: `ref-${one}` }))));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store.list('local')).toHaveLength(1);
    });

    test('removes by reference only the secret that is still stored under it', async () => {
      const store = open();
      await store.put(namedSecret({ ref: 'new' }));
      expect(await store.remove('prod-app', 'local', 'old')).toBeUndefined();
      expect(await store.remove('prod-app', 'local', 'new')).toEqual(namedSecret({ ref: 'new' }));
    });
  });
}
