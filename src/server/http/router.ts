import type { IncomingMessage, ServerResponse } from 'node:http';
import type { toNodeHandler } from '@modelcontextprotocol/node';
import { isInitializeRequest, isLegacyRequest } from '@modelcontextprotocol/server';
import type { Caller } from '../../core/base/caller.ts';
import type { Clock } from '../../core/base/clock.ts';
import { delay } from '../../core/base/delay.ts';
import { isRecord } from '../../core/base/guards.ts';
import { authInfoOf } from '../caller-of.ts';
import { protocolErrors, type Refusal, readMessage } from '../read-message.ts';
import { answer, refuse, rpcRefusal } from './answer.ts';
import { answerWithChallenge } from './answer-with-challenge.ts';
import type { CallerLimits } from './caller-limits.ts';
import type { Gate, HttpRefusal } from './gate.ts';
import type { Health } from './health.ts';
import type { Admitted, LegacySessions } from './legacy-sessions.ts';
import { readJsonBody } from './read-body.ts';
import { answerPreflight, isPreflight, type WebAddresses } from './web-addresses.ts';

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
  readonly addresses: WebAddresses;
  readonly health: Health;
  /** Whether probes may name the server as they like: those of a platform use the address of the node. */
  readonly isProbedByAnyName: boolean;
  readonly gate: Gate;
  readonly clock: Clock;
  /** Asked in this order; the first that matches serves the request. */
  readonly routes: readonly HttpRoute[];
  readonly limits: CallerLimits;
  /** Largest request body. */
  readonly maxBodyBytes: number;
  readonly sessions: LegacySessions;
  /** Serves the modern family, and single requests of the older one. */
  readonly stateless: ReturnType<typeof toNodeHandler>;
  /** Told of responses that stay open: nobody waits for their end. */
  readonly onStream: (response: ServerResponse) => void;
}

/** Guards first, then health, then what is beside the endpoint, then the endpoint. */
export function createRouter(options: RouterOptions): Handler {
  const { addresses, health, isProbedByAnyName, routes } = options;
  return async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (isProbedByAnyName && (await health.serve(path, response))) return;
    const unknownHost = addresses.refuseHost(request);
    if (unknownHost !== undefined) return refuse(response, unknownHost);
    const route = routes.find((one) => one.matches(path));
    if (route !== undefined) return route.handle(request, response);
    addresses.share(request, response);
    const foreign = addresses.refuseOrigin(request);
    if (foreign !== undefined) return refuse(response, foreign);
    if (await health.serve(path, response)) return;
    if (path !== '/mcp') return answer(response, 404, { error: 'not found', hint: 'MCP is served at /mcp.' });
    if (isPreflight(request)) return answerPreflight(response);
    return letIn(request, response, options);
  };
}

/** Asks who it is before anything else is read. */
async function letIn(request: IncomingMessage, response: ServerResponse, options: RouterOptions): Promise<void> {
  const { caller, refusal } = await options.gate.admit(request);
  if (refusal !== undefined) return refuse(response, refusal);
  // Who has gone meanwhile is told nothing, and nothing would ever end what was counted for them.
  if (response.closed) return;
  return serveCaller(caller, request, response, options);
}

const methods: readonly (string | undefined)[] = ['GET', 'POST', 'DELETE'];

async function serveCaller(
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
  options: RouterOptions,
): Promise<void> {
  const { gate, limits, maxBodyBytes } = options;
  if (!methods.includes(request.method)) {
    return refuse(response, rpcRefusal(405, 'Method not allowed', { allow: 'GET, POST, DELETE' }));
  }
  const busy = limits.begin(caller.id, response);
  if (busy !== undefined) return refuse(response, busy);
  const read = request.method === 'POST' ? await readJsonBody(request, maxBodyBytes) : { body: undefined };
  if (read === undefined) return;
  if ('status' in read) {
    const { status, ...error } = read;
    return answer(response, status, { jsonrpc: '2.0', error, id: null });
  }
  const tooMuch = gate.refuse(read.body, caller) ?? countIn(request, response, read.body, options);
  if (tooMuch !== undefined) return refuse(response, tooMuch);
  acceptWhatIsSent(request);
  const listens = isListening(request, read.body);
  const auth = authInfoOf(caller, {
    onClaims: (claims) => answerWithChallenge(response, gate.challenge?.(claims)),
    isListening: listens,
    ends: listens ? endOfSignIn(caller, response, options.clock) : undefined,
  });
  await serve(caller, Object.assign(request, { auth }), response, read.body, options);
}

/** Whether a request is answered for as long as the client listens. */
function isListening({ method }: IncomingMessage, body: unknown): boolean {
  return method === 'GET' || (isRecord(body) && body['method'] === 'subscriptions/listen');
}

/** Aborts when the sign-in counts no more: a client comes back with a newer one, or not at all. */
function endOfSignIn({ expiresAt }: Caller, response: ServerResponse, clock: Clock): AbortSignal | undefined {
  if (expiresAt === undefined) return undefined;
  const over = new AbortController();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const wait = async () => {
    // A timer waits for 24 days at most.
    while (clock.now() < expiresAt) await delay(Math.min(expiresAt - clock.now(), longestWaitMs), gone.signal);
    over.abort();
  };
  wait().catch(() => undefined);
  return over.signal;
}

const longestWaitMs = 24 * 3_600_000;

/** Counts what a request turns out to be. */
function countIn(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  { limits, onStream }: RouterOptions,
): HttpRefusal | undefined {
  if (Array.isArray(body)) return limits.becomeBatch(response, body.length);
  if (!isListening(request, body)) return undefined;
  onStream(response);
  return limits.becomeStream(response);
}

type Endpoint = Pick<RouterOptions, 'sessions' | 'stateless'>;

async function serve(
  caller: Caller,
  request: Admitted,
  response: ServerResponse,
  body: unknown,
  endpoint: Endpoint,
): Promise<void> {
  const { message, refusal } = request.method === 'POST' ? readBody(body) : { message: body };
  if (refusal === undefined) {
    await route(caller, request, response, message ?? body, endpoint);
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
  caller: Caller,
  request: Admitted,
  response: ServerResponse,
  body: unknown,
  { sessions, stateless }: Endpoint,
): Promise<void> {
  const session = request.headers['mcp-session-id'];
  if (typeof session === 'string') {
    await sessions.handle(session, caller, request, response, body);
  } else if (isInitializeRequest(body) && (await isLegacyRequest(legacyProbe(request), body))) {
    await sessions.open(caller, request, response, body);
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
