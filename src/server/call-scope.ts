import type { Authority } from '../core/base/authority.ts';
import type { CallContext, CallRecord, ProgressUpdate } from '../core/base/call-context.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Clock } from '../core/base/clock.ts';
import { AppError } from '../core/base/errors.ts';
import { attributeNames } from '../core/telemetry/attributes.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';

export interface CallScopeOptions {
  readonly caller: Caller;
  readonly clock: Clock;
  /** Cancellation by the caller. */
  readonly signal: AbortSignal;
  /** The time of the call: after it, and a moment for what ends then to answer with what it has, the caller is answered. */
  readonly timeMs: number;
  /** How long the work may take where it goes on after the answer; absent where it ends with the time of the call. */
  readonly workMs?: number;
  /** A write that is on the wire when the call ends is waited for. Default false. */
  readonly awaitsWrites?: boolean;
  readonly clientRequestId: string;
  readonly authority: Authority;
  readonly progress?: (update: ProgressUpdate) => void;
}

/** The context of one call and its timers. */
export interface CallScope {
  readonly call: CallContext;
  /** Rejects when the caller has to be answered and the handler has not finished: no handler keeps the caller waiting. */
  readonly givenUp: Promise<never>;
  /** The last progress that the work has told of. */
  lastProgress(): ProgressUpdate | undefined;
  /** Ends the work. */
  abort(): void;
  /** The answer is out: its caller neither cancels any more nor hears of progress. */
  end(): void;
  /** The work is over. */
  close(): void;
}

/** How long a handler may still take after its signal has aborted, for instance to answer with what it has. */
const graceMs = 1_000;

export function openCallScope(options: CallScopeOptions): CallScope {
  const { clock, timeMs, workMs, signal } = options;
  const controller = new AbortController();
  const givenUp = Promise.withResolvers<never>();
  // It may reject when nobody listens any more.
  givenUp.promise.catch(() => undefined);
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, act: () => void) => timers.push(setTimeout(act, ms).unref());
  const stop = (reason: AppError) => {
    if (controller.signal.aborted) return;
    controller.abort(reason);
    after(graceMs, () => givenUp.reject(reason));
  };
  const endsMs = workMs ?? timeMs;
  if (endsMs > timeMs) after(timeMs, () => givenUp.reject(timedOut(timeMs)));
  after(endsMs, () => stop(timedOut(endsMs)));
  const onCancel = () => stop(new AppError('cancelled', 'The call was cancelled.'));
  if (signal.aborted) {
    onCancel();
  } else {
    signal.addEventListener('abort', onCancel, { once: true });
  }
  const progress = progressOf(options.progress);
  return {
    call: {
      caller: options.caller,
      signal: controller.signal,
      deadlineAt: clock.now() + endsMs,
      awaitsWrites: options.awaitsWrites ?? false,
      clientRequestId: options.clientRequestId,
      authority: options.authority,
      covered: new Set(),
      ...recorder(),
      progress: progress.tell,
    },
    givenUp: givenUp.promise,
    lastProgress: progress.last,
    abort: onCancel,
    end() {
      signal.removeEventListener('abort', onCancel);
      progress.end();
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function timedOut(ms: number): AppError {
  return new AppError('timeout', `The call was not finished within ${ms / 1_000} s.`, {
    hint: 'Ask for less, pass a longer timeout, or continue with the cursor of a partial answer.',
    retryable: true,
  });
}

function recorder(): { record: CallRecord; note(text: string): void } {
  const notes: string[] = [];
  return {
    record: { requests: 0, attempts: 0, pages: 0, requestId: undefined, trail: [], notes },
    note: (text) => {
      if (!notes.includes(text)) notes.push(text);
    },
  };
}

/** Progress must grow from one notification to the next; an update that does not is dropped. */
function progressOf(send: ((update: ProgressUpdate) => void) | undefined) {
  let latest: ProgressUpdate | undefined;
  let isHeard = true;
  return {
    last: () => latest,
    end: () => {
      isHeard = false;
    },
    tell(update: ProgressUpdate) {
      if (latest !== undefined && update.progress <= latest.progress) return;
      latest = update;
      if (isHeard) send?.(update);
    },
  };
}

interface ObservedCall {
  readonly tool: string;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** `_meta` of the request; the caller's trace is read from it. */
  readonly meta: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Runs a tool call in a span `tools/call {tool}`, a child of the trace in the request's `_meta`, and records its
 * duration. Names follow OpenTelemetry's conventions for MCP. Arguments and results are not recorded.
 */
export async function observeCall<Result extends { readonly isError: boolean }>(
  observed: ObservedCall,
  run: () => Promise<Result>,
): Promise<Result> {
  const { tool, telemetry, clock, meta } = observed;
  const attributes = {
    [attributeNames.mcpMethod]: 'tools/call',
    [attributeNames.toolName]: tool,
    [attributeNames.operationName]: 'execute_tool',
  };
  const parent = traceContext(meta);
  const startedAt = clock.now();
  return telemetry.withSpan(
    `tools/call ${tool}`,
    { kind: 'server', attributes, ...(parent ? { parent } : {}) },
    async (span) => {
      const result = await run();
      const errorType = result.isError ? { [attributeNames.errorType]: 'tool_error' } : {};
      if (result.isError) span.fail('tool_error');
      const seconds = (clock.now() - startedAt) / 1_000;
      telemetry.record('mcp.server.operation.duration', seconds, { ...attributes, ...errorType });
      return result;
    },
  );
}

function traceContext(meta: Readonly<Record<string, unknown>> | undefined): Record<string, string> | undefined {
  const traceparent = meta?.['traceparent'];
  if (typeof traceparent !== 'string') return undefined;
  const tracestate = meta?.['tracestate'];
  return { traceparent, ...(typeof tracestate === 'string' ? { tracestate } : {}) };
}
