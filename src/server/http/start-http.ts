import { createServer, type ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  InMemoryServerEventBus,
  type Server,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import type { Clock } from '../../core/base/clock.ts';
import { delay } from '../../core/base/delay.ts';
import type { Guard } from '../../core/base/private-paths.ts';
import type { ResourceChanges } from '../resource-changes.ts';
import type { Gate } from './gate.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { listenOnPort, listenOnSocket } from './listen.ts';
import { answer, createRouter, type HttpRoute } from './router.ts';

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
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** How long `close` waits for requests in flight. Default 5 s. */
  readonly drainMs?: number;
  readonly onError: (error: Error) => void;
}

/** Where the server listens. */
export type HttpPlace =
  | {
      /** Loopback addresses only, where nobody signs in. Default 127.0.0.1. */
      readonly host?: string;
      /** 0 picks a free port. */
      readonly port: number;
    }
  | { readonly socket: string; readonly guard: Guard };

export interface HttpServer {
  /** Address of the MCP endpoint; on a socket, the host in it is only a name. */
  readonly url: string;
  /** Takes no new requests, gives running ones some time to finish, then ends everything. */
  close(): Promise<void>;
}

/** Serves MCP of both protocol families at `/mcp`, on a loopback port or a Unix socket. */
export async function startHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { drainMs = 5_000 } = options;
  const sessions = new LegacySessions(options);
  const modern = createMcpHandler(options.build, { onerror: options.onError, bus: listeningBus(options) });
  const untell = options.changes.subscribe(({ isListChanged, uris }) => {
    if (isListChanged) modern.notify.resourcesChanged();
    for (const uri of uris) modern.notify.resourceUpdated(uri);
  });
  const stateless = toNodeHandler(modern, { onerror: options.onError });
  const { gate, routes, maxBodyBytes } = options;
  const handle = createRouter({ gate, routes, maxBodyBytes, sessions, stateless });
  const running = new Set<ServerResponse>();
  const listener = createServer((request, response) => {
    // Open event streams are not waited for: they last until the server ends them.
    if (request.method === 'POST') {
      running.add(response);
      response.once('close', () => running.delete(response));
    }
    handle(request, response).catch((error: unknown) => {
      options.onError(error instanceof Error ? error : new Error('request failed'));
      if (response.headersSent) {
        response.destroy();
      } else {
        answer(response, 500, { error: 'unexpected failure' });
      }
    });
  });
  const url = await listen(listener, options.place);
  return {
    url,
    async close() {
      untell();
      listener.close();
      await drained(running, drainMs);
      await Promise.all([modern.close(), sessions.close()]);
      listener.closeAllConnections();
    },
  };
}

/** The SDK's own bus, which says when the first client of the modern family listens. */
function listeningBus({ changes, onError }: HttpServerOptions): ServerEventBus {
  const bus = new InMemoryServerEventBus(onError);
  return {
    publish: (event) => bus.publish(event),
    subscribe(listener) {
      void changes.begin();
      return bus.subscribe(listener);
    },
  };
}

async function listen(listener: ReturnType<typeof createServer>, place: HttpPlace): Promise<string> {
  if ('socket' in place) {
    await listenOnSocket(listener, place.socket, place.guard);
    return 'http://localhost/mcp';
  }
  const { host = '127.0.0.1' } = place;
  const port = await listenOnPort(listener, host, place.port);
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/mcp`;
}

async function drained(running: ReadonlySet<ServerResponse>, drainMs: number): Promise<void> {
  const done = new AbortController();
  const all = Promise.all([...running].map((response) => new Promise((resolve) => response.once('close', resolve))));
  void all.then(() => done.abort());
  await delay(drainMs, done.signal).catch(() => undefined);
}
