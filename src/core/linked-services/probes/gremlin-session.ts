import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { GremlinClient, GremlinResponse } from 'gremlin';
import { cancelled } from '../../base/errors.ts';
import { isRecord, member, textOf } from '../../base/guards.ts';
import type { NetworkProxy } from '../../http/proxy.ts';
import { TunnelAgent } from '../../http/socket-agents.ts';
import { toWireFailure, type WireFailure } from '../../http/wire-failure.ts';
import { unlessAborted } from '../service-probe.ts';

export interface GremlinOptions {
  /** `wss://contoso.gremlin.cosmos.azure.com/` */
  readonly url: string;
  readonly database: string;
  readonly graph: string;
  /** The access token. */
  readonly password: string;
  readonly signal: AbortSignal;
  /** Leads to the service, where this network has one. */
  readonly proxy: NetworkProxy | undefined;
}

/** Why nothing was evaluated. */
export interface GremlinFailure {
  readonly kind: 'network' | 'refused';
  /** Status of the service; Node's code where none came. */
  readonly code: string;
  /** The service's words; empty without an answer. */
  readonly message: string;
  /** What the network did, of kind `network`. */
  readonly failure?: WireFailure;
}

/**
 * Signs in to one graph and evaluates `g.inject(0)`, which reads nothing. Undefined means success.
 * https://learn.microsoft.com/azure/cosmos-db/gremlin/headers
 */
export async function evaluateNothing(options: GremlinOptions): Promise<GremlinFailure | undefined> {
  const { url, database, graph, password, signal, proxy } = options;
  if (signal.aborted) throw cancelled(signal.reason);
  const { driver } = (await import('gremlin')).default;
  const connection = watchConnection(proxy);
  const client = new driver.Client(url, {
    authenticator: new driver.auth.PlainTextSaslAuthenticator(`/dbs/${database}/colls/${graph}`, password),
    agent: connection.agent,
    mimeType: 'application/vnd.gremlin-v2.0+json',
    rejectUnauthorized: true,
    traversalSource: 'g',
    enableUserAgentOnConnect: false,
    reader: { readResponse },
  });
  try {
    await unlessAborted(client.submit('g.inject(0)'), signal);
    return undefined;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal.reason);
    return readFailure(error);
  } finally {
    connection.end(client);
  }
}

interface WatchedConnection {
  readonly agent: https.Agent;
  /** Closes the socket, whatever the driver still waits for. */
  end(client: GremlinClient): void;
}

function watchConnection(proxy: NetworkProxy | undefined): WatchedConnection {
  let socket: Duplex | undefined;
  let heard = false;
  const watch = (opened: Duplex | null | undefined) => {
    socket = opened ?? undefined;
    opened?.once('secureConnect', () => opened.once('data', () => (heard = true)));
    return opened;
  };
  class WatchingAgent extends https.Agent {
    override createConnection(...parameters: Parameters<https.Agent['createConnection']>) {
      return watch(super.createConnection(...parameters));
    }
  }
  const agent = proxy === undefined ? new WatchingAgent() : new TunnelAgent(proxy, { onSocket: watch });
  return {
    agent,
    end(client) {
      const isHalfAnswered = heard && !client.isOpen;
      if (isHalfAnswered) {
        // The driver reads the body of a refused handshake and cannot stand that it breaks off.
        if (socket !== undefined && 'unref' in socket && typeof socket.unref === 'function') socket.unref();
        return;
      }
      client.close().catch(() => undefined);
      socket?.destroy();
      agent.destroy();
    },
  };
}

/** Answers of the service; what is none is an answer with an error, since the driver cannot stand anything else. */
function readResponse(data: Buffer | string): GremlinResponse {
  try {
    const parsed: unknown = JSON.parse(data.toString());
    const status = member(parsed, 'status');
    const code = member(status, 'code');
    const attributes = member(status, 'attributes');
    return {
      requestId: textOf(member(parsed, 'requestId')) || null,
      status: {
        code: typeof code === 'number' ? code : 500,
        message: textOf(member(status, 'message')),
        attributes: isRecord(attributes) ? attributes : {},
      },
      result: { data: [], meta: {} },
    };
  } catch {
    const status = { code: 500, message: 'The answer is not valid JSON.', attributes: {} };
    return { requestId: null, status, result: { data: [], meta: {} } };
  }
}

function readFailure(error: unknown): GremlinFailure {
  const statusCode = member(error, 'statusCode');
  const message = textOf(member(error, 'statusMessage'));
  if (typeof statusCode === 'number') {
    const precise = member(member(error, 'statusAttributes'), 'x-ms-status-code');
    return { kind: 'refused', code: String(typeof precise === 'number' ? precise : statusCode), message };
  }
  const text = error instanceof Error ? error.message : '';
  const handshake = /^Unexpected server response(?: code)?:? (\d{3})/.exec(text)?.[1];
  if (handshake !== undefined) return { kind: 'refused', code: handshake, message: 'The WebSocket was refused.' };
  const failure = toWireFailure(error, true);
  return { kind: 'network', code: failure.code, message: '', failure };
}
