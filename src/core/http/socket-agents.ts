import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { NetworkProxy } from './proxy.ts';
import { codeOf, WireFailure } from './wire-failure.ts';

/** Limit for opening a connection where the request brings none: that of a library's socket. */
const defaultConnectMs = 30_000;

/** State of the connection that a request uses; the agents fill it in. It travels through `requestOverrides`. */
export interface ConnectionState {
  readonly connectTimeoutMs: number;
  /** True while a new connection is being opened. */
  connecting: boolean;
  /** Why none could be opened; the library's transport keeps only the words of it. */
  failure?: WireFailure;
}

export function newState(connectTimeoutMs = defaultConnectMs): ConnectionState {
  return { connectTimeoutMs, connecting: false };
}

/** Marks the connection state while a socket opens, and gives up when that takes too long. */
function watchConnect<Socket extends Duplex>(socket: Socket, state: ConnectionState, readyEvent: string): Socket {
  state.connecting = true;
  const timer = setTimeout(
    () => socket.destroy(new WireFailure('unreachable', 'CONNECT_TIMEOUT', false)),
    state.connectTimeoutMs,
  );
  const done = () => {
    clearTimeout(timer);
    socket.off('error', failed);
  };
  const failed = () => clearTimeout(timer);
  socket.once(readyEvent, () => {
    state.connecting = false;
    done();
  });
  socket.once('error', failed);
  socket.once('close', failed);
  return socket;
}

/** Our addition to the options of a request. */
export function stateOf(options: object): ConnectionState | undefined {
  const { connection } = options as { connection?: Partial<ConnectionState> }; // checked below
  return typeof connection?.connectTimeoutMs === 'number' ? (connection as ConnectionState) : undefined;
}

export class WatchingHttpAgent extends http.Agent {
  override createConnection(...parameters: Parameters<http.Agent['createConnection']>) {
    const socket = super.createConnection(...parameters);
    const state = stateOf(parameters[0]);
    return state === undefined || !socket ? socket : watchConnect(socket, state, 'connect');
  }
}

export class WatchingHttpsAgent extends https.Agent {
  override createConnection(...parameters: Parameters<https.Agent['createConnection']>) {
    const socket = super.createConnection(...parameters);
    const state = stateOf(parameters[0]);
    return state === undefined || !socket ? socket : watchConnect(socket, state, 'secureConnect');
  }
}

/** Where sockets come from, by the scheme of the address. */
export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/**
 * Sockets that lead through a proxy (`CONNECT`), with TLS to the service inside. What the proxy answers is never taken for
 * an answer of the service, and nothing of the request is sent to it.
 */
export class TunnelAgent extends https.Agent {
  readonly #proxy: NetworkProxy;
  readonly #onSocket: ((socket: Duplex) => void) | undefined;

  /** `onSocket` is told of each socket before it is secure. */
  constructor(proxy: NetworkProxy, options: https.AgentOptions & { onSocket?: (socket: Duplex) => void } = {}) {
    const { onSocket, ...agentOptions } = options;
    super(agentOptions);
    this.#proxy = proxy;
    this.#onSocket = onSocket;
  }

  override createConnection(...[options, callback]: Parameters<https.Agent['createConnection']>): undefined {
    const state = stateOf(options) ?? newState();
    state.connecting = true;
    this.#connect(options, state).then(
      (socket) => callback?.(null, socket),
      (error: Error) => {
        if (error instanceof WireFailure) state.failure = error;
        // The stream is not looked at beside an error.
        callback?.(error, undefined as never);
      },
    );
  }

  async #connect(options: https.RequestOptions, state: ConnectionState): Promise<Duplex> {
    const tunnel = await openTunnel(this.#proxy, options, state.connectTimeoutMs);
    const overTunnel = { ...options, socket: tunnel }; // as `tls.connect` takes it
    const socket = super.createConnection(overTunnel);
    if (!socket) throw new WireFailure('unreachable', 'ECONNABORTED', false);
    this.#onSocket?.(socket);
    return watchConnect(socket, state, 'secureConnect');
  }
}

/** Asks the proxy for a way to the host of the options. Rejects with a `WireFailure` of kind `proxy`. */
function openTunnel(proxy: NetworkProxy, target: Target, timeoutMs: number): Promise<Duplex> {
  const { url } = proxy;
  const host = `${bracketed(target.host ?? target.hostname ?? '')}:${target.port ?? 443}`;
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const fail = (code: string) => reject(new WireFailure('proxy', code, false, { proxy }));
  const request = (url.protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: host,
    headers: { Host: host, Connection: 'keep-alive', ...credentialsOf(url) },
    agent: false,
  });
  const timer = setTimeout(
    () => request.destroy(new WireFailure('proxy', 'CONNECT_TIMEOUT', false, { proxy })),
    timeoutMs,
  );
  request.on('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300 && head.length === 0) return resolve(socket);
    socket.destroy();
    fail(String(statusCode));
  });
  // Whoever answers a CONNECT with anything else is no proxy.
  request.on('response', ({ statusCode = 0 }) => {
    request.destroy();
    fail(String(statusCode));
  });
  request.on('error', (error) => fail(error instanceof WireFailure ? error.code : codeOf(error)));
  request.on('close', () => clearTimeout(timer));
  promise.then(
    () => clearTimeout(timer),
    () => clearTimeout(timer),
  );
  request.end();
  return promise;
}

interface Target {
  readonly host?: string | null | undefined;
  readonly hostname?: string | null | undefined;
  readonly port?: number | string | null | undefined;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function credentialsOf({ username, password }: URL): { 'Proxy-Authorization'?: string } {
  if (username === '' && password === '') return {};
  const plain = `${decoded(username)}:${decoded(password)}`;
  return { 'Proxy-Authorization': `Basic ${Buffer.from(plain).toString('base64')}` };
}

/** A percent sign that somebody forgot to encode is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
