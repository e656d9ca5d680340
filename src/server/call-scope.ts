import type { Authority } from '../core/base/authority.ts';
import type { CallContext, CallRecord, ProgressUpdate } from '../core/base/call-context.ts';
import type { Clock } from '../core/base/clock.ts';
import { AppError } from '../core/base/errors.ts';
import { attributeNames } from '../core/telemetry/attributes.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';

export interface CallScopeOptions {
  readonly clock: Clock;
  /** Cancellation by the caller. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly clientRequestId: string;
  readonly authority: Authority;
  readonly progress?: (update: ProgressUpdate) => void;
}

/** The context of one call and the timer of its deadline; `end` stops the timer. */
export interface CallScope {
  readonly call: CallContext;
  /** Rejects when the call is over and its handler has still not answered: no handler keeps the caller waiting. */
  readonly givenUp: Promise<never>;
  end(): void;
}

/** How long a handler may still take after its signal has aborted, for instance to answer with what it has. */
const graceMs = 1_000;

export function openCallScope(options: CallScopeOptions): CallScope {
  const { clock, timeoutMs } = options;
  const controller = new AbortController();
  const givenUp = Promise.withResolvers<never>();
  // It may reject when nobody listens any more.
  givenUp.promise.catch(() => undefined);
  let graceTimer: NodeJS.Timeout | undefined;
  const stop = (reason: AppError) => {
    if (controller.signal.aborted) return;
    controller.abort(reason);
    graceTimer = setTimeout(() => givenUp.reject(reason), graceMs).unref();
  };
  const onCancel = () => stop(new AppError('cancelled', 'The call was cancelled.'));
  const timer = setTimeout(() => stop(timedOut(timeoutMs)), timeoutMs).unref();
  if (options.signal.aborted) {
    onCancel();
  } else {
    options.signal.addEventListener('abort', onCancel, { once: true });
  }
  return {
    call: {
      signal: controller.signal,
      deadlineAt: clock.now() + timeoutMs,
      clientRequestId: options.clientRequestId,
      authority: options.authority,
      ...recorder(),
      progress: increasing(options.progress),
    },
    givenUp: givenUp.promise,
    end() {
      clearTimeout(timer);
      clearTimeout(graceTimer);
      options.signal.removeEventListener('abort', onCancel);
    },
  };
}

function timedOut(timeoutMs: number): AppError {
  return new AppError('timeout', `The call was not finished within ${timeoutMs / 1_000} s.`, {
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
function increasing(send: ((update: ProgressUpdate) => void) | undefined): (update: ProgressUpdate) => void {
  if (!send) return () => undefined;
  let last = Number.NEGATIVE_INFINITY;
  return (update) => {
    if (update.progress <= last) return;
    last = update.progress;
    send(update);
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
