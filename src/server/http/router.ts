import type { IncomingMessage, ServerResponse } from 'node:http';
import { localhostHostValidation, localhostOriginValidation, type toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, isInitializeRequest, isLegacyRequest } from '@modelcontextprotocol/server';
import { authInfoOf } from '../caller-of.ts';
import { protocolErrors, type Refusal, readMessage } from '../read-message.ts';
import type { Gate, HttpRefusal } from './gate.ts';
import type { LegacySessions } from './legacy-sessions.ts';
import { readJsonBody } from './read-body.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Something beside `/mcp` that everybody may ask for. It is served after the check of `Host` and before the gate: a route
 * decides itself about `Origin` and about who may see what.
 */
export interface HttpRoute {
  /** By the path of the request, without its query. */
  matches(path: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface RouterOptions {
  readonly gate: Gate;
  /** Asked in this order; the first that matches serves the request. */
  readonly routes?: readonly HttpRoute[] | undefined;
  /** Largest request body. Default 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
  readonly sessions: LegacySessions;
  /** Serves the modern family, and single requests of the older one. */
  readonly stateless: ReturnType<typeof toNodeHandler>;
}

/** A request whose caller is known. The SDK passes `auth` on to our handlers. */
type Admitted = IncomingMessage & { auth: AuthInfo };

/** Guards first, then health, then the endpoint. */
export function createRouter({
  gate,
  routes = [],
  maxBodyBytes = 4 * 1024 * 1024,
  ...endpoint
}: RouterOptions): Handler {
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  return async (request, response) => {
    if (!hostIsLocal(request, response)) return;
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = routes.find((one) => one.matches(path));
    if (route !== undefined) {
      await route.handle(request, response);
      return;
    }
    if (!originIsLocal(request, response)) return;
    if (path === '/healthz') {
      answer(response, 200, { status: 'ok' });
      return;
    }
    if (path !== '/mcp') {
      answer(response, 404, { error: 'not found', hint: 'MCP is served at /mcp.' });
      return;
    }
    const { caller, refusal } = await gate.admit(request);
    if (refusal !== undefined) {
      refuse(response, refusal);
      return;
    }
    const read = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : { body: undefined };
    if ('status' in read) {
      const { status, ...error } = read;
      answer(response, status, { jsonrpc: '2.0', error, id: null });
      return;
    }
    const tooMuch = gate.refuse(read.body, caller);
    if (tooMuch !== undefined) {
      refuse(response, tooMuch);
      return;
    }
    acceptWhatIsSent(request);
    await serve(Object.assign(request, { auth: authInfoOf(caller) }), response, read.body, endpoint);
  };
}

type Endpoint = Pick<RouterOptions, 'sessions' | 'stateless'>;

async function serve(request: Admitted, response: ServerResponse, body: unknown, endpoint: Endpoint): Promise<void> {
  const { message, refusal } = request.method === 'POST' ? readBody(body) : { message: body };
  if (refusal === undefined) {
    await route(request, response, message ?? body, endpoint);
    return;
  }
  // In a session a request that was understood gets its answer as any other: clients take 400 for a fault of the session.
  // The modern family has 400 for it.
  const isAnswer = refusal.error.code === protocolErrors.params && request.headers['mcp-session-id'] !== undefined;
  answer(response, isAnswer ? 200 : 400, refusal);
}

/** The SDK serves the arrays of the revision that knows batches. */
function readBody(body: unknown): { readonly message?: unknown; readonly refusal?: Refusal | undefined } {
  return Array.isArray(body) ? { message: body.map((one) => readMessage(one).message ?? one) } : readMessage(body);
}

/** Who accepts anything, or does not say, accepts both kinds of answer: RFC 9110 section 12.5.1. */
function acceptWhatIsSent(request: IncomingMessage): void {
  const { accept } = request.headers;
  if (accept !== undefined && !/(?:^|,)\s*\*\/\*\s*(?:;|,|$)/.test(accept)) return;
  const both = 'application/json, text/event-stream';
  request.headers.accept = both;
  const rest = request.rawHeaders.filter((_, at, all) => all[at - (at % 2)]?.toLowerCase() !== 'accept');
  request.rawHeaders.splice(0, request.rawHeaders.length, ...rest, 'Accept', both);
}

async function route(
  request: Admitted,
  response: ServerResponse,
  body: unknown,
  { sessions, stateless }: Endpoint,
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

/** Answers JSON that nobody keeps. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, headers = {}, body }: HttpRefusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  answer(response, status, body);
}
