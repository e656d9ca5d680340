import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';

const original = new AppError('throttled', 'Too much.', {
  hint: 'Wait.',
  status: 429,
  retryable: true,
  retryAfterMs: 7_000,
  upstream: { code: 'TooManyRequests', requestId: 'r-1' },
  detail: { field: 'endpoint' },
  cause: new Error('the socket'),
});

test('a failure that is told otherwise keeps all that is not named, and where it came from', () => {
  const told = original.with({});
  expect(told.cause).toBe(original);
  // A matcher of its own for each: `toEqual` on errors compares their causes, too.
  expect(told.message).toBe(original.message);
  expect({ ...told }).toEqual({ ...original });
});

test('a new message, hint and wait replace the old ones', () => {
  const told = original.with({ message: 'Far too much.', hint: 'Ask for less.', retryAfterMs: 0 });
  expect(told).toMatchObject({ message: 'Far too much.', hint: 'Ask for less.', retryAfterMs: 0, status: 429 });
});

test('detail is added to what is there', () => {
  expect(original.with({ detail: { exists: ['app'] } }).detail).toEqual({ field: 'endpoint', exists: ['app'] });
  expect(new AppError('refused', 'No.').with({ detail: { field: 'x' } }).detail).toEqual({ field: 'x' });
});
