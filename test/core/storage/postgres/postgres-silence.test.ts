import { expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import { createSilence } from '../../../../src/core/storage/postgres/postgres-silence.ts';

const away = () => new AppError('upstream_unavailable', 'away');
const failing = (error: Error) => async () => {
  throw error;
};

test('after a question that nobody answered, the next one is not asked', async () => {
  const { watch } = createSilence();
  await expect(watch(failing(away()), away)).rejects.toThrow('away');
  let isAsked = false;
  const ask = async () => {
    isAsked = true;
  };
  await expect(watch(ask, away)).rejects.toThrow('away');
  expect(isAsked).toBe(false);
});

test('what the server refuses or ends, and an answer to another question, are no silence', async () => {
  const { watch } = createSilence();
  const refused = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
  const readOnly = new AppError('upstream_unavailable', 'read-only', { cause: refused });
  await expect(watch(failing(readOnly), away)).rejects.toThrow('read-only');
  expect(await watch(async () => 'answer', away)).toBe('answer');

  const slow = Promise.withResolvers<never>();
  const waiting = watch(() => slow.promise, away);
  await watch(async () => 'answer', away);
  slow.reject(away());
  await expect(waiting).rejects.toThrow('away');
  expect(await watch(async () => 'answer', away)).toBe('answer');
});

test('an answer that comes later ends the silence', async () => {
  const { watch } = createSilence();
  const late = Promise.withResolvers<string>();
  const waiting = watch(() => late.promise, away);
  await expect(watch(failing(away()), away)).rejects.toThrow('away');
  late.resolve('at last');
  expect(await waiting).toBe('at last');
  expect(await watch(async () => 'answer', away)).toBe('answer');
});
