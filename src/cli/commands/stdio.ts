import '../parse-trees-only.ts';

import { startStdio } from '../../server/stdio.ts';
import { createSurface } from '../../server/surface.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { keepMemorySmall } from '../keep-memory-small.ts';
import { startTenantry, warnOfOldFreedom } from '../start-tenantry.ts';
import { untilSignal, within } from '../until.ts';

/** `tenantry stdio`: serves until the client closes stdin, or a signal comes. */
export async function runStdio(flags: CommonFlags): Promise<number> {
  const announce = (line: string) => void process.stderr.write(`${line}\n`);
  const started = await startTenantry(flags, { pages: { announce } }).catch(explainUsage);
  if (typeof started === 'number') return started;
  const tenantry = started;
  const { runtime } = tenantry;
  const server = startStdio(createSurface(runtime, tenantry.tools), (error) => {
    runtime.logger.warn('protocol', { error });
  });
  if (runtime.configurationError) {
    runtime.logger.error('the configuration is broken', { error: runtime.configurationError });
  }
  warnOfOldFreedom(runtime);
  keepMemorySmall();
  const stop = untilSignal();
  await Promise.race([server.closed, stop.signalled]);
  stop.forget();
  // The host waits for the exit: calls in flight are aborted, and nothing may take longer.
  await within(
    700,
    server.close().then(() => tenantry.close()),
  );
  return exitCodes.success;
}

/** A wrong flag or variable; loaded when something is wrong. */
async function explainUsage(error: unknown): Promise<number> {
  return (await import('../explain-failure.ts')).explainFailure(error);
}
