import type { WireSettings } from './settings.ts';
import { WireFailure } from './wire-failure.ts';

/** Bodies up to this size fit into the buffers of the socket: sending them cannot be what takes long. */
const smallBodyBytes = 65_536;

/** State of the connection that an attempt uses; the agent of the default client fills it in. */
export interface ConnectionState {
  readonly connectTimeoutMs: number;
  /** True while a new connection is being opened. */
  connecting: boolean;
}

/** Ends one attempt when its caller cancels or the service stays silent for too long. */
export interface AttemptWatch {
  /** For the transport; aborts on cancellation and on our own timeout. */
  readonly signal: AbortSignal;
  readonly connection: ConnectionState;
  /** Set once our own timeout has struck. */
  readonly timedOut: WireFailure | undefined;
  /** The service said something: silence is counted from now. */
  heard(): void;
  stop(): void;
}

export function watchAttempt(signal: AbortSignal, timeouts: WireSettings['timeouts'], bodyBytes: number): AttemptWatch {
  const controller = new AbortController();
  const connection: ConnectionState = { connectTimeoutMs: timeouts.connectMs, connecting: false };
  let timedOut: WireFailure | undefined;
  const onAbort = () => controller.abort();
  const onSilence = () => {
    // Opening a connection has a limit of its own, kept by the agent.
    if (connection.connecting) {
      timer.refresh();
      return;
    }
    timedOut = new WireFailure('timeout', 'READ_TIMEOUT', true);
    controller.abort();
  };
  const silenceMs = timeouts.readMs + (bodyBytes > smallBodyBytes ? timeouts.writeMs : 0);
  const timer = setTimeout(onSilence, silenceMs);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    connection,
    get timedOut() {
      return timedOut;
    },
    heard: () => timer.refresh(),
    stop() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
