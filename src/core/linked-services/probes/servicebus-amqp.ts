import type { ServiceBusClient } from '@azure/service-bus';
import type { WebSocket } from 'ws';
import type { CallContext } from '../../base/call-context.ts';
import { cancelled } from '../../base/errors.ts';
import type { NetworkProxy } from '../../http/proxy.ts';
import { TunnelAgent } from '../../http/socket-agents.ts';
import type { TokenSource } from '../../http/token-source.ts';
import { unlessAborted } from '../service-probe.ts';

export interface Entity {
  readonly kind: 'queue' | 'topic';
  readonly name: string;
}

export interface MessagingOptions {
  /** `https://contoso.servicebus.windows.net`: AMQP goes through a WebSocket on the same host and port. */
  readonly endpoint: string;
  readonly entity: Entity;
  readonly audience: string;
  readonly tokens: TokenSource;
  readonly call: CallContext;
  /** Leads to the service, where this network has one. */
  readonly proxy: NetworkProxy | undefined;
}

/** Whether one kind of link could be opened; otherwise the condition that the service gave. */
interface Attempt {
  readonly ok: boolean;
  /** `UnauthorizedAccess`, `MessagingEntityNotFound`, `ServiceCommunicationProblem`. */
  readonly code?: string;
}

export interface MessagingOutcome {
  readonly send: Attempt;
  /** Absent for topics: they are received from through subscriptions. */
  readonly listen?: Attempt;
  /** The service itself said no, to everything that was tried. */
  readonly isRefused: boolean;
}

const attemptMs = 10_000;

/**
 * Opens a sender's link and peeks at one message: nothing is sent, received or locked. Port 443 is used, since the
 * management endpoint has just answered there, and 5671 is closed in many networks.
 * https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
 */
export async function tryEntity(options: MessagingOptions): Promise<MessagingOutcome> {
  const { call, entity, proxy } = options;
  const sockets = new Set<WebSocket>();
  const agent = proxy === undefined ? undefined : new TunnelAgent(proxy);
  const client = await openClient(options, sockets, agent);
  const giveUp = () => {
    closeSockets(sockets);
    agent?.destroy();
  };
  call.signal.addEventListener('abort', giveUp, { once: true });
  try {
    const send = await attempt(call, async (abortSignal) => {
      const sender = client.createSender(entity.name);
      // Asking for the largest size of a batch opens the link.
      await sender.createMessageBatch({ abortSignal });
    });
    const listen =
      entity.kind === 'topic'
        ? undefined
        : await attempt(call, async (abortSignal) => {
            const receiver = client.createReceiver(entity.name);
            await receiver.peekMessages(1, { abortSignal });
          });
    const codes = [send, ...(listen === undefined ? [] : [listen])];
    return {
      send,
      ...(listen === undefined ? {} : { listen }),
      isRefused: codes.every(({ ok, code }) => !ok && code === 'UnauthorizedAccess'),
    };
  } finally {
    call.signal.removeEventListener('abort', giveUp);
    // With a silent service, an orderly close would take a minute.
    client.close().catch(() => undefined);
    giveUp();
  }
}

async function openClient(
  options: MessagingOptions,
  sockets: Set<WebSocket>,
  agent: TunnelAgent | undefined,
): Promise<ServiceBusClient> {
  const { ServiceBusClient: Client } = await import('@azure/service-bus');
  const { WebSocket } = await import('ws');
  const { endpoint, audience, tokens, call } = options;
  class ProbeSocket extends WebSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols, agent === undefined ? {} : { agent });
      sockets.add(this);
      // Node's socket is told of an error twice; the library listens to one of them.
      this.on('error', () => undefined);
    }
  }
  const { hostname, host } = new URL(endpoint);
  const credential = {
    async getToken() {
      const { token, expiresAt } = await tokens.getToken({ audience, caller: call.caller, signal: call.signal });
      return { token, expiresOnTimestamp: expiresAt };
    },
  };
  return new Client(hostname, credential, {
    customEndpointAddress: `sb://${host}`,
    webSocketOptions: { webSocket: ProbeSocket },
    // The whole probe is bounded; a second try of a refused link says the same.
    retryOptions: { maxRetries: 0, timeoutInMs: attemptMs },
  });
}

/** The library's own time limits do not cover all of its steps. */
async function attempt(call: CallContext, work: (signal: AbortSignal) => Promise<void>): Promise<Attempt> {
  if (call.signal.aborted) throw cancelled(call.signal.reason);
  const timeout = AbortSignal.timeout(attemptMs);
  const signal = AbortSignal.any([call.signal, timeout]);
  try {
    await unlessAborted(work(signal), signal);
    return { ok: true };
  } catch (error) {
    if (call.signal.aborted) throw cancelled(call.signal.reason);
    return { ok: false, code: timeout.aborted ? 'ETIMEDOUT' : codeOf(error) };
  }
}

/** The library's own short code; its message can quote addresses and is not shown. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_:.-]{1,80}$/.test(code) ? code : 'ConnectionFailed';
}

function closeSockets(sockets: Set<WebSocket>): void {
  for (const socket of sockets) {
    socket.terminate();
  }
  sockets.clear();
}
