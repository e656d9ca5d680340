import { afterEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { untilSettled } from '../../../src/core/identities/directory.ts';
import { testCall } from '../../support/call.ts';
import { settlingWaitsMs, skipWaits } from '../../support/skip-waits.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('attempts that take long themselves count for the two minutes', async () => {
  let now = 0;
  const advance = (seconds: number) => {
    now += seconds * 1_000;
  };
  skipWaits({ advance }, settlingWaitsMs);
  let attempts = 0;
  const attempt = async () => {
    attempts += 1;
    advance(50);
    throw new AppError('not_found', 'Not yet.');
  };
  const options = { clock: { now: () => now }, call: testCall(), isPassing: () => true, note: 'Waited.' };

  await expect(untilSettled(attempt, options)).rejects.toMatchObject({ message: 'Not yet.' });
  expect(attempts).toBe(3);
});
