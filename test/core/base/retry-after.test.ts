import { expect, test } from 'vitest';
import { readRetryAfter } from '../../../src/core/base/retry-after.ts';

const now = Date.parse('Sat, 21 Nov 2026 10:00:00 GMT');

test.each([
  [{ 'retry-after': '10' }, 10_000],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': ' 2.128 ' }, 2128],
  [{ 'x-ms-retry-after-ms': '1500' }, 1500],
  [{ 'retry-after-ms': '1500.5' }, 1501],
  [{ 'retry-after': '1', 'x-ms-retry-after-ms': '2500' }, 2500],
  [{ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT', date: 'Sat, 21 Nov 2026 10:00:25 GMT' }, 5000],
  [{ 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT' }, 0],
  [{ 'retry-after': '900' }, 900_000],
  [{ 'retry-after': '99999999999' }, 3_600_000],
  [{ 'retry-after': '9'.repeat(400) }, 3_600_000],
  [{ 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' }, 3_600_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{ 'retry-after': '1e3' }, undefined],
  [{ 'retry-after': '' }, undefined],
  [{}, undefined],
] as const)('%o asks for %s ms', (headers: Record<string, string>, waitMs) => {
  expect(readRetryAfter(headers, now)).toBe(waitMs);
});
