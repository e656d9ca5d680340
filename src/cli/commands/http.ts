import '../parse-trees-only.ts';

import { resolve } from 'node:path';
import { createGuard } from '../../core/base/private-paths.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { isPagePath } from '../../pages/signed-in/page-paths.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { buildServer } from '../../server/build-server.ts';
import { type Gate, socketGate, tokenGate } from '../../server/http/gate.ts';
import { loadHttpToken, tokenFile } from '../../server/http/local-token.ts';
import type { HttpRoute } from '../../server/http/router.ts';
import { type HttpPlace, type HttpServer, startHttp } from '../../server/http/start-http.ts';
import { createSurface, type Surface } from '../../server/surface.ts';
import { endGracefully } from '../end-gracefully.ts';
import type { CommonFlags } from '../flags.ts';
import { keepMemorySmall } from '../keep-memory-small.ts';
import { openSignIn } from '../open-sign-in.ts';
import { startTenantry, type Tenantry, warnOfOldFreedom } from '../start-tenantry.ts';
import { sayStopped, untilSignal, within } from '../until.ts';

export interface HttpFlags extends CommonFlags {
  readonly host?: string;
  readonly port?: number;
  /** Path of a Unix socket, instead of host and port. */
  readonly socket?: string;
}

/** Where the server listens, who is let in, and the line that says both. */
interface Opening {
  readonly place: HttpPlace;
  readonly gate: Gate;
  /** What everybody may ask for. */
  readonly routes?: readonly HttpRoute[];
  readyLine(url: string): string;
  close?(): void;
}

/** Every program of the machine can reach a port, so a port wants a token; a socket lets nobody in but its owner. */
async function openingOf({ host, port, socket }: HttpFlags, { runtime, tools }: Tenantry): Promise<Opening> {
  const { home, homeCheck, http } = runtime.config;
  const guard = createGuard(homeCheck, ({ problem, fix }) => runtime.logger.warn(problem, { fix }));
  if (socket !== undefined) {
    const place = { socket: resolve(socket), guard };
    return {
      place,
      gate: socketGate,
      readyLine: (url) => `Tenantry serves MCP at ${url} on the socket ${place.socket}`,
    };
  }
  const optional = withoutUndefined({ host: host ?? http?.host, tls: http?.tls });
  const place = { ...optional, port: port ?? http?.port ?? 3000 };
  if (http?.signIn !== undefined && http.publicUrl !== undefined) {
    const { publicUrl } = http;
    return {
      ...(await openSignIn(http.signIn, publicUrl, tools.callable, runtime)),
      place,
      readyLine: (url) => `Tenantry serves MCP at ${url}, known as ${publicUrl}/mcp, to people and apps that sign in`,
    };
  }
  const token = await loadHttpToken(home, guard);
  // No answer shows it, and the line names only its file.
  runtime.secrets.add(token, 'in_use', 'http');
  const { path } = tokenFile(home);
  return {
    place,
    gate: tokenGate(token, path),
    readyLine: (url) =>
      `Tenantry serves MCP at ${url} to clients that send "Authorization: Bearer <token>" with the token in ${path}`,
  };
}

/** What is served beside `/mcp`. */
function routesOf({ webPages }: Runtime): readonly HttpRoute[] {
  return webPages === undefined ? [] : [{ matches: isPagePath, handle: webPages.handle }];
}

function serve({ place, gate, routes = [] }: Opening, surface: Surface, runtime: Runtime): Promise<HttpServer> {
  const { http } = runtime.config;
  return startHttp({
    build: () => buildServer(surface),
    changes: surface.changes,
    clock: runtime.clock,
    place,
    gate,
    routes: [...routes, ...routesOf(runtime)],
    web: {
      isSignedIn: http?.signIn !== undefined,
      ...withoutUndefined({ publicUrl: http?.publicUrl, allowedOrigins: http?.allowedOrigins }),
    },
    // What is on this machine is opened by the first call.
    ...withoutUndefined({ limits: http?.limits, store: runtime.config.store && (() => runtime.storeHealth()) }),
    onError: (error) => runtime.logger.warn('protocol', { error }),
  });
}

/** A new certificate is read when the signal comes by which programs are told of it. */
function renewOnHangup(server: HttpServer): () => void {
  const renew = () => void server.renew();
  process.on('SIGHUP', renew);
  return () => process.off('SIGHUP', renew);
}

/** `tenantry http`: serves until a signal comes. */
export async function runHttp(flags: HttpFlags): Promise<number> {
  const announce = (line: string) => void process.stderr.write(`${line}\n`);
  const stop = untilSignal();
  // Who comes through a socket sits at this machine.
  const pages = { announce, atPublicAddress: flags.socket === undefined };
  const tenantry = await startTenantry(flags, { pages });
  const { runtime } = tenantry;
  try {
    if (runtime.configurationError) throw runtime.configurationError;
    const surface = createSurface(runtime, tenantry.tools, 'http');
    const opening = await openingOf(flags, tenantry);
    const server = await serve(opening, surface, runtime);
    process.stderr.write(`${opening.readyLine(server.url)}\n`);
    warnOfOldFreedom(runtime);
    keepMemorySmall();
    const { http } = runtime.config;
    const hasCertificate = 'tls' in opening.place && opening.place.tls !== undefined;
    const forget = hasCertificate ? renewOnHangup(server) : () => undefined;
    if (hasCertificate) stop.forget(['SIGHUP']);
    sayStopped(await stop.signalled);
    stop.forget();
    forget();
    const code = await endGracefully(server, http?.drainMs ?? 0);
    opening.close?.();
    return code;
  } finally {
    stop.forget();
    await within(2_000, tenantry.close());
  }
}
