import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** As it was on the wire. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Arrival by the (fake) system time. */
  readonly at: number;
}

/** What the server does with one request. */
export type Reaction =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** Close the connection: before an answer, or in the middle of its body. */
  | { readonly close: 'before' | 'within' }
  /** Never answer. */
  | { readonly silent: true };

export interface ScriptedServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Reactions to the next requests, in order; afterwards everything is answered 200 with `{}`. */
  react(...reactions: readonly Reaction[]): void;
  close(): Promise<void>;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function perform(reaction: Reaction, response: ServerResponse): void {
  if ('silent' in reaction) return;
  if ('close' in reaction) {
    if (reaction.close === 'within') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"value":[', () => response.destroy());
    } else {
      response.destroy();
    }
    return;
  }
  response.writeHead(reaction.status, { 'content-type': 'application/json', ...reaction.headers });
  response.end(reaction.body ?? (reaction.status >= 400 ? '{"error":{"code":"Scripted","message":"As told."}}' : '{}'));
}

/** A real server on loopback that does as it is told and remembers what arrived. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen: SeenRequest[] = [];
  const script: Reaction[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const at = Date.now();
    seen.push({ method, url, headers, body: await read(request), at });
    perform(script.shift() ?? { status: 200 }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, so the address is one
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    react: (...reactions) => script.push(...reactions),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
