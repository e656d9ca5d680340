import { expect, test, vi } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { interruptible } from '../../src/cli/until.ts';

/** Work that goes on until it is aborted, and then ends with this code. */
const untilAborted = (code: number) => (signal: AbortSignal) =>
  new Promise<number>((resolve) => signal.addEventListener('abort', () => resolve(code), { once: true }));

test('the code is that of the work, unless a signal came', async () => {
  expect(await interruptible(async () => 1)).toBe(1);
  for (const code of [0, 1, 2]) {
    const ended = interruptible(untilAborted(code));
    process.emit('SIGINT', 'SIGINT');
    expect(await ended).toBe(exitCodes.interrupted);
  }
});

test('a reader of the output that has gone is no interruption', async () => {
  for (const [code, expected] of [
    [exitCodes.interrupted, exitCodes.success],
    [exitCodes.toolError, exitCodes.toolError],
  ] as const) {
    const ended = interruptible(untilAborted(code));
    process.emit('SIGPIPE', 'SIGPIPE');
    expect(await ended).toBe(expected);
  }
});

test('work that fails because it was aborted is an interruption, other work fails', async () => {
  const failing = interruptible(async (signal) => {
    await untilAborted(0)(signal);
    throw new Error('aborted');
  });
  process.emit('SIGTERM', 'SIGTERM');
  expect(await failing).toBe(exitCodes.interrupted);
  await expect(interruptible(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

test('work that does not listen is left after a while', async () => {
  vi.useFakeTimers();
  const ended = interruptible(() => new Promise(() => undefined));
  process.emit('SIGINT', 'SIGINT');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await ended).toBe(exitCodes.interrupted);
});
