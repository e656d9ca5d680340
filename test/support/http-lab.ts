import { connect, type Socket } from 'node:net';
import { Server } from '@modelcontextprotocol/server';
import { Caller } from '../../src/core/base/caller.ts';
import { type Clock, systemClock } from '../../src/core/base/clock.ts';
import { callerOf } from '../../src/server/caller-of.ts';
import type { Gate } from '../../src/server/http/gate.ts';
import { type HttpServer, type HttpServerOptions, startHttp } from '../../src/server/http/start-http.ts';
import type { ResourceChange } from '../../src/server/resource-changes.ts';

/** The real HTTP server, with a gate that takes every name as a token and tools that do what a test wants. */
export interface HttpLab {
  readonly server: HttpServer;
  readonly url: URL;
  /** Servers that were built. */
  readonly built: () => number;
  /** Failures that were told. */
  readonly errors: readonly Error[];
  /** Resolves when so many calls of `hold` are running. */
  holding(count: number): Promise<void>;
  /** Ends all calls of `hold`. */
  release(): void;
  /** Resolves when so many calls of `hold` have been told that their client has gone. */
  gone(count: number): Promise<void>;
  /** Tells clients of a change. */
  tell(change: ResourceChange): void;
  /** Who has asked to be told of what changes, the latest last. */
  readonly begun: readonly Caller[];
  /** Those who are told of changes. */
  readonly told: () => number;
  /** Resolves when so many are told of changes. */
  telling(count: number): Promise<void>;
  post(as: string | undefined, message: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  ask(method: string, as: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A session of an older client; resolves with its id. */
  openSession(as: string): Promise<string>;
  /** A connection that says exactly this. */
  raw(text: string): RawConnection;
  close(): Promise<void>;
}

export interface RawConnection {
  readonly socket: Socket;
  /** What has come so far. */
  readonly received: () => string;
  /** Resolves when what has come satisfies the pattern. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with everything when the server has ended the connection. */
  readonly ended: Promise<string>;
}

export const both = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
export const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

export function call(name: string, args: Readonly<Record<string, unknown>> = {}, id = 2, meta = {}) {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: meta } };
}

const modern = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
/** Opens an event stream of the modern family. */
export const listen = {
  jsonrpc: '2.0',
  id: 7,
  method: 'subscriptions/listen',
  params: { notifications: { resourcesListChanged: true }, _meta: modern },
};
export const listenHeaders = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
/** The next event of a stream; comments are none. */
export async function nextOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  let text = '';
  while (!text.includes('data: ')) text += new TextDecoder().decode((await reader?.read())?.value);
  reader?.releaseLock();
  return text;
}

const nameGate: Gate = {
  async admit({ headers: { authorization } }) {
    const name = /^Bearer (\w+)$/.exec(authorization ?? '')?.[1];
    if (name !== undefined) return { caller: new Caller({ id: name }) };
    return { refusal: { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: 'who are you?' } } };
  },
  refuse: () => undefined,
};

export type HttpLabOptions = Partial<Omit<HttpServerOptions, 'build' | 'changes'>> & { readonly clock?: Clock };

export async function openHttpLab(options: HttpLabOptions = {}): Promise<HttpLab> {
  const errors: Error[] = [];
  const listeners = new Set<(change: ResourceChange) => void>();
  const telling = new Looks();
  const begun: Caller[] = [];
  const held = new Held();
  let built = 0;
  const server = await startHttp({
    clock: systemClock,
    place: { port: 0 },
    gate: nameGate,
    onError: (error) => errors.push(error),
    ...options,
    build: () => {
      built += 1;
      return testServer(held);
    },
    changes: {
      begin: async (caller) => void begun.push(caller),
      renew: () => undefined,
      isWatched: () => true,
      subscribe(_caller, listener) {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
          telling.look();
        };
      },
    },
  });
  const url = new URL(server.url);
  const send = (method: string, as: string | undefined, headers = {}, body?: string) =>
    fetch(url, {
      method,
      headers: { ...both, ...(as === undefined ? {} : { authorization: `Bearer ${as}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  return {
    server,
    url,
    built: () => built,
    errors,
    holding: (count) => held.until(count),
    release: () => held.release(),
    gone: (count) => held.untilGone(count),
    tell: (change) => {
      for (const listener of listeners) listener(change);
    },
    begun,
    told: () => listeners.size,
    telling: (count) => telling.until(() => listeners.size === count),
    post: (as, message, headers) => send('POST', as, headers, JSON.stringify(message)),
    ask: (method, as, headers) => send(method, as, headers),
    async openSession(as) {
      const opened = await send('POST', as, {}, JSON.stringify(initialize));
      await opened.text();
      return opened.headers.get('mcp-session-id') ?? '';
    },
    raw: (text) => openRaw(Number(url.port), text),
    async close() {
      held.release();
      await server.close(0);
    },
  };
}

/** Those who wait for something to be so. */
class Looks {
  readonly #looks = new Set<() => void>();

  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }

  look(): void {
    for (const look of [...this.#looks]) look();
  }
}

/** Calls that wait, and who waits for them. */
class Held {
  readonly #calls: (() => void)[] = [];
  #gone = 0;
  readonly #waiting = new Looks();

  hold(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => {
      this.#gone += 1;
      this.#waiting.look();
    });
    return new Promise((resolve) => {
      this.#calls.push(resolve);
      this.#waiting.look();
    });
  }

  until(count: number): Promise<void> {
    return this.#waiting.until(() => this.#calls.length >= count);
  }

  untilGone(count: number): Promise<void> {
    return this.#waiting.until(() => this.#gone >= count);
  }

  release(): void {
    for (const end of this.#calls.splice(0)) end();
  }
}

function testServer(held: Held): Server {
  const capabilities = { tools: {}, resources: { listChanged: true, subscribe: true } };
  const server = new Server({ name: 'test', version: '1' }, { capabilities });
  server.setRequestHandler('tools/list', () => ({ tools: [{ name: 'hold', inputSchema: { type: 'object' } }] }));
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: args } }, context) => {
    const text = async () => {
      if (name === 'who') return callerOf(context).id;
      if (name === 'big') return 'x'.repeat(Number(args?.['bytes']));
      const progressToken = context.mcpReq._meta?.progressToken;
      if (progressToken !== undefined) {
        await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
      }
      await held.hold(context.mcpReq.signal);
      return 'released';
    };
    return { content: [{ type: 'text', text: await text() }] };
  });
  return server;
}

export function openRaw(port: number, text: string): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  const waiting = new Set<() => void>();
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
    for (const look of [...waiting]) look();
  });
  // A server that closes while we write resets the connection: what it said before counts.
  socket.on('error', () => undefined);
  socket.write(text);
  return {
    socket,
    received: () => received,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(received)) return;
          waiting.delete(look);
          resolve(received);
        };
        waiting.add(look);
        socket.once('close', () => reject(new Error(`The connection ended after: ${received.slice(0, 1_000)}`)));
        look();
      }),
    ended: new Promise((resolve) => socket.once('close', () => resolve(received))),
  };
}
