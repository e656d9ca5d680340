import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiClient, ApiRequest, ApiResponse, HttpMethod } from '../http/api-client.ts';
import type { Operation, OperationView, PollKind } from './operation.ts';

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

type Poll = Pick<Operation, 'pollKind' | 'pollUrl'>;

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
  const { method } = request;
  const { pathname: path } = new URL(url);
  const startedAt = clock.now();
  const retryAfterMs = readRetryAfter(response.headers, startedAt);
  return withoutUndefined({ api, connectionId, method, path, ...poll, finalUrl, startedAt, retryAfterMs });
}

/** 202 always; 200 and 201 while the resource says so, or when they only name a status address. */
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
    // While a resource is being made, `Location` may be its own address: then its state tells.
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
      `The address that the service gave for following the operation is refused: ${problems.join('; ')}. Nothing was sent there.`,
    );
  }
  if (request.method !== 'POST') return { pollKind: 'resource', pollUrl: url } satisfies Poll;
  return withoutPoll(answer, problems);
}

/** For an action whose state nothing tells: that is said, not guessed. */
function withoutPoll({ request, response, call, url }: StartedAnswer, problems: readonly string[]): undefined {
  if (problems.length === 0) {
    call.note(
      'The service accepted the action and gave no address for following it: read the resource to see its state.',
    );
    return undefined;
  }
  const resource = new URL(url).pathname.split('/').slice(0, -1).join('/');
  throw new AppError(
    'outcome_unknown',
    `The service accepted the ${request.method} (${response.status}), but the address for following it is refused: ${problems.join('; ')}.`,
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

export interface MonitoredAnswer extends Pick<StartedAnswer, 'connectionId' | 'response' | 'clock'> {
  readonly method: HttpMethod;
}

/**
 * The operation behind a 202 of Graph that names a monitor; undefined where it names none (mail that is being sent), or
 * where its address is an object: a licence of a group is answered with the group, which tells nothing about an end.
 *
 * https://learn.microsoft.com/graph/long-running-actions-overview
 */
export function startedMonitor({ connectionId, method, response, clock }: MonitoredAnswer): Operation | undefined {
  const { status, headers, url } = response;
  const pollUrl = headers['location'] === undefined ? undefined : absoluteMonitor(headers['location'], url);
  if (status !== 202 || pollUrl === undefined || !isMonitor(pollUrl, url)) return undefined;
  const startedAt = clock.now();
  const retryAfterMs = readRetryAfter(headers, startedAt);
  const { pathname: path } = new URL(url);
  const poll: Poll = { pollKind: 'monitor', pollUrl };
  return withoutUndefined({ api: 'graph', connectionId, method, path, ...poll, startedAt, retryAfterMs });
}

/**
 * Other hosts are named for monitors only. On its own host Graph names objects as well, so there the path has to speak of
 * an operation: `/teams('…')/operations('…')`, `/sites/{id}/operations/{id}`, `/monitor/{id}`.
 */
function isMonitor(pollUrl: string, answeredBy: string): boolean {
  const { host, pathname } = new URL(pollUrl);
  if (host !== new URL(answeredBy).host) return true;
  return pathname.split('/').some((segment) => /^(?:\w*operations?|monitors?)(?:\(|$)/i.test(segment));
}

/** Graph writes addresses on its own host below the version: `/teams('…')/operations('…')`. */
function absoluteMonitor(link: string, answeredBy: string): string | undefined {
  if (/^https?:\/\//i.test(link)) return link;
  const version = /^\/(?:v1\.0|beta)(?=\/)/.exec(new URL(answeredBy).pathname)?.[0] ?? '';
  const path = link.startsWith('/') && !/^\/(?:v1\.0|beta)\//.test(link) ? `${version}${link}` : link;
  return URL.parse(path, answeredBy)?.href;
}

type Status = OperationView['status'];

/** Ends of operations, lower case: Resource Manager, data planes, Graph. Everything else means "still running". */
const ends: Readonly<Record<string, Status>> = {
  succeeded: 'succeeded',
  completed: 'succeeded',
  failed: 'failed',
  deletefailed: 'failed',
  canceled: 'canceled',
  cancelled: 'canceled',
};

function toStatus(text: unknown): Status | undefined {
  return typeof text === 'string' && text !== '' ? (ends[text.toLowerCase()] ?? 'running') : undefined;
}

/** `status` of a status resource, or the state that stands in its place; undefined when the body has none. */
export function readStatus(body: unknown): Status | undefined {
  if (!isRecord(body)) return undefined;
  const isError = isRecord(body['error']) && body['status'] === undefined;
  return toStatus(body['status']) ?? readProvisioningState(body) ?? (isError ? 'failed' : undefined);
}

/** Words for an operation that goes on. A resource has a `status` of its own, such as `Enabled`, which means no operation. */
const goingOn = new Set(['accepted', 'inprogress', 'notstarted', 'pending', 'queued', 'running']);

/**
 * The state in what a `Location` answers with 200, which is the result or says how the operation stands: an end that is no
 * success counts wherever it is named, and a body that is not a resource may say that it goes on.
 */
export function readLocationState(body: unknown): Status | undefined {
  if (!isRecord(body)) return undefined;
  const status = readStatus(body);
  if (status === 'failed' || status === 'canceled') return status;
  const word = typeof body['status'] === 'string' ? body['status'].toLowerCase() : '';
  if (goingOn.has(word) && body['properties'] === undefined) return 'running';
  const state = readProvisioningState(body);
  return state === 'running' && !isProgress(body) ? undefined : state;
}

/** A resource may have states of its own: without a word for progress, its answer is the result. */
function isProgress(body: Readonly<Record<string, unknown>>): boolean {
  const { properties } = body;
  const state = isRecord(properties) ? properties['provisioningState'] : undefined;
  return typeof state === 'string' && (goingOn.has(state.toLowerCase()) || /ing$/i.test(state));
}

/** `properties.provisioningState` of a resource; undefined when it has none. */
export function readProvisioningState(body: unknown): Status | undefined {
  const properties = isRecord(body) ? body['properties'] : undefined;
  return isRecord(properties) ? toStatus(properties['provisioningState']) : undefined;
}

/** `percentComplete` of Resource Manager, `percentageComplete` of Graph. */
export function readPercent(body: unknown): number | undefined {
  const value = isRecord(body) ? (body['percentComplete'] ?? body['percentageComplete']) : undefined;
  return typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined;
}

/** A link of an operation, made absolute, and why it must not be used. */
export interface PollLink {
  readonly url: string;
  /** `its host is evil.example`; absent for an address that may be used. */
  readonly problem?: string;
}

/**
 * Reads the address of an operation from a header. Absolute ones stay unchanged, relative ones start from the address that
 * answered. Only an address of the API itself may be used: it gets the token.
 */
export function readPollLink(link: string, answeredBy: string, client: Pick<ApiClient, 'resolveUrl'>): PollLink {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(link);
  const url = isAbsolute ? link : (URL.parse(link, answeredBy)?.href ?? link);
  try {
    client.resolveUrl({ path: url, verbatim: true });
    return { url };
  } catch {
    return { url, problem: describeProblem(url) };
  }
}

function describeProblem(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'it is not an address';
  if (parsed.username !== '' || parsed.password !== '') return 'it carries user information';
  if (parsed.protocol !== 'https:') return `it is not https (${quoted(`${parsed.protocol}//${parsed.host}`, 100)})`;
  return `its host ${quoted(parsed.host, 100)} is not the one of the connection's cloud`;
}
