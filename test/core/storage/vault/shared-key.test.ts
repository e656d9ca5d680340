import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { createMasterKey } from '../../../../src/core/storage/vault/master-key.ts';
import { createSharedKey } from '../../../../src/core/storage/vault/shared-key.ts';
import { failureOf, temporaryFolder } from '../../connections/support.ts';

const keyOf = (text: string) => createSharedKey({ read: async () => new Secret(text) });

test('the same bytes give the same keys, whatever they are written in', async () => {
  const bytes = randomBytes(32);
  const spellings = [bytes.toString('base64'), `${bytes.toString('base64url')}\n`, bytes.toString('hex').toUpperCase()];
  const keys = await Promise.all(spellings.map((text) => keyOf(text).derive('vault')));
  expect(keys.map((key) => key.toString('hex'))).toEqual(keys.map(() => keys[0]?.toString('hex')));
  expect((await keyOf(spellings[0] ?? '').derive('rows')).equals(keys[0] ?? Buffer.alloc(0))).toBe(false);
});

test('the key file of a home is one', async () => {
  const home = join(temporaryFolder(), 'home');
  const isFixed = async () => false;
  const own = createMasterKey({ home, loadKeyring: async () => undefined, isFixed, guard: () => undefined });
  const expected = await own.derive('vault');
  await own.noteSealed();
  const shared = keyOf(await readFile(join(home, 'master.key'), 'utf8'));
  expect((await shared.derive('vault')).equals(expected)).toBe(true);
});

test.each([
  '',
  'short',
  Buffer.alloc(31).toString('base64'),
  Buffer.alloc(33).toString('base64'),
  `${'x'.repeat(43)}!`,
])('anything else is refused, and not quoted: %s', async (text) => {
  const failure = await failureOf(keyOf(text).derive('vault'));
  expect(failure).toMatchObject({ code: 'configuration', hint: expect.stringContaining('openssl rand -base64 32') });
  if (text.length > 5) expect(JSON.stringify([failure?.message, failure?.hint])).not.toContain(text);
});
