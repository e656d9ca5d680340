import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import { defaultResultLimits, type ResultLimits, type ResultStore } from '../../../src/core/storage/result-store.ts';
import type { Storage } from '../../../src/core/storage/storage.ts';
import { handClock } from '../connections/support.ts';

const about = { caller: 'local', connectionId: 'c1', format: 'json' } as const;
const plenty = 1_000_000;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => JSON.stringify({ n: from + n }));
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ n: from + n }));

/**
 * What the results of every storage do. `openStorage` gives a new, empty one that lives by the clock. Another
 * implementation calls this in a test of its own folder.
 */
export function resultsContract(name: string, openStorage: (clock: Clock, limits: ResultLimits) => Storage): void {
  const open = (clock: Clock = handClock(), limits: Partial<ResultLimits> = {}): ResultStore => {
    const storage = openStorage(clock, { ...defaultResultLimits, ...limits });
    onTestFinished(() => storage.close());
    return storage.results;
  };
  const stored = async (results: ResultStore) => {
    const writer = await results.create('local');
    await writer.append(lines(0, 3));
    return writer.finish(about);
  };

  describe(`${name} as a store of results`, () => {
    test('gives back lines and pages in the order in which they came', async () => {
      const results = open();
      const writer = await results.create('local');
      await writer.append(lines(0, 3));
      await writer.appendPage(Buffer.from(JSON.stringify({ '@odata.count': 9, value: items(3, 5) })), 2);
      await writer.appendPage(Buffer.from('{"value":[]}'), 0);
      await writer.append(lines(5, 7));
      const then = { nextLink: 'https://graph.example/n', continuation: { a: 1 } };
      const result = await writer.finish({ ...about, then, columns: ['n'] });
      expect(result).toEqual({
        ...about,
        id: writer.id,
        items: 7,
        then,
        columns: ['n'],
        expiresAt: expect.any(Number),
      });
      expect(await results.read(result.id, 'local', 0, plenty)).toEqual({ result, items: items(0, 7), position: 0 });
      expect(await results.read(result.id, 'local', 4, plenty)).toEqual({ result, items: items(4, 7), position: 4 });
      expect(await results.read(result.id, 'local', 7, plenty)).toEqual({ result, items: [], position: 7 });
    });

    test('gives as many as fit, and at least one', async () => {
      const results = open();
      const { id } = await stored(results);
      const read = async (position: number, bytes: number) => (await results.read(id, 'local', position, bytes))?.items;
      expect(await read(0, 1)).toEqual(items(0, 1));
      expect(await read(1, 16)).toEqual(items(1, 3));
      expect(await read(1, 15)).toEqual(items(1, 2));
    });

    test('keeps far more than one block', async () => {
      const results = open();
      const writer = await results.create('local');
      for (let from = 0; from < 30_000; from += 1_000) {
        await writer.append(lines(from, from + 1_000));
      }
      const { id } = await writer.finish(about);
      for (const position of [0, 9_999, 15_000, 29_990]) {
        const part = await results.read(id, 'local', position, 100);
        expect(part?.items).toEqual(items(position, position + (part?.items.length ?? 0)));
        expect(part?.items.length).toBeGreaterThan(4);
      }
    });

    test('shows nothing before it is finished, and nothing to others', async () => {
      const results = open();
      const writer = await results.create('local');
      await writer.append(lines(0, 3));
      expect(await results.read(writer.id, 'local', 0, plenty)).toBeUndefined();
      const { id } = await writer.finish(about);
      expect(await results.read(id, 'somebody', 0, plenty)).toBeUndefined();
      for (const wrong of ['', '../x', '00000000-0000-4000-8000-000000000000']) {
        expect(await results.read(wrong, 'local', 0, plenty)).toBeUndefined();
      }
    });

    test('forgets what was discarded', async () => {
      const results = open();
      const writer = await results.create('local');
      await writer.append(lines(0, 3));
      await writer.discard();
      expect(await results.read(writer.id, 'local', 0, plenty)).toBeUndefined();
    });

    test('keeps a result for an hour', async () => {
      const clock = handClock();
      const results = open(clock);
      const { id, expiresAt } = await stored(results);
      expect(expiresAt).toBe(clock.now() + 3_600_000);
      clock.advance(3_599_999);
      expect(await results.read(id, 'local', 0, plenty)).toBeDefined();
      clock.advance(1);
      expect(await results.read(id, 'local', 0, plenty)).toBeUndefined();
    });

    test('says what a result may still take', async () => {
      const results = open(handClock(), { mostBytes: 100, mostBytesTogether: 1_000 });
      const writer = await results.create('local');
      expect(writer.left).toBe(100);
      await writer.append(['"1234567"']);
      expect(writer.left).toBe(90);
      await writer.appendPage(Buffer.from('{"value":[1,2]}'), 2);
      expect(writer.left).toBe(75);
      await writer.discard();
    });

    test('of more bytes than all may have together, the oldest go', async () => {
      const results = open(handClock(), { mostBytes: 1_000, mostBytesTogether: 4_500 });
      const ids: string[] = [];
      for (let n = 0; n < 12; n++) {
        const writer = await results.create('local');
        await writer.append([JSON.stringify('x'.repeat(600))]);
        ids.push((await writer.finish(about)).id);
      }
      const there = await Promise.all(ids.map((id) => results.read(id, 'local', 0, plenty)));
      const kept = there.map((part) => part !== undefined);
      expect(kept.at(-1)).toBe(true);
      expect(kept.indexOf(true)).toBeGreaterThan(5);
      expect(kept.slice(kept.indexOf(true))).not.toContain(false);
    });

    test('what one caller stores takes no room from another', async () => {
      const results = open(handClock(), { most: 3, mostBytes: 1_000, mostBytesTogether: 2_500 });
      const store = async (caller: string) => {
        const writer = await results.create(caller);
        await writer.append([JSON.stringify('x'.repeat(600))]);
        return (await writer.finish({ ...about, caller })).id;
      };
      const adas = await store('ada');
      for (let n = 0; n < 10; n++) await store('local');
      for (let n = 0; n < 10; n++) await store('bob');
      expect(await results.read(adas, 'ada', 0, plenty)).toBeDefined();
      expect((await results.create('ada')).left).toBe(1_000);
    });

    test('sweeping leaves what has not expired', async () => {
      const clock = handClock(Date.now());
      const results = open(clock);
      const { id } = await stored(results);
      await results.sweep();
      expect(await results.read(id, 'local', 0, plenty)).toBeDefined();
      clock.advance(7_200_000);
      await results.sweep();
      clock.advance(-7_200_000);
      expect(await results.read(id, 'local', 0, plenty)).toBeUndefined();
    });

    test('of more than a hundred, the oldest go', async () => {
      const results = open();
      const ids: string[] = [];
      for (let n = 0; n < 102; n++) {
        ids.push((await stored(results)).id);
      }
      const there = await Promise.all(ids.map((id) => results.read(id, 'local', 0, plenty)));
      expect(there.filter((part) => part !== undefined)).toHaveLength(100);
      // Those of the same moment are equally old.
      expect(there.slice(51)).not.toContain(undefined);
    });
  });
}
