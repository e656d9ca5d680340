import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the proxy does with one `CONNECT`: leads to a local port, or answers with a status. */
export type ProxyAnswer = { readonly port: number } | { readonly status: number; readonly body?: string } | 'silence';

export interface TestProxy {
  readonly port: number;
  /** `host:port` of every `CONNECT`, with the credentials that came along. */
  readonly asked: { readonly host: string; readonly authorization: string | undefined }[];
  /** Bytes that came after a refusal: none, if nothing of a request leaks. */
  readonly leaked: () => string;
  close(): Promise<void>;
}

/** A proxy on loopback; every name leads where `answer` says. */
export async function startProxy(answer: (host: string) => ProxyAnswer): Promise<TestProxy> {
  const asked: TestProxy['asked'] = [];
  const sockets = new Set<Socket>();
  let leaked = '';
  const server = http.createServer((_request, response) => {
    response.writeHead(400).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.on('connect', ({ url = '', headers }: http.IncomingMessage, client: Duplex) => {
    asked.push({ host: url, authorization: headers['proxy-authorization'] });
    const decided = answer(url);
    if (decided === 'silence') return;
    if ('status' in decided) {
      const body = decided.body ?? '<html><title>Blocked</title></html>';
      client.on('data', (bytes: Buffer) => (leaked += bytes.toString('latin1')));
      const head = `HTTP/1.1 ${decided.status} No\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n`;
      client.end(`${head}${body}`);
      return;
    }
    const service = connect(decided.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      service.pipe(client).pipe(service);
    });
    sockets.add(service);
    service.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    port,
    asked,
    leaked: () => leaked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
