import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import type { NetworkProxy } from './proxy.ts';
import { codeOf, WireFailure } from './wire-failure.ts';

/** Limit for opening a connection where the request brings none: that of a library's socket, or a sign-in. */
const defaultConnectMs = 10_000;

/** Ends the wait for a connection; the smaller type is that of libraries. */
type GiveUp = NonNullable<PipelineRequest['abortSignal']>;

/** State of the connection that a request uses; the agents fill it in. It travels through `requestOverrides`. */
export interface ConnectionState {
  readonly connectTimeoutMs: number;
  /** Aborts when nobody waits for the connection any more. */
  readonly giveUp?: GiveUp | undefined;
  /** True while a new connection is being opened. */
  connecting: boolean;
  /** Why none could be opened; the library's transport keeps only the words of it. */
  failure?: WireFailure;
  /** The proxy that the connection leads through. */
  via?: NetworkProxy | undefined;
}

export function newState(giveUp?: GiveUp, connectTimeoutMs = defaultConnectMs): ConnectionState {
  return { connectTimeoutMs, giveUp, connecting: false };
}

/** Marks the connection state while a socket opens, and gives up when that takes too long. */
function watchConnect<Socket extends Duplex>(socket: Socket, state: ConnectionState, readyEvent: string): Socket {
  state.connecting = true;
  const timer = setTimeout(
    () => socket.destroy(new WireFailure('unreachable', 'CONNECT_TIMEOUT', false, { via: state.via })),
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
  readonly #opening = new Set<Tunnel>();

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

  override destroy(): void {
    for (const tunnel of this.#opening) tunnel.giveUp();
    super.destroy();
  }

  async #connect(options: https.RequestOptions, state: ConnectionState): Promise<Duplex> {
    const tunnel = openTunnel(this.#proxy, options, state.connectTimeoutMs);
    const { giveUp } = tunnel;
    this.#opening.add(tunnel);
    // Node tells a request that was destroyed only when it has its socket.
    state.giveUp?.addEventListener('abort', giveUp);
    if (state.giveUp?.aborted === true) giveUp();
    try {
      const overTunnel = { ...options, socket: await tunnel.opened }; // as `tls.connect` takes it
      const socket = super.createConnection(overTunnel);
      if (!socket) throw new WireFailure('unreachable', 'ECONNABORTED', false);
      this.#onSocket?.(socket);
      return watchConnect(socket, state, 'secureConnect');
    } finally {
      this.#opening.delete(tunnel);
      state.giveUp?.removeEventListener('abort', giveUp);
    }
  }
}

interface Tunnel {
  /** Rejects with a `WireFailure` of kind `proxy`. */
  readonly opened: Promise<Duplex>;
  /** Leaves the proxy alone, unless the tunnel stands. */
  giveUp(): void;
}

/** Asks the proxy for a way to the host of the options. */
function openTunnel(proxy: NetworkProxy, target: Target, timeoutMs: number): Tunnel {
  const host = `${bracketed(target.host ?? target.hostname ?? '')}:${target.port ?? 443}`;
  const { promise: opened, resolve, reject } = Promise.withResolvers<Duplex>();
  const fail = (code: string) => reject(new WireFailure('proxy', code, false, { proxy }));
  const { authorization } = proxy;
  const request = (proxy.isSecure ? https : http).request({
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    // Node would take the name in the header, which is that of the service.
    servername: isIP(proxy.host) === 0 ? proxy.host : '',
    path: host,
    headers: {
      Host: host,
      Connection: 'keep-alive',
      ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization.reveal() }),
    },
    agent: false,
  });
  const end = (code: string) => request.destroy(new WireFailure('proxy', code, false, { proxy }));
  const timer = setTimeout(end, timeoutMs, 'CONNECT_TIMEOUT');
  request.on('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300 && head.length === 0) return resolve(socket);
    socket.destroy();
    fail(String(statusCode));
  });
  request.on('error', (error) => fail(error instanceof WireFailure ? error.code : codeOf(error)));
  const settled = () => clearTimeout(timer);
  opened.then(settled, settled);
  request.end();
  return { opened, giveUp: () => end('ECONNABORTED') };
}

interface Target {
  readonly host?: string | null | undefined;
  readonly hostname?: string | null | undefined;
  readonly port?: number | string | null | undefined;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
