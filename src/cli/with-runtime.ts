import { AppError } from '../core/base/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { exitCodes } from './exit-codes.ts';
import { errorText } from './explain-failure.ts';
import type { CommonFlags } from './flags.ts';
import { startTenantry } from './start-tenantry.ts';
import { within } from './until.ts';

/** Does the work of a command that calls no tool; resolves with its exit code. */
export async function withRuntime(flags: CommonFlags, work: (runtime: Runtime) => Promise<void>): Promise<number> {
  const tenantry = await startTenantry(flags);
  try {
    if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
    await work(tenantry.runtime);
    return exitCodes.success;
  } catch (error) {
    // Wrong usage and configuration have their own code; the rest is an answer.
    if (!(error instanceof AppError) || ['configuration', 'invalid_argument'].includes(error.code)) throw error;
    process.stderr.write(`${errorText(error)}\n`);
    return error.code === 'cancelled' ? exitCodes.interrupted : exitCodes.toolError;
  } finally {
    await within(2_000, tenantry.close());
  }
}
