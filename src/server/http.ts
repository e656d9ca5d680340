import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { localhostHostValidation, localhostOriginValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isInitializeRequest, isLegacyRequest, type Server } from '@modelcontextprotocol/server';
import type { Clock } from '../core/base/clock.ts';
import { delay } from '../core/base/delay.ts';
import { AppError } from '../core/base/errors.ts';
import { LegacySessions } from './legacy-sessions.ts';

export interface HttpServerOptions {
  /** A server for one request (or one session of an older client). */
  readonly build: () => Server;
  readonly clock: Clock;
  /** Loopback addresses only: there is no sign-in yet. Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** How long `close` waits for requests in flight. Default 5 s. */
  readonly drainMs?: number;
  readonly onError: (error: Error) => void;
}

export interface HttpServer {
  /** Address of the MCP endpoint. */
  readonly url: string;
  /** Takes no new requests, gives running ones some time to finish, then ends everything. */
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const loopbackHosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Serves MCP of both protocol families at `/mcp`, on loopback. */
export async function startHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { host = '127.0.0.1', port, drainMs = 5_000 } = options;
  refuseOtherHosts(host);
  const sessions = new LegacySessions(options);
  const modern = createMcpHandler(options.build, { onerror: options.onError });
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
  await listen(listener, port, host);
  // A TCP server has an address of this shape once it listens.
  const { port: actualPort } = listener.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}/mcp`,
    async close() {
      listener.close();
      await drained(running, drainMs);
      await Promise.all([modern.close(), sessions.close()]);
      listener.closeAllConnections();
    },
  };
}

function refuseOtherHosts(host: string): void {
  if (loopbackHosts.includes(host)) return;
  throw new AppError('configuration', `The HTTP server does not listen on ${host}: it has no sign-in yet.`, {
    hint: 'Use --host 127.0.0.1, ::1 or localhost, and put no proxy in front of it that lets others in.',
  });
}

function listen(listener: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'the port is in use' : (error.code ?? 'it cannot be opened');
      reject(
        new AppError('configuration', `Cannot listen on ${host}:${port}: ${reason}.`, {
          hint: 'Choose another --port, or 0 for any free one.',
          cause: error,
        }),
      );
    });
    listener.listen(port, host, resolve);
  });
}

/** Guards first, then health, then the endpoint. */
function createRouter(
  { maxBodyBytes = 4 * 1024 * 1024 }: HttpServerOptions,
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
    const read = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : { body: undefined };
    if ('status' in read) {
      const { status, ...error } = read;
      answer(response, status, { jsonrpc: '2.0', error, id: null });
    } else {
      await route(request, response, read.body, sessions, stateless);
    }
  };
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
    return { body: JSON.parse(bytes.toString('utf8')) };
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

async function drained(running: ReadonlySet<ServerResponse>, drainMs: number): Promise<void> {
  const done = new AbortController();
  const all = Promise.all([...running].map((response) => new Promise((resolve) => response.once('close', resolve))));
  void all.then(() => done.abort());
  await delay(drainMs, done.signal).catch(() => undefined);
}
