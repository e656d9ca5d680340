import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createMasterKey, type Keyring } from '../../../../src/core/storage/vault/master-key.ts';
import { failureOf, temporaryFolder } from '../../connections/support.ts';

function memoryKeyring(): Keyring & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (account) => entries.get(account),
    set: async (account, password) => {
      entries.set(account, password);
    },
    remove: async (account) => {
      entries.delete(account);
    },
  };
}

function masterKey(home: string, keyring?: Keyring) {
  return createMasterKey({
    home,
    loadKeyring: async () => keyring,
    isFixed: async () => false,
    guard: () => undefined,
  });
}

test('many that start together agree on one key', async () => {
  const home = temporaryFolder();
  const keys = await Promise.all(Array.from({ length: 20 }, () => masterKey(home).derive('vault')));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
});

test('purposes have different keys of 32 bytes', async () => {
  const key = masterKey(temporaryFolder());
  const [vault, cursor] = [await key.derive('vault'), await key.derive('cursor')];
  expect(vault).toHaveLength(32);
  expect(vault.equals(cursor)).toBe(false);
  expect((await key.derive('cursor')).equals(cursor)).toBe(true);
});

test('with a keyring the file only names the entry', async () => {
  const home = temporaryFolder();
  const keyring = memoryKeyring();
  const derived = await masterKey(home, keyring).derive('vault');
  const [[account, password] = ['', '']] = [...keyring.entries];
  const file = readFileSync(join(home, 'master.key'), 'utf8');
  expect(file).toContain(account);
  expect(file).not.toContain(password);
  expect((await masterKey(home, keyring).derive('vault')).equals(derived)).toBe(true);
});

test('those that lose the race leave nothing in the keyring', async () => {
  const home = temporaryFolder();
  const keyring = memoryKeyring();
  const keys = await Promise.all(Array.from({ length: 10 }, () => masterKey(home, keyring).derive('vault')));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(keyring.entries.size).toBe(1);
});

test('a keyring that does not give back what it got is not used', async () => {
  const home = temporaryFolder();
  const forgetful: Keyring = { ...memoryKeyring(), get: async () => undefined };
  const failing: Keyring = { ...memoryKeyring(), set: () => Promise.reject(new Error('locked')) };
  const derived = await masterKey(home, forgetful).derive('vault');
  expect((await masterKey(home, failing).derive('vault')).equals(derived)).toBe(true);
  expect((await masterKey(home).derive('vault')).equals(derived)).toBe(true);
});

test.each(['file', 'keyring'])('that it has sealed records is remembered where the key is: %s', async (place) => {
  const home = temporaryFolder();
  const keyring = place === 'keyring' ? memoryKeyring() : undefined;
  const derived = await masterKey(home, keyring).derive('vault');
  expect(await masterKey(home, keyring).hasSealed()).toBe(false);
  const file = readFileSync(join(home, 'master.key'), 'utf8');
  const early = masterKey(home, keyring);
  await early.derive('vault');
  await Promise.all([masterKey(home, keyring).noteSealed(), masterKey(home, keyring).noteSealed()]);
  // Also by a process that loaded the key before.
  expect(await early.hasSealed()).toBe(true);
  expect(await masterKey(home, keyring).hasSealed()).toBe(true);
  expect((await masterKey(home, keyring).derive('vault')).equals(derived)).toBe(true);
  expect(readFileSync(join(home, 'master.key'), 'utf8') === file).toBe(place === 'keyring');
  expect(readdirSync(home)).toEqual(['master.key']);
});

test('only a key in a file is at hand before it is loaded', async () => {
  const [home, other] = [temporaryFolder(), temporaryFolder()];
  const keyring = memoryKeyring();
  expect(await masterKey(home).isAtHand()).toBe(false);
  await masterKey(home).derive('vault');
  expect(await masterKey(home).isAtHand()).toBe(true);
  const held = masterKey(other, keyring);
  await held.derive('vault');
  expect(await held.isAtHand()).toBe(true);
  expect(await masterKey(other, keyring).isAtHand()).toBe(false);
});

test('a keyring that lost the entry, or is away, is a configuration error', async () => {
  const home = temporaryFolder();
  const keyring = memoryKeyring();
  await masterKey(home, keyring).derive('vault');
  keyring.entries.clear();
  expect(await failureOf(masterKey(home, keyring).derive('vault'))).toMatchObject({ code: 'configuration' });
  expect(await failureOf(masterKey(home).derive('vault'))).toMatchObject({ code: 'configuration' });
});

test('a home that cannot be written is a configuration error', async () => {
  const home = join(temporaryFolder(), 'file');
  await masterKey(home).derive('vault');
  expect(await failureOf(masterKey(join(home, 'master.key', 'below')).derive('vault'))).toMatchObject({
    code: 'configuration',
  });
});

test('a key that could not be loaded is tried again by the next call', async () => {
  const home = temporaryFolder();
  const keyring = memoryKeyring();
  const derived = await masterKey(home, keyring).derive('vault');
  let isLocked = true;
  const get: Keyring['get'] = (account) =>
    isLocked ? Promise.reject(new Error('locked')) : Promise.resolve(keyring.entries.get(account));
  const locked = masterKey(home, { ...keyring, get });
  expect(await failureOf(locked.derive('vault'))).toMatchObject({ code: 'configuration' });
  isLocked = false;
  expect((await locked.derive('vault')).equals(derived)).toBe(true);
});

test('nothing but the key file stays in the home folder', async () => {
  const home = temporaryFolder();
  await Promise.all(Array.from({ length: 5 }, () => masterKey(home).derive('vault')));
  expect(readdirSync(home)).toEqual(['master.key']);
});
