import { expect, test } from 'vitest';
import { SecretIndex } from '../../../src/core/secrets/secret-index.ts';

/** The same numbers in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Few letters, so that texts contain each other, overlap and begin alike. */
function randomText(random: (below: number) => number, length: number): string {
  return Array.from({ length }, () => 'abé~'[random(4)]).join('');
}

/** What `findIn` should say, found out in the slowest way. */
function searched(text: string, known: Iterable<string>): (readonly number[])[] {
  const bytes = Buffer.from(text);
  const isCovered = new Uint8Array(bytes.length + 1);
  const isJoined = new Uint8Array(bytes.length + 1);
  for (const one of known) {
    const wanted = Buffer.from(one);
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) {
      isCovered.fill(1, at, at + wanted.length);
      isJoined.fill(1, at + 1, at + wanted.length);
    }
  }
  const found: number[][] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (isCovered[at] === 0) continue;
    const last = found.at(-1);
    if (last !== undefined && isJoined[at] === 1) {
      last[1] = at + 1;
    } else {
      found.push([at, at + 1]);
    }
  }
  return found;
}

test.each([1, 2, 3, 4])('finds what a search for each text by itself finds, whatever came and went (%i)', (seed) => {
  const random = createRandom(seed);
  const index = new SecretIndex();
  const known = new Map<string, number>();
  for (let round = 0; round < 400; round++) {
    const text = randomText(random, 4 + random(seed * 6));
    const times = known.get(text) ?? 0;
    if (random(3) > 0) {
      index.add(text);
      known.set(text, times + 1);
    } else {
      const one = [...known.keys()][random(known.size)] ?? text;
      index.remove(one);
      const left = (known.get(one) ?? 1) - 1;
      if (left > 0) {
        known.set(one, left);
      } else {
        known.delete(one);
      }
    }
    const document = randomText(random, random(120));
    const found = index.findIn(Buffer.from(document));
    expect(found, document).toEqual(searched(document, known.keys()));
    expect(index.isIn(Buffer.from(document))).toBe(found.length > 0);
  }
});

test('finds each of thousands that begin alike, and none of those that were removed', () => {
  const index = new SecretIndex();
  const texts = Array.from({ length: 6_000 }, (_, at) => `eyJ0eXAiOiJKV1QiLCJhbGciOi-${at}.`);
  for (const text of texts) index.add(text);
  for (const text of texts.slice(0, 5_000)) index.remove(text);
  for (const [at, text] of texts.entries()) {
    if (at % 97 !== 0) continue;
    expect(index.findIn(Buffer.from(`<${text}>`)), text).toEqual(at < 5_000 ? [] : [[1, 1 + text.length]]);
  }
});

test('a text that was added twice stays until it was removed twice', () => {
  const index = new SecretIndex();
  index.add('secret');
  index.add('secret');
  index.remove('secret');
  expect(index.isIn(Buffer.from('a secret'))).toBe(true);
  index.remove('secret');
  index.remove('secret');
  expect(index.isIn(Buffer.from('a secret'))).toBe(false);
});
