import '../parse-trees-only.ts';

import { resolve } from 'node:path';
import { createGuard } from '../../core/base/private-paths.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { buildServer } from '../../server/build-server.ts';
import { type HttpPlace, startHttp } from '../../server/http.ts';
import { loadHttpToken, tokenFile } from '../../server/http-token.ts';
import { createSurface } from '../../server/surface.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { keepMemorySmall } from '../keep-memory-small.ts';
import { startTenantry, warnOfOldFreedom } from '../start-tenantry.ts';
import { sayStopped, untilSignal, within } from '../until.ts';

export interface HttpFlags extends CommonFlags {
  readonly host: string;
  readonly port: number;
  /** Path of a Unix socket, instead of host and port. */
  readonly socket?: string;
}

async function placeOf({ host, port, socket }: HttpFlags, runtime: Runtime): Promise<HttpPlace> {
  const { home, homeCheck } = runtime.config;
  const guard = createGuard(homeCheck, ({ problem, fix }) => runtime.logger.warn(problem, { fix }));
  if (socket !== undefined) return { socket: resolve(socket), guard };
  const token = await loadHttpToken(home, guard);
  // No answer shows it.
  runtime.secrets.add(token, 'in_use', 'http');
  return { host, port, token, tokenPath: tokenFile(home).path };
}

/** Names the file of the token, never the token. */
function readyLine(place: HttpPlace, url: string): string {
  return 'socket' in place
    ? `Tenantry serves MCP at ${url} on the socket ${place.socket}`
    : `Tenantry serves MCP at ${url} to clients that send "Authorization: Bearer <token>" with the token in ${place.tokenPath}`;
}

/** `tenantry http`: serves until a signal comes. */
export async function runHttp(flags: HttpFlags): Promise<number> {
  const announce = (line: string) => void process.stderr.write(`${line}\n`);
  const stop = untilSignal();
  const tenantry = await startTenantry(flags, { pages: { announce } });
  const { runtime } = tenantry;
  try {
    if (runtime.configurationError) throw runtime.configurationError;
    const surface = createSurface(runtime, tenantry.tools, 'http');
    const place = await placeOf(flags, runtime);
    const server = await startHttp({
      build: () => buildServer(surface),
      changes: surface.changes,
      clock: runtime.clock,
      place,
      onError: (error) => runtime.logger.warn('protocol', { error }),
    });
    process.stderr.write(`${readyLine(place, server.url)}\n`);
    warnOfOldFreedom(runtime);
    keepMemorySmall();
    sayStopped(await stop.signalled);
    await within(8_000, server.close());
    return exitCodes.success;
  } finally {
    stop.forget();
    await within(2_000, tenantry.close());
  }
}
