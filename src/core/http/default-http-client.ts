import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type {
  HttpClient,
  HttpHeaders,
  PipelinePolicy,
  PipelineRequest,
  PipelineResponse,
  SendRequest,
} from '@azure/core-rest-pipeline';
import type { ConnectionState } from './policies/wire.ts';
import { createPublicLookup, type Resolve } from './public-lookup.ts';
import { WireFailure } from './wire-failure.ts';

/** Idle connections are closed before the service closes them, so that no request meets a closing one. */
const idleMs = 30_000;

export interface DefaultHttpClient extends HttpClient {
  /** Closes idle connections. */
  close(): void;
}

export interface DefaultHttpClientOptions {
  /** Resolves names of hosts that are none of the cloud's. Default: as the system does. */
  readonly resolve?: Resolve;
}

/**
 * The transport: keep-alive sockets shared by all connections, and proxies from `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`. It is loaded by the first request.
 */
export function createDefaultHttpClient({ resolve = lookup }: DefaultHttpClientOptions = {}): DefaultHttpClient {
  const options = { keepAlive: true, timeout: idleMs, scheduling: 'lifo' as const };
  const kept: Agents = { http: new WatchingHttpAgent(options), https: new WatchingHttpsAgent(options) };
  const fresh: Agents = { http: new WatchingHttpAgent(), https: new WatchingHttpsAgent() };
  // Sockets of their own: one that was opened for another purpose may lead anywhere.
  const guard = { lookup: createPublicLookup(resolve) };
  const guarded: Agents = { http: new WatchingHttpAgent(guard), https: new WatchingHttpsAgent(guard) };
  let loading: Promise<SendRequest> | undefined;
  return {
    async sendRequest(request) {
      loading ??= loadTransport({ kept, fresh, guarded });
      return (await loading)(request);
    },
    close() {
      for (const agents of [kept, fresh, guarded]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

/** Requests of the pipeline are plain and go the short way; libraries may send anything with our transport. */
async function loadTransport({ kept, fresh, guarded }: AllAgents): Promise<SendRequest> {
  const library = await import('@azure/core-rest-pipeline');
  const { createHttpHeaders } = library;
  const client = library.createDefaultHttpClient();
  const send: SendRequest = (request) => {
    const usual = request.disableKeepAlive ? fresh : kept;
    const agents = request.requestOverrides?.['publicOnly'] === true ? guarded : usual;
    const agent = agentFor(request, agents);
    return agent instanceof http.Agent && isPlain(request)
      ? sendPlain(request, agent, createHttpHeaders)
      : client.sendRequest(prepare(request, agents, createHttpHeaders));
  };
  if (library.getDefaultProxySettings() === undefined) return send;
  const proxy: PipelinePolicy = library.proxyPolicy();
  return (request) => proxy.sendRequest({ ...request }, send);
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

/** Our addition to the options of a request; it travels through `requestOverrides`. */
function stateOf(options: object): ConnectionState | undefined {
  const { connection } = options as { connection?: Partial<ConnectionState> }; // checked below
  return typeof connection?.connectTimeoutMs === 'number' ? (connection as ConnectionState) : undefined;
}

class WatchingHttpAgent extends http.Agent {
  override createConnection(...parameters: Parameters<http.Agent['createConnection']>) {
    const socket = super.createConnection(...parameters);
    const state = stateOf(parameters[0]);
    return state === undefined || !socket ? socket : watchConnect(socket, state, 'connect');
  }
}

class WatchingHttpsAgent extends https.Agent {
  override createConnection(...parameters: Parameters<https.Agent['createConnection']>) {
    const socket = super.createConnection(...parameters);
    const state = stateOf(parameters[0]);
    return state === undefined || !socket ? socket : watchConnect(socket, state, 'secureConnect');
  }
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

interface AllAgents {
  readonly kept: Agents;
  readonly fresh: Agents;
  /** For hosts whose names may lead to the Internet alone. */
  readonly guarded: Agents;
}

/**
 * A copy of the request for the library's transport. The headers go through `requestOverrides` to hide `Accept-Encoding`
 * from the library: it would decompress by itself and lose errors of the connection. Our reader decompresses.
 */
function prepare(request: PipelineRequest, agents: Agents, createHeaders: CreateHeaders): PipelineRequest {
  return {
    ...request,
    headers: createHeaders(),
    agent: agentFor(request, agents),
    requestOverrides: { ...request.requestOverrides, path: wirePath(request.url), headers: framedHeaders(request) },
  };
}

function agentFor(request: PipelineRequest, agents: Agents): NonNullable<PipelineRequest['agent']> {
  return request.agent ?? (request.url.startsWith('https:') ? agents.https : agents.http);
}

type CreateHeaders = () => HttpHeaders;

/**
 * The headers, with how long the body is. Node says it for a POST, PUT or PATCH alone: the body of a DELETE would follow
 * its headers unannounced, and the service would read it as the next request on the connection.
 */
function framedHeaders({ headers, body }: PipelineRequest): http.OutgoingHttpHeaders {
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : bytesOf(body);
  const sent = headers.toJSON({ preserveCase: true });
  if (body === undefined || body === null || (sizeBytes === undefined && headers.has('content-length'))) return sent;
  return sizeBytes === undefined
    ? { ...sent, 'Transfer-Encoding': 'chunked' }
    : { ...withoutLength(sent), 'Content-Length': sizeBytes };
}

/** A client that says another length than that of its body would be believed by the service. */
function withoutLength(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length'));
}

function bytesOf(body: PipelineRequest['body']): number | undefined {
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body) ? body.byteLength : undefined;
}

/** Path and query as they are in the URL: links of the service must arrive byte for byte. */
function wirePath(url: string): string {
  const path = /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? '';
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return rooted.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** A request of our own pipeline: its body is in memory, its answer is read as a stream, its signal limits its time. */
function isPlain(request: PipelineRequest): boolean {
  const { body, timeout, tlsSettings, formData, multipartBody, onDownloadProgress, onUploadProgress } = request;
  const isAtHand = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const isSpecial = tlsSettings ?? formData ?? multipartBody ?? onDownloadProgress ?? onUploadProgress;
  const isStreamed = request.streamResponseStatusCodes?.has(Number.POSITIVE_INFINITY) === true;
  return isAtHand && isStreamed && timeout === 0 && isSpecial === undefined;
}

/**
 * Sends a plain request. The library's transport needs twice the work for it: it watches the signal twice, copies the
 * headers and prepares for streams that a plain request does not have, which is half the cost of a small GET.
 */
function sendPlain(
  request: PipelineRequest,
  agent: http.Agent,
  createHeaders: CreateHeaders,
): Promise<PipelineResponse> {
  const { abortSignal } = request;
  const isSecure = /^https:/i.test(request.url);
  if (!isSecure && request.allowInsecureConnection !== true) {
    return Promise.reject(new Error('The request is not encrypted.'));
  }
  if (abortSignal?.aborted) return Promise.reject(new Error('The request was given up.'));
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(request.url);
    const options = {
      ...request.requestOverrides,
      agent,
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: wirePath(request.url),
      method: request.method,
      headers: framedHeaders(request),
    };
    const sent = isSecure ? https.request(options) : http.request(options);
    const giveUp = () => sent.destroy(new Error('The request was given up.'));
    abortSignal?.addEventListener('abort', giveUp);
    sent.on('close', () => abortSignal?.removeEventListener('abort', giveUp));
    // After the answer has begun, its reader gets the error too, and rejecting again has no effect.
    sent.on('error', reject);
    sent.on('response', (received) => resolve(toResponse(request, received, createHeaders())));
    sent.end(request.body);
  });
}

function toResponse(request: PipelineRequest, received: http.IncomingMessage, headers: HttpHeaders): PipelineResponse {
  for (const [name, value] of Object.entries(received.headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first) headers.set(name, first);
  }
  const status = received.statusCode ?? 0;
  if (request.method === 'HEAD') {
    // No body follows, and reading to the end keeps the connection.
    received.resume();
    return { request, status, headers };
  }
  return { request, status, headers, readableStreamBody: received };
}
