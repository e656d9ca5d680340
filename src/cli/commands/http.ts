import '../parse-trees-only.ts';

import { buildServer } from '../../server/build-server.ts';
import { startHttp } from '../../server/http.ts';
import { createSurface } from '../../server/surface.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { keepMemorySmall } from '../keep-memory-small.ts';
import { startTenantry, warnOfOldFreedom } from '../start-tenantry.ts';
import { untilSignal, within } from '../until.ts';

export interface HttpFlags extends CommonFlags {
  readonly host: string;
  readonly port: number;
}

/** `tenantry http`: serves until a signal comes. */
export async function runHttp(flags: HttpFlags): Promise<number> {
  const announce = (line: string) => void process.stderr.write(`${line}\n`);
  const tenantry = await startTenantry(flags, { pages: { announce } });
  const { runtime } = tenantry;
  const surface = createSurface(runtime, tenantry.tools, 'http');
  const stop = untilSignal();
  try {
    const server = await startHttp({
      build: () => buildServer(surface),
      clock: runtime.clock,
      host: flags.host,
      port: flags.port,
      onError: (error) => runtime.logger.warn('protocol', { error }),
    });
    process.stderr.write(`Tenantry serves MCP at ${server.url}\n`);
    warnOfOldFreedom(runtime);
    keepMemorySmall();
    await stop.signalled;
    await within(8_000, server.close());
    return exitCodes.success;
  } finally {
    stop.forget();
    await within(2_000, tenantry.close());
  }
}
