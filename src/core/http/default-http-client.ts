import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type {
  HttpClient,
  HttpHeaders,
  PipelineRequest,
  PipelineResponse,
  SendRequest,
} from '@azure/core-rest-pipeline';
import type { NetworkProxy, ProxyFor } from './proxy.ts';
import { createPublicLookup, type Resolve } from './public-lookup.ts';
import {
  type Agents,
  type ConnectionState,
  newState,
  stateOf,
  TunnelAgent,
  WatchingHttpAgent,
  WatchingHttpsAgent,
} from './socket-agents.ts';
import { toWireFailure } from './wire-failure.ts';

/** Idle connections are closed before the service closes them, so that no request meets a closing one. */
const idleMs = 30_000;

export interface DefaultHttpClient extends HttpClient {
  /** Closes idle connections. */
  close(): void;
}

export interface DefaultHttpClientOptions {
  /** Resolves names of hosts that are none of the cloud's. Default: as the system does. */
  readonly resolve?: Resolve;
  /** Default: no proxy. */
  readonly proxyFor?: ProxyFor;
}

/** The transport: keep-alive sockets shared by all connections, through a proxy where one leads. Loaded by the first request. */
export function createDefaultHttpClient(options: DefaultHttpClientOptions = {}): DefaultHttpClient {
  const { resolve = lookup, proxyFor = () => undefined } = options;
  const keep = { keepAlive: true, timeout: idleMs, scheduling: 'lifo' as const };
  const kept: Agents = { http: new WatchingHttpAgent(keep), https: new WatchingHttpsAgent(keep) };
  const fresh: Agents = { http: new WatchingHttpAgent(), https: new WatchingHttpsAgent() };
  // Sockets of their own: one that was opened for another purpose may lead anywhere.
  const guard = { lookup: createPublicLookup(resolve) };
  const guarded: Agents = { http: new WatchingHttpAgent(guard), https: new WatchingHttpsAgent(guard) };
  const tunnels = new Map<NetworkProxy, Tunnels>();
  const tunnelsOf = (proxy: NetworkProxy) => {
    const found = tunnels.get(proxy) ?? { kept: new TunnelAgent(proxy, keep), fresh: new TunnelAgent(proxy) };
    tunnels.set(proxy, found);
    return found;
  };
  // Libraries choose agents for the proxies that they know of; which way a request goes is decided here.
  const wayFor = (request: PipelineRequest): Way => {
    const via = proxyFor(request.url);
    if (via !== undefined) return { agent: tunnelsOf(via)[request.disableKeepAlive ? 'fresh' : 'kept'], via };
    const usual = request.disableKeepAlive ? fresh : kept;
    const agents = request.requestOverrides?.['publicOnly'] === true ? guarded : usual;
    return { agent: request.url.startsWith('https:') ? agents.https : agents.http, via };
  };
  let loading: Promise<SendRequest> | undefined;
  return {
    async sendRequest(request) {
      loading ??= loadTransport(wayFor);
      return (await loading)(request);
    },
    close() {
      for (const { http: plain, https: secure } of [kept, fresh, guarded]) {
        plain.destroy();
        secure.destroy();
      }
      for (const { kept: reused, fresh: single } of tunnels.values()) {
        reused.destroy();
        single.destroy();
      }
    },
  };
}

/** The ways through one proxy. */
interface Tunnels {
  readonly kept: TunnelAgent;
  readonly fresh: TunnelAgent;
}

interface Way {
  readonly agent: http.Agent;
  readonly via: NetworkProxy | undefined;
}

/** Requests of the pipeline are plain and go the short way; libraries may send anything with our transport. */
async function loadTransport(wayFor: (request: PipelineRequest) => Way): Promise<SendRequest> {
  const library = await import('@azure/core-rest-pipeline');
  const { createHttpHeaders } = library;
  const client = library.createDefaultHttpClient();
  return async (request) => {
    const { agent, via } = wayFor(request);
    const connection = stateOf(request.requestOverrides ?? {}) ?? newState(request.abortSignal);
    connection.via = via;
    if (isPlain(request)) return sendPlain(request, agent, createHttpHeaders);
    try {
      return await client.sendRequest(prepare(request, { agent, connection, headers: createHttpHeaders() }));
    } catch (error) {
      // The library keeps only the words of what the socket said.
      if (connection.failure !== undefined) throw connection.failure;
      throw via === undefined || request.abortSignal?.aborted === true || isAbort(error)
        ? error
        : toWireFailure(error, connection.connecting, via);
    }
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

interface Prepared {
  readonly agent: http.Agent;
  readonly connection: ConnectionState;
  /** None: see below. */
  readonly headers: HttpHeaders;
}

/**
 * A copy of the request for the library's transport. The headers go through `requestOverrides` to hide `Accept-Encoding`
 * from the library: it would decompress by itself and lose errors of the connection. Our reader decompresses.
 */
function prepare(request: PipelineRequest, { agent, connection, headers }: Prepared): PipelineRequest {
  const path = wirePath(request.url);
  return {
    ...request,
    headers,
    agent,
    requestOverrides: { ...request.requestOverrides, connection, path, headers: framedHeaders(request) },
  };
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
