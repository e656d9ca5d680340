import { environmentOfChild } from '../../core/base/environment.ts';
import { runDemo } from '../demo/run-demo.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilSignal } from '../until.ts';

/** `tenantry demo`: the guided tour. */
export async function runDemoCommand(): Promise<number> {
  const interrupt = new AbortController();
  const stop = untilSignal();
  void stop.signalled.then(() => interrupt.abort());
  try {
    const failed = await runDemo({
      command: process.execPath,
      args: [process.argv[1] ?? ''],
      env: environmentOfChild(),
      out: process.stdout,
      signal: interrupt.signal,
    });
    return failed === 0 ? exitCodes.success : exitCodes.toolError;
  } catch (error) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    stop.forget();
  }
}
