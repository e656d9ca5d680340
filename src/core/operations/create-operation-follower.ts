import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiClient, ApiResponse } from '../http/api-client.ts';
import type { Operation, OperationFailure, OperationFollower, OperationView } from './operation.ts';
import { readLocationState, readPercent, readPollLink, readProvisioningState, readStatus } from './read-operation.ts';

export interface OperationFollowerOptions {
  /** The APIs that operations may belong to. */
  readonly clients: Readonly<Record<string, ApiClient | undefined>>;
  /** Reads the `error` of a failed operation as its API means it. */
  explainFailure(error: unknown, operation: Operation): Partial<OperationFailure>;
  readonly clock: Clock;
  /** Wait before the first look, unless the service names one; grows by half with each look. Default 2 s. */
  readonly firstWaitMs?: number;
  /** Longest wait that we choose ourselves. Default 30 s. */
  readonly longestWaitMs?: number;
}

/** What is left of a call's time when waiting ends: for a last answer, and the handle to go on with. */
const reserveMs = 1_500;

/** Looks in a row that may fail for reasons of the service before the state counts as unknown. */
const mostFailedLooks = 3;

class ConnectedFollower implements OperationFollower {
  readonly #options: OperationFollowerOptions;

  constructor(options: OperationFollowerOptions) {
    this.#options = options;
  }

  async look(operation: Operation, call: CallContext): Promise<OperationView> {
    switch (operation.pollKind) {
      case 'status':
      case 'monitor':
        return this.#lookAtStatus(operation, call);
      case 'location':
        return this.#lookAtLocation(operation, call);
      case 'resource':
        return this.#lookAtResource(operation, call);
    }
  }

  async follow(operation: Operation, call: CallContext): Promise<OperationView> {
    const { clock, firstWaitMs = 2_000, longestWaitMs = 30_000 } = this.#options;
    let view: OperationView = { status: 'running', operation };
    let ownWaitMs = firstWaitMs;
    let failures = 0;
    // A handle may come back long after the wait that the service asked for.
    let dueAt = operation.startedAt + (operation.retryAfterMs ?? ownWaitMs);
    for (let looks = 1; ; looks++) {
      const waitMs = Math.max(0, dueAt - clock.now());
      if (clock.now() + waitMs > call.deadlineAt - reserveMs || !(await waited(waitMs, call.signal))) return view;
      try {
        view = await this.look(view.operation, call);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (call.signal.aborted) return view;
        if (!isPassing(error) || failures >= mostFailedLooks) throw stateUnknown(error);
      }
      report(view, looks, call);
      if (view.status !== 'running') return view;
      dueAt = clock.now() + (view.operation.retryAfterMs ?? ownWaitMs);
      ownWaitMs = Math.min(longestWaitMs, ownWaitMs * 1.5);
    }
  }

  async #lookAtStatus(operation: Operation, call: CallContext): Promise<OperationView> {
    let response: ApiResponse;
    try {
      response = await this.#get(operation, operation.pollUrl, call);
    } catch (error) {
      if (!isErrorBesideSuccess(error)) throw error;
      return this.#readLocationError(error, operation, call);
    }
    const next = this.#advance(operation, response, call);
    const { body } = response;
    const status = readStatus(body) ?? (response.status === 202 ? 'running' : 'succeeded');
    const view = withoutUndefined({ status, operation: next, percentComplete: readPercent(body) });
    if (status === 'succeeded') {
      const own = isRecord(body) && operation.pollKind === 'status' ? (body['properties'] ?? body) : body;
      return this.#withResult(view, operation.method === 'DELETE' ? undefined : own, call);
    }
    return status === 'running' ? view : { ...view, error: this.#failureOf(body, status, operation) };
  }

