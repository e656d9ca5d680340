import { describe, expect, test } from 'vitest';
import { ItemSet, TextSet } from '../../../src/core/http/paginate.ts';

const guid = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

describe('a set of texts', () => {
  test('tells 300,000 sequential ids apart and knows each again', () => {
    const set = new TextSet();
    let fresh = 0;
    for (let index = 0; index < 300_000; index++) {
      fresh += set.add(guid(index)) ? 1 : 0;
    }
    expect(fresh).toBe(300_000);
    expect(set.size).toBe(300_000);
    let known = 0;
    for (let index = 0; index < 300_000; index += 7) {
      known += set.add(guid(index)) ? 0 : 1;
    }
    expect(known).toBe(Math.ceil(300_000 / 7));
  });

  test('tells texts apart that differ in one character anywhere', () => {
    const set = new TextSet();
    const base = 'a'.repeat(41);
    expect(set.add(base)).toBe(true);
    for (let at = 0; at < base.length; at++) {
      expect(set.add(`${base.slice(0, at)}b${base.slice(at + 1)}`)).toBe(true);
    }
    expect(set.add(base)).toBe(false);
  });

  test('is empty after clear', () => {
    const set = new TextSet();
    set.add('x');
    set.clear();
    expect(set.add('x')).toBe(true);
  });
});

describe('a set of items', () => {
  test('a long id is the item, whatever else changed', () => {
    const set = new ItemSet();
    expect(set.add({ id: guid(1), displayName: 'Ada' })).toBe(true);
    expect(set.add({ id: guid(1), displayName: 'Ada Lovelace' })).toBe(false);
  });

  test('a short id may belong to two things: only equal items are the same', () => {
    const set = new ItemSet();
    expect(set.add({ id: '1616990032035', channel: 'a' })).toBe(true);
    expect(set.add({ id: '1616990032035', channel: 'b' })).toBe(true);
    expect(set.add({ id: '1616990032035', channel: 'a' })).toBe(false);
  });

  test('items without an id are never taken for repeats', () => {
    const set = new ItemSet();
    expect(set.add({ displayName: 'Ada' })).toBe(true);
    expect(set.add({ displayName: 'Ada' })).toBe(true);
    expect(set.add('text')).toBe(true);
    expect(set.canTell).toBe(false);
  });
});
