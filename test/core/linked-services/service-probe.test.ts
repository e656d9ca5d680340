import { expect, test } from 'vitest';
import { AppError, cancelled } from '../../../src/core/base/errors.ts';
import { unlessRefused } from '../../../src/core/linked-services/service-probe.ts';
import { testCall } from '../../support/call.ts';

const failing = (error: Error) => () => Promise.reject(error);

test('what cannot be read is unknown', async () => {
  const refused = new AppError('permission_denied', 'No.', { status: 403 });

  expect(await unlessRefused(failing(refused), testCall())).toBeUndefined();
  expect(await unlessRefused(async () => 7, testCall())).toBe(7);
});

test('a cancelled read and a mistake of ours are not taken for a refusal', async () => {
  const bug = new TypeError('x');
  const late = new AppError('upstream_unavailable', 'Broken off.');

  await expect(unlessRefused(failing(cancelled()), testCall())).rejects.toMatchObject({ code: 'cancelled' });
  await expect(unlessRefused(failing(bug), testCall())).rejects.toBe(bug);
  await expect(unlessRefused(failing(late), testCall({ signal: AbortSignal.abort() }))).rejects.toBe(late);
});
