import type { RequestListener, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type Server } from '@modelcontextprotocol/server';
import type { Clock } from '../../core/base/clock.ts';
import { delay } from '../../core/base/delay.ts';
import type { Guard } from '../../core/base/private-paths.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { StoreHealth } from '../../core/storage/storage.ts';
import { defaultHttpLimits, type HttpLimits } from '../../runtime/config/http-rules.ts';
import { callerOfAuth, lengthOf } from '../caller-of.ts';
import type { ResourceChanges } from '../resource-changes.ts';
import { answer, refuse, rpcRefusal } from './answer.ts';
import { createCallerBus } from './caller-bus.ts';
import { createCallerLimits } from './caller-limits.ts';
import { createListener, type HttpTimeouts } from './create-listener.ts';
import { asSent } from './event-stream.ts';
import type { Gate } from './gate.ts';
import { createHealth } from './health.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { listenOnPort, listenOnSocket } from './listen.ts';
import { createRouter, type Handler, type HttpRoute } from './router.ts';
import { followTlsFiles, readTlsPair, type TlsFiles } from './tls-files.ts';
import { createWebAddresses, type WebRules } from './web-addresses.ts';

export interface HttpServerOptions {
  /** A server for one request (or one session of an older client). */
  readonly build: () => Server;
  /** What clients that listen are told. */
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  readonly place: HttpPlace;
  /** Who may come in. */
  readonly gate: Gate;
  /** What is served beside `/mcp`, to everybody. */
  readonly routes?: readonly HttpRoute[];
  /** Names of the server, and web pages that may call. Default: this machine. */
  readonly web?: WebRules;
  readonly limits?: HttpLimits;
  readonly timeouts?: HttpTimeouts;
  /** What is known of a store that may be away, for `/readyz`. Asks it nothing. */
  readonly store?: () => Promise<StoreHealth>;
  readonly onError: (error: Error) => void;
}

/** Where the server listens. */
export type HttpPlace =
  | {
      /** Loopback addresses only, where nobody signs in. Default 127.0.0.1. */
      readonly host?: string;
      /** 0 picks a free port. */
      readonly port: number;
      /** Serves HTTPS with these; what is renewed is taken into use. */
      readonly tls?: TlsFiles;
    }
  | { readonly socket: string; readonly guard: Guard };

export interface HttpServer {
  /** Address of the MCP endpoint; on a socket, the host in it is only a name. */
  readonly url: string;
  /** Reads the certificate again, where there is one. */
  renew(): Promise<void>;
  /** Goes on serving, and says in `/readyz` that it ends: balancers send no more. */
  drain(): void;
  /** Takes no new requests, gives running ones some time to finish (default 5 s), then ends everything. */
  close(patienceMs?: number): Promise<void>;
}

/** Time between two looks for sessions that have been idle for too long. */
const sweepMs = 60_000;

/** Serves MCP of both protocol families at `/mcp`, on a port or a Unix socket. */
export async function startHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { place, onError, limits = defaultHttpLimits, timeouts = {}, web = {} } = options;
  const tls = 'tls' in place && place.tls !== undefined ? place.tls : undefined;
  const pair = tls && (await readTlsPair(tls));
  const endpoint = createEndpoint(options, limits);
  const { sessions } = endpoint;
  const health = createHealth({ clock: options.clock, ...withoutUndefined({ store: options.store }) });
  const running = new Set<ServerResponse>();
  const handle = createRouter({
    addresses: createWebAddresses(web),
    health,
    isProbedByAnyName: web.isSignedIn === true,
    gate: options.gate,
    routes: options.routes ?? [],
    clock: options.clock,
    limits: createCallerLimits(limits.mostRequestsPerCaller),
    maxBodyBytes: limits.mostBodyBytes,
    ...endpoint,
    onStream: (response) => running.delete(response),
  });
  const phase = { isDraining: false, isClosed: false };
  const listener = createListener({
    tls: pair,
    timeouts,
    mostSockets: limits.mostSockets,
    onRequest: serveEach({ handle, running, phase, onError }),
    onFull: () => onError(new Error('there are too many connections: new ones are closed (http.limits.max_sockets)')),
  });
  const url = await listen(listener, place, web.isSignedIn === true);
  const renewal = tls && pair && followTlsFiles({ files: tls, pair, onRenewed: useIn(listener), onProblem: onError });
  const sweeping = setInterval(() => void sessions.sweep().catch(onError), sweepMs).unref();
  return {
    url,
    renew: async () => renewal?.look(),
    drain() {
      phase.isDraining = true;
      health.drain();
    },
    async close(patienceMs = 5_000) {
      phase.isClosed = true;
      health.drain();
      clearInterval(sweeping);
      renewal?.stop();
      listener.close();
      await drained(running, patienceMs);
      await endpoint.close();
      listener.closeAllConnections();
    },
  };
}

