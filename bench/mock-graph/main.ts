import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MockOptions, MockStats } from '../support/mock-graph.ts';
import { TokenBucket } from './token-bucket.ts';
import { buildUser, buildUserPages } from './users.ts';

// A stand-in for Entra and Microsoft Graph that costs as little as possible: prepared bytes, no checks. It runs in a
// process of its own, listens on loopback, takes orders over IPC and ends with its parent.

interface State {
  options: MockOptions;
  pages: readonly Buffer[];
  bucket: TokenBucket | undefined;
  requests: number;
  batches: number;
  connections: number;
  served: Set<string>;
}

const token = createToken();

/** As long as the tokens of Entra are. */
function createToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const tid = '00000000-0000-4000-8000-00000000000a';
  const claims = { aud: 'https://graph.microsoft.com', tid, appid: tid, roles: ['User.Read.All'], exp: 4_000_000_000 };
  const more = { xms_idrel: randomBytes(400).toString('base64url') };
  const signature = randomBytes(256).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...claims, ...more })}.${signature}`;
}

function createState(): State {
  const options = { latencyMs: 0, users: 0 };
  return { options, pages: [], bucket: undefined, requests: 0, batches: 0, connections: 0, served: new Set() };
}

async function respond(state: State, base: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = request.method === 'POST' ? await readBody(request) : '';
  const url = request.url ?? '/';
  if (!url.startsWith('/v1.0/')) {
    send(response, 200, url.includes('/oauth2/') ? tokenAnswer() : discoveryAnswer(base));
    return;
  }
  state.requests++;
  const waitSeconds = state.bucket?.take(performance.now()) ?? 0;
  if (waitSeconds > 0) {
    response.setHeader('retry-after', String(waitSeconds));
    send(response, 429, refusalAnswer());
    return;
  }
  const answer = answerTo(state, url, body);
  const { latencyMs = 0 } = state.options;
  if (latencyMs > 0) {
    setTimeout(() => send(response, 200, answer), latencyMs);
  } else {
    send(response, 200, answer);
  }
}

function answerTo(state: State, url: string, body: string): Buffer {
  if (url.startsWith('/v1.0/$batch')) return answerToBatch(state, body);
  if (!url.startsWith('/v1.0/users?') && url !== '/v1.0/users') return answerToUser(state, url);
  const page = Number(/skiptoken=(\d+)/.exec(url)?.[1] ?? 0);
  return state.pages[page] ?? Buffer.from('{"value":[]}');
}

function answerToUser(state: State, url: string): Buffer {
  const id = url.slice(url.lastIndexOf('/') + 1);
  state.served.add(id);
  return Buffer.from(JSON.stringify(buildUser(Number(id))));
}

function answerToBatch(state: State, body: string): Buffer {
  state.batches++;
  const { requests }: { requests: { id: string; url: string }[] } = JSON.parse(body);
  const headers = { 'Content-Type': 'application/json' };
  const responses = requests.map(({ id, url }) => {
    const user = url.slice(url.lastIndexOf('/') + 1);
    state.served.add(user);
    return { id, status: 200, headers, body: buildUser(Number(user)) };
  });
  return Buffer.from(JSON.stringify({ responses }));
}

function tokenAnswer(): Buffer {
  return Buffer.from(JSON.stringify({ token_type: 'Bearer', expires_in: 86_399, access_token: token }));
}

function discoveryAnswer(base: string): Buffer {
  const tenant = `${base}/00000000-0000-4000-8000-00000000000a`;
  return Buffer.from(
    JSON.stringify({
      issuer: `${tenant}/v2.0`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      jwks_uri: `${tenant}/discovery/v2.0/keys`,
    }),
  );
}

function refusalAnswer(): Buffer {
  return Buffer.from('{"error":{"code":"TooManyRequests","message":"Too many requests."}}');
}

function send(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'request-id': 'mock',
  });
  response.end(body);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function reset(state: State, options: MockOptions, base: string): void {
  if (options.users !== state.options.users) state.pages = buildUserPages(base, options.users ?? 0, 999);
  state.options = options;
  state.bucket = options.bucket && new TokenBucket(options.bucket, performance.now());
  state.requests = 0;
  state.batches = 0;
  state.served = new Set();
}

function statsOf(state: State): MockStats {
  const { requests, batches, connections, served, bucket } = state;
  return {
    requests,
    batches,
    connections,
    served: served.size,
    refusals: bucket?.refusals ?? 0,
    sentDuringPause: bucket?.sentDuringPause ?? 0,
  };
}

function main(): void {
  const state = createState();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    respond(state, base(), request, response).catch(() => response.destroy());
  });
  const base = () => {
    const address = server.address() as AddressInfo; // listening on TCP
    return `http://127.0.0.1:${address.port}`;
  };
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    state.connections++;
  });
  process.on('message', (message: { reset?: MockOptions }) => {
    if (message.reset !== undefined) reset(state, message.reset, base());
    process.send?.(statsOf(state));
  });
  process.on('disconnect', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => process.send?.({ url: base() }));
}

main();
