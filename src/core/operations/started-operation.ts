import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../http/api-client.ts';
import type { Operation, PollKind } from './operation.ts';
import { readProvisioningState } from './operation-state.ts';
import { readPollLink } from './poll-link.ts';

export interface StartedAnswer {
  readonly api: string;
  readonly client: ApiClient;
  readonly connectionId: string;
  readonly request: ApiRequest;
  /** The address that the request went to, with its api-version. */
  readonly url: string;
  readonly response: ApiResponse;
  readonly clock: Clock;
  readonly call: CallContext;
}

interface Poll {
  readonly pollKind: PollKind;
  readonly pollUrl: string;
}

/**
 * The operation that an answer to a write has started; undefined when the write is done.
 *
 * https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
 */
export function startedOperation(answer: StartedAnswer): Operation | undefined {
  const { api, connectionId, request, url, response, clock } = answer;
  if (!isGoingOn(response)) return undefined;
  const statusLink = response.headers['azure-asyncoperation'] ?? response.headers['operation-location'];
  const { location } = response.headers;
  const poll = choosePoll(answer, statusLink, location);
  if (poll === undefined) return undefined;
  const finalUrl = chooseFinal(answer, poll, location);
  const now = clock.now();
  const retryAfterMs = readRetryAfter(response.headers, now);
  return {
    api,
    connectionId,
    method: request.method,
    path: new URL(url).pathname,
    ...poll,
    ...(finalUrl === undefined ? {} : { finalUrl }),
    startedAt: now,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** 202 always; 200 and 201 while the resource says so, or when they only name a place to look at. */
function isGoingOn({ status, headers, body }: ApiResponse): boolean {
  if (status !== 200 && status !== 201) return status === 202;
  const state = readProvisioningState(body);
  const hasStatus = headers['azure-asyncoperation'] !== undefined || headers['operation-location'] !== undefined;
  return state === undefined ? hasStatus : state !== 'succeeded';
}

function choosePoll(answer: StartedAnswer, statusLink: string | undefined, location: string | undefined) {
  const { client, request, url, response, call } = answer;
  const candidates: readonly (readonly [PollKind, string | undefined])[] = [
    ['status', statusLink],
    // Beside a resource that is being made, `Location` may be its own address: then its state tells.
    ['location', response.status === 202 || request.method === 'POST' ? location : undefined],
  ];
  const problems: string[] = [];
  for (const [pollKind, link] of candidates) {
    const read = link === undefined ? undefined : readPollLink(link, url, client);
    if (read !== undefined && read.problem === undefined) return { pollKind, pollUrl: read.url } satisfies Poll;
    problems.push(...(read?.problem === undefined ? [] : [read.problem]));
  }
  if (problems.length > 0) {
    call.note(
      `The service gave an address to follow the operation by that is refused: ${problems.join('; ')}. Nothing was sent there.`,
    );
  }
  if (request.method !== 'POST') return { pollKind: 'resource', pollUrl: url } satisfies Poll;
  return withoutPoll(answer, problems);
}

/** An action that nothing tells the state of: said, instead of guessed. */
function withoutPoll({ request, response, call, url }: StartedAnswer, problems: readonly string[]): undefined {
  if (problems.length === 0) {
    call.note(
      'The service accepted the action and gave no address to follow it by: read the resource to see its state.',
    );
    return undefined;
  }
  const resource = new URL(url).pathname.split('/').slice(0, -1).join('/');
  throw new AppError(
    'outcome_unknown',
    `The service accepted the ${request.method} (${response.status}), but the address to follow it by is refused: ${problems.join('; ')}.`,
    { hint: `Nothing was sent there. Read ${resource} to see what the action did before calling it again.` },
  );
}

/** Where the result is: the resource after PUT and PATCH, `Location` after an action, nowhere after DELETE. */
function chooseFinal({ client, request, url }: StartedAnswer, { pollKind }: Poll, location: string | undefined) {
  if (request.method === 'PUT' || request.method === 'PATCH') return pollKind === 'resource' ? undefined : url;
  if (request.method !== 'POST' || pollKind !== 'status' || location === undefined) return undefined;
  const read = readPollLink(location, url, client);
  return read.problem === undefined ? read.url : undefined;
}
