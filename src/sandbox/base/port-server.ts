import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WireAnswer, WireRequest } from './exchange.ts';
import { portDestination } from './hosts.ts';
import { readAtMost } from './read-request.ts';

interface PortServerOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Certificate chain and private key as PEM. With them the server speaks https. */
  readonly tls?: { readonly chain: string; readonly key: string };
  exchange(request: WireRequest): Promise<WireAnswer>;
  /** Answers requests below `/__sandbox`. */
  control(method: string, path: string, body: Uint8Array): { readonly status: number; readonly body: unknown };
}

export interface PortServer {
  /** `http://127.0.0.1:{port}`, or `https` with a certificate. */
  readonly origin: string;
  close(): Promise<void>;
}

const maxBodyBytes = 64 * 1024 * 1024;

/** Serves the sandbox on 127.0.0.1 only. */
export async function startPortServer(options: PortServerOptions): Promise<PortServer> {
  const { tls } = options;
  const scheme = tls ? 'https' : 'http';
  const listener: RequestListener = (request, response) => {
    serve(request, response, { ...options, scheme }).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer({ cert: tls.chain, key: tls.key }, listener) : createServer(listener);
  const port = await listenOnLoopback(server, options.port);
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: PortServerOptions & { readonly scheme: string },
): Promise<void> {
  const host = request.headers.host ?? '';
  // Blocks DNS rebinding: a web page that points its own name at 127.0.0.1 sends that name.
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host)) {
    sendJson(response, 421, { error: { code: 'BadHost', message: 'The sandbox answers loopback host names only.' } });
    return;
  }
  const body = await readAtMost(request, maxBodyBytes);
  if (!body) {
    sendJson(response, 413, { error: { code: 'RequestTooLarge', message: `At most ${maxBodyBytes} bytes.` } });
    return;
  }
  const target = request.url ?? '/';
  const method = request.method ?? 'GET';
  if (/^\/__sandbox(\/|$|\?)/.test(target)) {
    const { status, body: answer } = options.control(method, target.split('?', 1)[0] ?? target, body);
    sendJson(response, status, answer);
    return;
  }
  const aborted = new AbortController();
  response.once('close', () => aborted.abort());
  const answer = await options.exchange({
    method,
    destination: portDestination(`${options.scheme}://${host}`, target),
    headers: headersOf(request),
    body,
    signal: aborted.signal,
  });
  if (answer.kind === 'reset') {
    breakOff(request.socket);
    return;
  }
  const length = { 'content-length': String(answer.body.length) };
  // The answer to a HEAD may say how long the body of a GET would be.
  const headers = method === 'HEAD' ? { ...length, ...answer.headers } : { ...answer.headers, ...length };
  response.writeHead(answer.status, headers);
  response.end(method === 'HEAD' ? undefined : answer.body);
}

/** Only a plain connection can be reset; one with TLS ends without its closing message. */
function breakOff(socket: Socket): void {
  if (socket instanceof TLSSocket) {
    socket.destroy();
  } else {
    socket.resetAndDestroy();
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
