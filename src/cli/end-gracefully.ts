import { delay } from '../core/base/delay.ts';
import type { HttpServer } from '../server/http/start-http.ts';
import { exitCodes } from './exit-codes.ts';
import { untilSignal, within } from './until.ts';

/** Platforms end a process 30 s after they asked it to end; closing the runtime comes after this. */
const longestMs = 25_000;

/**
 * Ends a server that was asked to: balancers notice first, then calls that run get their time, and nothing new is taken.
 * A second signal ends everything at once.
 */
export async function endGracefully(server: HttpServer, drainMs: number): Promise<number> {
  server.drain();
  const hurry = untilSignal();
  const again = new AbortController();
  void hurry.signalled.then(() => again.abort());
  try {
    await delay(drainMs, again.signal).catch(() => undefined);
    if (!again.signal.aborted) await Promise.race([server.close(longestMs - drainMs), hurry.signalled]);
    if (!again.signal.aborted) return exitCodes.success;
    await within(1_000, server.close(0));
    return exitCodes.interrupted;
  } finally {
    hurry.forget();
  }
}
