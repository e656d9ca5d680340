import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Answer } from '../../../../src/core/storage/postgres/postgres-database.ts';
import { createPostgresHealth } from '../../../../src/core/storage/postgres/postgres-health.ts';
import { handClock } from '../../connections/support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A database that answers or not, and counts how often it is asked. */
function startHealth() {
  const database = { isThere: true, asked: 0 };
  const clock = handClock();
  const health = createPostgresHealth(
    {
      async read(): Promise<Answer> {
        database.asked += 1;
        if (!database.isThere) throw new Error('away');
        return { rows: [], changed: 0 };
      },
    },
    clock,
  );
  onTestFinished(() => health.stop());
  return { database, clock, health };
}

const aWhile = () => vi.advanceTimersByTimeAsync(2_000);

test('a storage that nobody asks about is not looked at; the first answer is not ready yet', async () => {
  const { database, health } = startHealth();
  await aWhile();
  expect(database.asked).toBe(0);
  expect(health.current()).toEqual({ isReady: false });
  await aWhile();
  expect(health.current()).toEqual({ isReady: true });
});

test('asking often sends nothing: it is looked every two seconds, until the storage is closed', async () => {
  const { database, health } = startHealth();
  for (let nth = 0; nth < 100; nth++) health.current();
  await vi.advanceTimersByTimeAsync(0);
  expect(database.asked).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(database.asked).toBe(6);
  health.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(database.asked).toBe(6);
});

test('it says since when the storage is away, and that it is back', async () => {
  const { database, clock, health } = startHealth();
  database.isThere = false;
  const first = clock.now();
  health.current();
  await aWhile();
  expect(health.current()).toEqual({ isReady: false, awaySince: first });
  database.isThere = true;
  await aWhile();
  expect(health.current()).toEqual({ isReady: true });
  database.isThere = false;
  clock.advance(60_000);
  const since = clock.now();
  await aWhile();
  clock.advance(11_000);
  await aWhile();
  expect(health.current()).toEqual({ isReady: true, awaySince: since });
});
