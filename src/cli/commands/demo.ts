import { environmentOfChild } from '../../core/base/environment.ts';
import { runDemo } from '../demo/run-demo.ts';
import { exitCodes } from '../exit-codes.ts';

/** `tenantry demo`: the guided tour. */
export async function runDemoCommand(signal: AbortSignal): Promise<number> {
  try {
    const failed = await runDemo({
      command: process.execPath,
      args: [process.argv[1] ?? ''],
      env: environmentOfChild(),
      out: process.stdout,
      signal,
    });
    return failed === 0 ? exitCodes.success : exitCodes.toolError;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('The tour was interrupted; what it had made is gone.\n');
    return exitCodes.interrupted;
  }
}
