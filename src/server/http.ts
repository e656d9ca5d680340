import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  InMemoryServerEventBus,
  isInitializeRequest,
  isLegacyRequest,
  type Server,
  type ServerEventBus,
} from '@modelcontextprotocol/server';
import type { Clock } from '../core/base/clock.ts';
import { delay } from '../core/base/delay.ts';
import type { Guard } from '../core/base/private-paths.ts';
import { carriesToken } from './http-token.ts';
import { LegacySessions } from './legacy-sessions.ts';
import { listenOnPort, listenOnSocket } from './listen.ts';
import { protocolErrors, type Refusal, readMessage, withoutByteOrderMark } from './read-message.ts';
import type { ResourceChanges } from './resource-changes.ts';

export interface HttpServerOptions {
  /** A server for one request (or one session of an older client). */
  readonly build: () => Server;
  /** What clients that listen are told. */
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  readonly place: HttpPlace;
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** How long `close` waits for requests in flight. Default 5 s. */
  readonly drainMs?: number;
  readonly onError: (error: Error) => void;
}

/**
 * Where the server listens, and by what it knows its clients: every program of the machine can reach a port, so a port
 * wants a token; a socket lets nobody in but its owner.
 */
export type HttpPlace =
  | {
      /** Loopback addresses only: there is no sign-in yet. Default 127.0.0.1. */
      readonly host?: string;
      /** 0 picks a free port. */
      readonly port: number;
      readonly token: string;
      /** Where clients find the token; refusals name it. */
      readonly tokenPath: string;
    }
  | { readonly socket: string; readonly guard: Guard };

export interface HttpServer {
  /** Address of the MCP endpoint; on a socket, the host in it is only a name. */
  readonly url: string;
  /** Takes no new requests, gives running ones some time to finish, then ends everything. */
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves MCP of both protocol families at `/mcp`, on a loopback port or a Unix socket. */
export async function startHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { drainMs = 5_000 } = options;
  const sessions = new LegacySessions(options);
  const modern = createMcpHandler(options.build, { onerror: options.onError, bus: listeningBus(options) });
  const untell = options.changes.subscribe(({ isListChanged, uris }) => {
    if (isListChanged) modern.notify.resourcesChanged();
    for (const uri of uris) modern.notify.resourceUpdated(uri);
  });
  const handle = createRouter(options, sessions, toNodeHandler(modern, { onerror: options.onError }));
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

/** Guards first, then health, then the endpoint. */
function createRouter(
  { place, maxBodyBytes = 4 * 1024 * 1024 }: HttpServerOptions,
  sessions: LegacySessions,
  stateless: ReturnType<typeof toNodeHandler>,
): Handler {
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  return async (request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/healthz') {
      answer(response, 200, { status: 'ok' });
      return;
    }
    if (path !== '/mcp') {
      answer(response, 404, { error: 'not found', hint: 'MCP is served at /mcp.' });
      return;
    }
    if ('token' in place && !carriesToken(request.headers.authorization, place.token)) {
      answerUnauthorized(response, place.tokenPath);
      return;
    }
    const read = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : { body: undefined };
    if ('status' in read) {
      const { status, ...error } = read;
      answer(response, status, { jsonrpc: '2.0', error, id: null });
      return;
    }
    acceptWhatIsSent(request);
    await serve(request, response, read.body, sessions, stateless);
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  sessions: LegacySessions,
  stateless: ReturnType<typeof toNodeHandler>,
): Promise<void> {
  const { message, refusal } = request.method === 'POST' ? readBody(body) : { message: body };
  if (refusal === undefined) {
    await route(request, response, message ?? body, sessions, stateless);
    return;
  }
  // In a session a request that was understood gets its answer as any other: clients take 400 for a fault of the session.
  // The modern family has 400 for it.
  const isAnswer = refusal.error.code === protocolErrors.params && request.headers['mcp-session-id'] !== undefined;
  answer(response, isAnswer ? 200 : 400, refusal);
}

/** The SDK serves the arrays of the revision that knows batches. */
function readBody(body: unknown): { readonly message?: unknown; readonly refusal?: Refusal | undefined } {
  return Array.isArray(body) ? { message: body.map((one) => readMessage(one).message ?? one) } : readMessage(body);
}

/** Who accepts anything, or does not say, accepts both kinds of answer: RFC 9110 section 12.5.1. */
function acceptWhatIsSent(request: IncomingMessage): void {
  const { accept } = request.headers;
  if (accept !== undefined && !/(?:^|,)\s*\*\/\*\s*(?:;|,|$)/.test(accept)) return;
  const both = 'application/json, text/event-stream';
  request.headers.accept = both;
  const rest = request.rawHeaders.filter((_, at, all) => all[at - (at % 2)]?.toLowerCase() !== 'accept');
  request.rawHeaders.splice(0, request.rawHeaders.length, ...rest, 'Accept', both);
}

/** A parsed body, or the answer that refuses it. */
type JsonBody =
  | { readonly body: unknown }
  | { readonly status: 400 | 413; readonly code: number; readonly message: string };

/** How many times the limit is read and discarded, so that the client can read the refusal. */
const patience = 8;

/** Reads at most `maxBytes` of JSON. */
async function readJsonBody(request: IncomingMessage, maxBytes: number): Promise<JsonBody> {
  const bytes = await readBytes(request, maxBytes);
  if (!bytes) return { status: 413, code: -32600, message: `The request body is larger than ${maxBytes} bytes` };
  try {
    return { body: JSON.parse(withoutByteOrderMark(bytes.toString('utf8'))) };
  } catch {
    return { status: 400, code: -32700, message: 'Parse error: the request body is not JSON' };
  }
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) {
        chunks.push(chunk);
      } else {
        chunks.length = 0;
        if (size > maxBytes * patience) request.destroy();
      }
    });
    request.once('end', () => resolve(size > maxBytes ? undefined : Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client closed the connection.')));
  });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  sessions: LegacySessions,
  stateless: ReturnType<typeof toNodeHandler>,
): Promise<void> {
  const session = request.headers['mcp-session-id'];
  if (typeof session === 'string') {
    await sessions.handle(session, request, response, body);
  } else if (isInitializeRequest(body) && (await isLegacyRequest(legacyProbe(request), body))) {
    await sessions.open(request, response, body);
  } else {
    // The same object: only the SDK's type lacks `undefined` where Node's has it.
    await stateless(request as Parameters<typeof stateless>[0], response, body);
  }
}

/** The SDK tells the protocol family from method, headers and body; the body is passed separately. */
function legacyProbe(request: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request('http://localhost/mcp', { method: 'POST', headers });
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** Before the body is read: who has no token costs nothing. */
function answerUnauthorized(response: ServerResponse, tokenPath: string): void {
  response.setHeader('www-authenticate', 'Bearer realm="tenantry"');
  const message = `Unauthorized: send the token in ${tokenPath} as "Authorization: Bearer <token>"`;
  answer(response, 401, { jsonrpc: '2.0', error: { code: -32001, message }, id: null });
}

async function drained(running: ReadonlySet<ServerResponse>, drainMs: number): Promise<void> {
  const done = new AbortController();
  const all = Promise.all([...running].map((response) => new Promise((resolve) => response.once('close', resolve))));
  void all.then(() => done.abort());
  await delay(drainMs, done.signal).catch(() => undefined);
}