/** Both families, and their end. */
function createEndpoint(options: HttpServerOptions, limits: HttpLimits) {
  const { build, changes, clock, onError } = options;
  const bus = createCallerBus(changes);
  const sessions = new LegacySessions({ build, changes, clock, mostPerCaller: limits.mostSessionsPerCaller });
  const modern = createMcpHandler(build, {
    onerror: onError,
    bus,
    // The limit of each caller holds; one of all together would let a few lock out the others.
    maxSubscriptions: limits.mostSockets,
  });
  const fetch: typeof modern.fetch = async (request, about) => {
    const served = await bus.servedFor(callerOfAuth(about?.authInfo), () => modern.fetch(request, about));
    return asSent(served, { gone: request.signal, ...lengthOf(about?.authInfo) });
  };
  return {
    sessions,
    stateless: toNodeHandler({ fetch }, { onerror: onError }),
    async close() {
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}

interface Serving {
  readonly handle: Handler;
  /** What is waited for at the end. */
  readonly running: Set<ServerResponse>;
  readonly phase: { readonly isDraining: boolean; readonly isClosed: boolean };
  readonly onError: (error: Error) => void;
}

function serveEach({ handle, running, phase, onError }: Serving): RequestListener {
  return (request, response) => {
    // The client opens its next connection elsewhere.
    if (phase.isDraining || phase.isClosed) response.setHeader('connection', 'close');
    if (phase.isClosed) {
      refuse(response, rpcRefusal(503, 'The server ends; try again elsewhere or later', { 'retry-after': '5' }));
      return;
    }
    running.add(response);
    response.once('close', () => running.delete(response));
    handle(request, response).catch((error: unknown) => {
      onError(error instanceof Error ? error : new Error('request failed'));
      if (response.headersSent) {
        response.destroy();
      } else {
        answer(response, 500, { error: 'unexpected failure' });
      }
    });
  };
}

type Listener = ReturnType<typeof createListener>;

async function listen(listener: Listener, place: HttpPlace, isSignedIn: boolean): Promise<string> {
  if ('socket' in place) {
    await listenOnSocket(listener, place.socket, place.guard);
    return 'http://localhost/mcp';
  }
  const { host = '127.0.0.1' } = place;
  const port = await listenOnPort(listener, { host, port: place.port, isSignedIn });
  const scheme = listener instanceof TlsServer ? 'https' : 'http';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/mcp`;
}

function useIn(listener: Listener): Parameters<typeof followTlsFiles>[0]['onRenewed'] {
  return (pair) => {
    if (listener instanceof TlsServer) listener.setSecureContext(pair);
  };
}

async function drained(running: ReadonlySet<ServerResponse>, patienceMs: number): Promise<void> {
  const done = new AbortController();
  const all = Promise.all([...running].map((response) => new Promise((resolve) => response.once('close', resolve))));
  void all.then(() => done.abort());
  await delay(patienceMs, done.signal).catch(() => undefined);
}
