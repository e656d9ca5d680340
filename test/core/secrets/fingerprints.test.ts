import { createHash, createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { createFingerprints } from '../../../src/core/secrets/fingerprints.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';

const secret = new Secret('hunter2');
const open = (key: Buffer, isAtHand = async () => true) => createFingerprints({ key: async () => key, isAtHand });

test('the same secret has the same fingerprint under a key, another one under another key', async () => {
  const [one, same, other] = [open(Buffer.alloc(32, 1)), open(Buffer.alloc(32, 1)), open(Buffer.alloc(32, 2))];
  expect(await one.of(secret)).toMatch(/^[0-9a-f]{8}$/);
  expect(await same.of(new Secret('hunter2'))).toBe(await one.of(secret));
  expect(await other.of(secret)).not.toBe(await one.of(secret));
  expect(await one.of(new Secret('hunter3'))).not.toBe(await one.of(secret));
  expect(await one.ofUnstored(secret)).toBe(await one.of(secret));
});

test('who knows the secret and not the key cannot compute it', async () => {
  const fingerprint = await open(Buffer.alloc(32, 1)).of(secret);
  const guesses = ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha3-256'].flatMap((algorithm) =>
    ['hunter2', 'tenantryhunter2', 'hunter2tenantry', 'fingerprint:hunter2'].flatMap((text) => [
      createHash(algorithm).update(text).digest('hex'),
      createHmac(algorithm, '').update(text).digest('hex'),
      createHmac(algorithm, 'fingerprint').update(text).digest('hex'),
      createHmac(algorithm, 'tenantry').update(text).digest('hex'),
      createHmac(algorithm, Buffer.alloc(32)).update(text).digest('hex'),
    ]),
  );
  expect(guesses.filter((guess) => guess.includes(fingerprint))).toEqual([]);
});

test('of a secret that is stored nowhere neither makes a key nor asks for one, and stays the same in a process', async () => {
  let asked = 0;
  const key = async () => {
    asked += 1;
    return Buffer.alloc(32, 1);
  };
  const fingerprints = createFingerprints({ key, isAtHand: async () => false });
  const first = await fingerprints.ofUnstored(secret);
  expect(await fingerprints.ofUnstored(secret)).toBe(first);
  expect(asked).toBe(0);
  expect(await fingerprints.of(secret)).not.toBe(first);
  expect(await fingerprints.ofUnstored(secret)).toBe(first);
});

test('of a secret that is stored nowhere does without a key that is refused', async () => {
  const refused = { key: () => Promise.reject(new Error('locked')), isAtHand: async () => true };
  expect(await createFingerprints(refused).ofUnstored(secret)).toMatch(/^[0-9a-f]{8}$/);
  await expect(createFingerprints(refused).of(secret)).rejects.toThrow('locked');
});
