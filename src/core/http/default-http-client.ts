import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { HttpClient, PipelinePolicy, PipelineRequest, SendRequest } from '@azure/core-rest-pipeline';
import type { ConnectionState } from './attempt-watch.ts';
import { type CreateHeaders, isPlain, sendPlain, wirePath } from './plain-transport.ts';
import { WireFailure } from './wire-failure.ts';

/** Idle connections are closed before the service closes them, so that a request does not meet a closing one. */
const idleMs = 30_000;

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

/**
 * A copy of the request as the library's transport needs it. The headers go through `requestOverrides`, so that the
 * library does not see `Accept-Encoding`: it would decompress by itself and lose errors of the connection; our reader
 * does it.
 */
function prepare(request: PipelineRequest, agents: Agents, createHeaders: CreateHeaders): PipelineRequest {
  const headers = request.headers.toJSON({ preserveCase: true });
  return {
    ...request,
    headers: createHeaders(),
    agent: agentFor(request, agents),
    requestOverrides: { ...request.requestOverrides, path: wirePath(request.url), headers },
  };
}

function agentFor(request: PipelineRequest, agents: Agents): NonNullable<PipelineRequest['agent']> {
  return request.agent ?? (request.url.startsWith('https:') ? agents.https : agents.http);
}

export interface DefaultHttpClient extends HttpClient {
  /** Closes idle connections. */
  close(): void;
}

/**
 * The transport: keep-alive sockets shared by all connections, and proxies from `HTTPS_PROXY`, `HTTP_PROXY` and
 * `NO_PROXY`. It is loaded by the first request.
 */
export function createDefaultHttpClient(): DefaultHttpClient {
  const options = { keepAlive: true, timeout: idleMs, scheduling: 'lifo' as const };
  const kept: Agents = { http: new WatchingHttpAgent(options), https: new WatchingHttpsAgent(options) };
  const fresh: Agents = { http: new WatchingHttpAgent(), https: new WatchingHttpsAgent() };
  let loading: Promise<SendRequest> | undefined;
  return {
    async sendRequest(request) {
      loading ??= loadTransport(kept, fresh);
      return (await loading)(request);
    },
    close() {
      for (const agents of [kept, fresh]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

/** What the pipeline sends is plain and goes the short way; what libraries send with our transport may be anything. */
async function loadTransport(kept: Agents, fresh: Agents): Promise<SendRequest> {
  const library = await import('@azure/core-rest-pipeline');
  const { createHttpHeaders } = library;
  const client = library.createDefaultHttpClient();
  const send: SendRequest = (request) => {
    const agents = request.disableKeepAlive ? fresh : kept;
    const agent = agentFor(request, agents);
    return agent instanceof http.Agent && isPlain(request)
      ? sendPlain(request, agent, createHttpHeaders)
      : client.sendRequest(prepare(request, agents, createHttpHeaders));
  };
  if (library.getDefaultProxySettings() === undefined) return send;
  const proxy: PipelinePolicy = library.proxyPolicy();
  return (request) => proxy.sendRequest({ ...request }, send);
}