  async #lookAtLocation(operation: Operation, call: CallContext): Promise<OperationView> {
    let response: ApiResponse;
    try {
      response = await this.#get(operation, operation.pollUrl, call);
    } catch (error) {
      return this.#readLocationError(error, operation, call);
    }
    const next = this.#advance(operation, response, call);
    if (response.status === 202) return { status: 'running', operation: next };
    const state = readLocationState(response.body);
    if (state === 'failed' || state === 'canceled') {
      return { status: state, operation: next, error: this.#failureOf(response.body, state, operation) };
    }
    if (state === 'running') {
      if (operation.finalUrl === undefined) return { status: 'running', operation: next };
      // The address shows the resource itself, which is still being made.
      const { finalUrl, ...rest } = next;
      return { status: 'running', operation: { ...rest, pollKind: 'resource', pollUrl: operation.finalUrl } };
    }
    return this.#withResult({ status: 'succeeded', operation: next }, response.body, call);
  }

  /** An error at the address of the result is the result, unless it comes from the way there. */
  async #readLocationError(error: unknown, operation: Operation, call: CallContext): Promise<OperationView> {
    if (!isVerdict(error)) throw error;
    if (error.status === 404 && operation.method === 'DELETE') return { status: 'succeeded', operation };
    const { message, hint, upstream } = error;
    call.note('The operation ended with an error at the address that it gave for its result.');
    const code = upstream?.code ?? error.code;
    return { status: 'failed', operation, error: withoutUndefined({ code, message, hint }) };
  }

  async #lookAtResource(operation: Operation, call: CallContext): Promise<OperationView> {
    const isDeletion = operation.method === 'DELETE';
    let response: ApiResponse;
    try {
      response = await this.#get(operation, operation.pollUrl, call);
    } catch (error) {
      if (isDeletion && error instanceof AppError && error.status === 404) return { status: 'succeeded', operation };
      throw error;
    }
    const next = this.#advance(operation, response, call);
    // A deletion has ended when the resource is gone; until then its state may still be the earlier one.
    const state = readProvisioningState(response.body) ?? 'succeeded';
    const status = isDeletion && state === 'succeeded' ? 'running' : state;
    if (status === 'succeeded') {
      return { status: response.status === 202 ? 'running' : status, operation: next, result: response.body };
    }
    return status === 'running'
      ? { status, operation: next }
      : { status, operation: next, error: this.#failureOf(response.body, status, operation) };
  }

  /** The result of a success, from its address. A success stays one when its result cannot be read. */
  async #withResult(view: OperationView, own: unknown, call: CallContext): Promise<OperationView> {
    const { operation } = view;
    // What the address of the result answers is the resource already.
    const isThere = operation.pollKind === 'location' && own !== undefined;
    if (operation.finalUrl === undefined || isThere) return own === undefined ? view : { ...view, result: own };
    try {
      const { body } = await this.#get(operation, operation.finalUrl, call);
      return { ...view, result: body };
    } catch (error) {
      if (!(error instanceof AppError) || call.signal.aborted) throw error;
      call.note(`The operation succeeded; its result could not be read: ${error.message}`);
      return own === undefined ? view : { ...view, result: own };
    }
  }

  /** The operation with the newest addresses and the newest wait. A bad address is ignored. */
  #advance(operation: Operation, { headers, status, url }: ApiResponse, call: CallContext): Operation {
    const { retryAfterMs: _, ...rest } = operation;
    const wait = readRetryAfter(headers, this.#options.clock.now());
    const read = (link: string | undefined) => this.#newer(operation, link, url, call);
    const statusUrl =
      operation.pollKind === 'status' ? (headers['azure-asyncoperation'] ?? headers['operation-location']) : undefined;
    const isMoved = operation.pollKind === 'location' && status === 202;
    const isResultMoved = operation.pollKind === 'status' && operation.method === 'POST';
    const pollUrl = read(statusUrl) ?? (isMoved ? read(headers['location']) : undefined);
    const finalUrl = isResultMoved ? read(headers['location']) : undefined;
    return { ...rest, ...withoutUndefined({ pollUrl, finalUrl, retryAfterMs: wait }) };
  }

  #newer({ api }: Operation, link: string | undefined, answeredBy: string, call: CallContext): string | undefined {
    if (link === undefined) return undefined;
    const { url, problem } = readPollLink(link, answeredBy, this.#client(api));
    if (problem !== undefined) {
      call.note(`A new address of the operation is refused: ${problem}. The known one stays in use.`);
      return undefined;
    }
    return url;
  }

  #failureOf(body: unknown, status: 'failed' | 'canceled', operation: Operation): OperationFailure {
    const given = isRecord(body) ? body['error'] : undefined;
    const { code, message, hint } = this.#options.explainFailure(given, operation);
    const isFailed = status === 'failed';
    return withoutUndefined({
      code: code ?? (isFailed ? 'OperationFailed' : 'OperationCanceled'),
      message: `The operation ${isFailed ? 'failed' : 'was canceled at the service'}${message === undefined ? '; the service gives no reason' : `: ${message}`}.`,
      hint,
    });
  }

  /** Monitors of Graph may be on other hosts, which get no token. */
  async #get({ api, pollKind, method, path }: Operation, url: string, call: CallContext): Promise<ApiResponse> {
    const foreign = pollKind === 'monitor' ? { foreign: true } : {};
    // The result of an action may hold secrets that only the action's own name tells of.
    const answersTo = { method, path };
    const request = { method: 'GET', path: url, verbatim: true, answersTo, ...foreign } as const;
    const response = await this.#client(api).send(request, call);
    // A `Location` may lead to a result that is text; a page is never an answer about an operation.
    const isPage = /html/i.test(response.headers['content-type'] ?? '');
    if (isPage || (pollKind !== 'location' && typeof response.body === 'string')) throw notAState(response);
    return response;
  }

  #client(api: string): ApiClient {
    const client = this.#options.clients[api];
    if (client === undefined) {
      throw new AppError('unsupported', `Operations of ${api} cannot be followed.`, {
        hint: 'Read the object that the operation works on.',
      });
    }
    return client;
  }
}

