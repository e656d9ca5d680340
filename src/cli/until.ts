import { delay } from '../core/base/delay.ts';

/** Resolves with the first signal that asks the process to end. */
export function untilSignal(): { readonly signalled: Promise<NodeJS.Signals>; forget(): void } {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  // SIGPIPE: the reader of our output has gone, see cli.ts.
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'];
  for (const name of signals) process.on(name, resolve);
  return {
    signalled: promise,
    forget() {
      for (const name of signals) process.off(name, resolve);
    },
  };
}

/** Waits for the work, but no longer than `ms`. Failures of the work are ignored. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const limit = delay(ms, enough.signal).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), limit]);
  enough.abort();
}
