import https from 'node:https';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TestCertificate } from './test-certificate.ts';

/** What the server answers to the first evaluation. */
export interface GremlinAnswer {
  readonly code: number;
  readonly message?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export interface TestGremlinOptions {
  /** Response after sign-in. Default: success. */
  readonly answer?: GremlinAnswer;
  /** Status that refuses the WebSocket itself. */
  readonly refuseUpgrade?: number;
  /** Stops responding: `socket` before the upgrade, `body` in the middle of a refusal, `request` after the upgrade. */
  readonly silent?: 'socket' | 'body' | 'request';
  /** Text to send instead of a valid answer. */
  readonly garbage?: string;
}

/** Enough of the TinkerPop protocol over WebSockets: GraphSON 2 and SASL PLAIN. */
export interface TestGremlin {
  readonly port: number;
  /** `[user, password]` of every sign-in. */
  readonly credentials: (readonly [string, string])[];
  readonly scripts: string[];
  /** Settles when the first TCP connection closes. */
  readonly disconnected: Promise<void>;
  /** Settles when the server has received something that it leaves unanswered. */
  readonly ignored: Promise<void>;
  close(): Promise<void>;
}

export async function startGremlin(
  certificate: TestCertificate,
  options: TestGremlinOptions = {},
): Promise<TestGremlin> {
  const credentials: (readonly [string, string])[] = [];
  const scripts: string[] = [];
  const disconnected = Promise.withResolvers<void>();
  const ignored = Promise.withResolvers<void>();
  const server = https.createServer({ cert: certificate.cert, key: certificate.key });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('close', () => disconnected.resolve());
  });
  server.on('upgrade', (request, socket, head) => {
    if (options.silent === 'socket') {
      ignored.resolve();
      return;
    }
    if (options.silent === 'body') {
      socket.write('HTTP/1.1 503 Unavailable\r\nContent-Length: 100\r\n\r\nbegun', () => ignored.resolve());
      return;
    }
    if (options.refuseUpgrade !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseUpgrade} No\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (data: Buffer) => answer(webSocket, data, { options, credentials, scripts, ignored }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    credentials,
    scripts,
    disconnected: disconnected.promise,
    ignored: ignored.promise,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Exchange {
  readonly options: TestGremlinOptions;
  readonly credentials: (readonly [string, string])[];
  readonly scripts: string[];
  readonly ignored: { resolve(): void };
}

/** A frame is the length of the mime type, the mime type, and the request as JSON. */
function answer(socket: WebSocket, frame: Buffer, { options, credentials, scripts, ignored }: Exchange): void {
  const mimeLength = frame[0] ?? 0;
  const mimeType = frame.subarray(1, 1 + mimeLength).toString();
  if (mimeType !== 'application/vnd.gremlin-v2.0+json') throw new Error(`The mime type is ${mimeType}.`);
  const request = JSON.parse(frame.subarray(1 + mimeLength).toString());
  // GraphSON 2 writes ids with their type.
  const requestId = request.requestId['@value'] ?? request.requestId;
  const send = ({ code, message = '', attributes = {} }: GremlinAnswer) =>
    socket.send(JSON.stringify({ requestId, status: { code, message, attributes }, result: { data: null, meta: {} } }));
  if (options.silent === 'request') {
    ignored.resolve();
    return;
  }
  if (options.garbage !== undefined) {
    socket.send(options.garbage);
    return;
  }
  if (request.op === 'authentication') {
    const sasl = request.args.sasl ?? request.args.saslMechanism;
    const [, user = '', password = ''] = Buffer.from(sasl, 'base64').toString().split('\0');
    credentials.push([user, password]);
    send(options.answer ?? { code: 200 });
    return;
  }
  scripts.push(request.args.gremlin);
  send({ code: 407, message: 'Sign in.' });
}