/** Something on the way answered in place of the service: that says nothing about the operation, and may pass. */
function notAState({ status, headers }: ApiResponse): AppError {
  const type = quoted(headers['content-type'] ?? 'text', 100);
  return new AppError(
    'upstream_error',
    `The address of the operation answered ${status} with ${type} instead of JSON.`,
    {
      hint: 'Look whether a proxy or a sign-in page stands between here and the service.',
      retryable: true,
    },
  );
}

/** Waits; false when the call is over. */
async function waited(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(waitMs, signal);
    return true;
  } catch {
    return false;
  }
}

/** A failure to read that says nothing about the operation and may pass. */
function isPassing(error: unknown): boolean {
  return error instanceof AppError && error.retryable;
}

/** An answer about the operation, not about the token, the load or the way to the service. */
function isVerdict(error: unknown): error is AppError {
  const status = error instanceof AppError ? error.status : undefined;
  if (status === undefined || isErrorBesideSuccess(error)) return status !== undefined;
  return status >= 400 && ![401, 403, 408, 429, 502, 503, 504].includes(status);
}

/** The service itself says in the body of a 2xx that the operation has failed. */
function isErrorBesideSuccess(error: unknown): boolean {
  const { status = 0, upstream } = error instanceof AppError ? error : {};
  return status >= 200 && status < 300 && upstream?.code !== undefined;
}

function stateUnknown(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  return error.with({
    message: `The state of the operation could not be read: ${error.message}`,
    hint: 'The operation itself continues: look again with get_operation.',
  });
}

function report({ status, percentComplete, operation }: OperationView, looks: number, call: CallContext): void {
  const message = `${operation.method} ${operation.path}: ${status}`;
  call.progress(
    percentComplete === undefined ? { progress: looks, message } : { progress: percentComplete, total: 100, message },
  );
}

/** Follows the operations of one connection. */
export function createOperationFollower(options: OperationFollowerOptions): OperationFollower {
  return new ConnectedFollower(options);
}
