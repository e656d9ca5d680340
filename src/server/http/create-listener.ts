import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsPair } from './tls-files.ts';

/** How long a client may keep us waiting. */
export interface HttpTimeouts {
  /** From the beginning of a connection or request to the end of its headers, and of a TLS handshake. Default 10 s. */
  readonly headersMs?: number;
  /** To the end of its body. Default 60 s. */
  readonly requestMs?: number;
  /** Between two requests. Default 65 s: longer than balancers keep a connection. */
  readonly keepAliveMs?: number;
  /** For a client that does not read what it has asked for. Default 30 s without progress. */
  readonly stallMs?: number;
  /** Time between two looks at headers and bodies. Default 5 s. */
  readonly checkMs?: number;
}

export interface ListenerOptions {
  readonly tls: TlsPair | undefined;
  readonly timeouts: HttpTimeouts;
  /** Open sockets of all clients; another one is closed at once. */
  readonly mostSockets: number;
  readonly onRequest: RequestListener;
  /** Told of the first socket that was closed because there were too many, once until there is room again. */
  readonly onFull: () => void;
}

/** Tokens with the groups of a person are long. */
const maxHeaderSize = 32 * 1024;

/** A server of HTTP, with or without TLS, that no client can keep busy for ever. */
export function createListener(options: ListenerOptions): Server | TlsServer {
  const { tls, timeouts, mostSockets, onRequest, onFull } = options;
  const { headersMs = 10_000, requestMs = 60_000, keepAliveMs = 65_000, stallMs = 30_000, checkMs = 5_000 } = timeouts;
  const settings: ServerOptions = {
    maxHeaderSize,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: checkMs,
    // Finds clients that went without a word.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const server =
    tls === undefined
      ? createServer(settings, onRequest)
      : createTlsServer({ ...settings, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: headersMs }, onRequest);
  server.maxConnections = mostSockets;
  cutStalled(server, stallMs);
  let isFull = false;
  server.on('drop', () => {
    if (!isFull) onFull();
    isFull = true;
  });
  server.on('connection', () => {
    isFull = false;
  });
  return server;
}

/**
 * Ends connections whose client does not take what was sent: the rest waits in memory. Node measures the progress of what
 * is under way. Where nothing waits to be sent, a quiet connection waits for our answer.
 */
function cutStalled(server: Server, stallMs: number): void {
  const answering = new Map<Socket, number>();
  const count = (socket: Socket, change: number) => {
    const now = (answering.get(socket) ?? 0) + change;
    if (now === 0) answering.delete(socket);
    else answering.set(socket, now);
  };
  server.on('request', ({ socket }, response) => {
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });
  server.timeout = stallMs;
  server.on('timeout', (socket) => {
    if (!answering.has(socket) || socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(stallMs);
  });
}
