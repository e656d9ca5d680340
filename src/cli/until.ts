import { delay } from '../core/base/delay.ts';
import { exitCodes } from './exit-codes.ts';

export interface Stop {
  readonly signalled: Promise<NodeJS.Signals>;
  /** Listens no longer, or not for these signals, which mean something else from now on. */
  forget(names?: readonly NodeJS.Signals[]): void;
}

/** SIGPIPE: the reader of our output has gone, see cli.ts. */
const ending: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'];

/** Resolves with the first signal that asks the process to end. */
export function untilSignal(): Stop {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const name of ending) process.on(name, resolve);
  return {
    signalled: promise,
    forget(names = ending) {
      for (const name of names) process.off(name, resolve);
    },
  };
}

/** After a signal, a command may take this long to end its work and to remove what it has made. */
const graceMs = 10_000;

/**
 * Runs a command that ends by itself. A signal aborts its work; when that has ended, the answer is `interrupted`. A reader
 * of our output that has gone is no interruption: the command has done what it could.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const cancel = new AbortController();
  const stop = untilSignal();
  let signal: NodeJS.Signals | undefined;
  const overdue = stop.signalled.then(async (name) => {
    signal = name;
    cancel.abort();
    await delay(graceMs);
    return exitCodes.interrupted;
  });
  try {
    const code = await Promise.race([work(cancel.signal), overdue]);
    return codeAfter(signal, code);
  } catch (error) {
    if (signal === undefined) throw error;
    return codeAfter(signal, exitCodes.interrupted);
  } finally {
    stop.forget();
  }
}

function codeAfter(signal: NodeJS.Signals | undefined, code: number): number {
  if (signal === undefined) return code;
  if (signal !== 'SIGPIPE') return exitCodes.interrupted;
  return code === exitCodes.interrupted ? exitCodes.success : code;
}

/** The end of a server by a signal is what was asked for: success, with a line that says so. */
export function sayStopped(signal: NodeJS.Signals): void {
  process.stderr.write(`Stopped (${signal}).\n`);
}

/** Waits for the work, but no longer than `ms`. Failures of the work are ignored. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const limit = delay(ms, enough.signal).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), limit]);
  enough.abort();
}
