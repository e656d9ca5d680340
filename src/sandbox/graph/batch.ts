import { isRecord } from '../../core/base/guards.ts';
import { parseJson } from '../base/read-request.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { mix } from '../seed/hash.ts';
import { badRequest, GraphError } from './graph-error.ts';
import type { GraphDispatch, GraphParts } from './parsed-path.ts';
import { mailboxAt } from './throttle/mailbox-traffic.ts';

/** An item of a batch, checked at the level of the envelope. */
interface BatchItem {
  readonly id: string;
  /** Lower-case id; ids are case-insensitive. */
  readonly key: string;
  readonly method: string;
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Keys of the items that must succeed first. */
  readonly dependsOn: readonly string[];
}

interface ItemAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type ItemRunner = (item: BatchItem) => Promise<ItemAnswer>;

/** Number of concurrent items for one mailbox. */
const perMailbox = 4;

/**
 * `POST /$batch`. Items run in parallel, or in sequence if they depend on each other. Responses come in any order.
 * Source: "Combine multiple HTTP requests using JSON batching".
 */
export const handleBatch: GraphParts['batch'] = async (request, context, dispatch) => {
  const { items, isSequential } = parseBatch(request.body);
  const needs = new Set<string>();
  const noting: GraphDispatch = async (inner, own) => {
    const response = await dispatch(inner, own);
    for (const permission of response.needs ?? []) needs.add(permission);
    return response;
  };
  const run = (item: BatchItem) => runItem(item, request, context, noting);
  const mailboxOf = ({ url }: BatchItem) =>
    mailboxAt(`/v1.0/${url.replace(/^\/|\?.*$/gs, '')}`, { appId: '', objectId: 'me' }, context);
  const answers = isSequential ? await runInSequence(items, run) : await runSideBySide(items, run, mailboxOf);
  const body = { responses: shuffle(answers, request.requestId) };
  return { status: 200, body, ...(needs.size === 0 ? {} : { needs: [...needs] }) };
};

async function runInSequence(items: readonly BatchItem[], run: ItemRunner): Promise<ItemAnswer[]> {
  const answers: ItemAnswer[] = [];
  const failed = new Set<string>();
  for (const item of items) {
    const answer = item.dependsOn.some((id) => failed.has(id)) ? failedDependency(item) : await run(item);
    if (answer.status >= 400) failed.add(item.key);
    answers.push(answer);
  }
  return answers;
}

function runSideBySide(
  items: readonly BatchItem[],
  run: ItemRunner,
  mailboxOf: (item: BatchItem) => string | undefined,
): Promise<ItemAnswer[]> {
  const running = new Map<string, Promise<ItemAnswer>[]>();
  return Promise.all(
    items.map((item) => {
      const mailbox = mailboxOf(item);
      if (!mailbox) return run(item);
      const before = running.get(mailbox) ?? [];
      const predecessor = before.at(-perMailbox);
      const answer = predecessor ? predecessor.then(() => run(item)) : run(item);
      running.set(mailbox, [...before, answer]);
      return answer;
    }),
  );
}

async function runItem(
  item: BatchItem,
  envelope: SandboxRequest,
  context: SandboxContext,
  dispatch: GraphDispatch,
): Promise<ItemAnswer> {
  const version = envelope.rawPath.split('/')[1] ?? '';
  const url = item.url.startsWith('/') ? item.url.slice(1) : item.url;
  const queryAt = url.indexOf('?');
  const authorization = envelope.headers['authorization'];
  const response = await dispatch(
    {
      method: item.method,
      base: envelope.base,
      rawPath: `/${version}/${queryAt < 0 ? url : url.slice(0, queryAt)}`,
      rawQuery: queryAt < 0 ? '' : url.slice(queryAt + 1),
      // Only the token comes from the envelope.
      headers: { ...item.headers, ...(authorization === undefined ? {} : { authorization }) },
      body: item.body,
      requestId: context.newId(),
      isBatchItem: true,
    },
    context,
  );
  return answerOf(item, response);
}

function answerOf({ id }: BatchItem, { status, headers = {}, body }: SandboxResponse): ItemAnswer {
  const named = Object.entries(headers).filter(([name]) => !envelopeHeaders.includes(name.toLowerCase()));
  const answer = { id, status, headers: Object.fromEntries(named.map(([name, value]) => [serverCasing(name), value])) };
  if (body === undefined || body === null) return answer;
  return { ...answer, body: body instanceof Uint8Array ? Buffer.from(body).toString('base64') : body };
}

/** Connection headers, which items do not have. */
const envelopeHeaders = ['date', 'vary', 'strict-transport-security', 'transfer-encoding', 'content-length'];

/** Item headers keep the casing of the backend. */
function serverCasing(name: string): string {
  const lower = name.toLowerCase();
  if (lower === 'odata-version') return 'OData-Version';
  if (lower.startsWith('x-ms-') || lower.endsWith('request-id')) return lower;
  return lower.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

function failedDependency({ id }: BatchItem): ItemAnswer {
  const error = {
    code: 'FailedDependency',
    message: 'The request could not be completed because a request it depends on failed.',
  };
  return { id, status: 424, headers: { 'Content-Type': 'application/json' }, body: { error } };
}

/** Deterministic shuffle, so that runs are repeatable. */
function shuffle<T>(values: readonly T[], requestId: string): T[] {
  const seed = Number.parseInt(requestId.replaceAll('-', '').slice(-8), 16);
  return values
    .map((value, position) => ({ value, rank: mix(seed, position, values.length) }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ value }) => value);
}

const maximumItems = 20;

/** Parses the envelope, or refuses the whole batch. Sources: "JSON batching", "Known issues with Microsoft Graph". */
function parseBatch(bytes: Uint8Array) {
  const envelope = parseJson(bytes);
  const requests = isRecord(envelope) ? envelope['requests'] : undefined;
  if (!Array.isArray(requests) || requests.length === 0) throw invalidPayload();
  if (requests.length > maximumItems) {
    throw new GraphError(
      400,
      'MaximumValueExceeded',
      `Number of batch request steps exceeds the maximum value of ${maximumItems}.`,
    );
  }
  const items = requests.map(parseItem);
  const seen = new Set<string>();
  for (const { id, key, dependsOn } of items) {
    if (seen.has(key)) throw badRequest(`Request Id ${id} has to be unique in a batch.`);
    if (dependsOn.some((other) => !seen.has(other))) throw badRequest(`Invalid dependency for request Id ${id}.`);
    seen.add(key);
  }
  return { items, isSequential: checkDependencies(items) };
}

function parseItem(item: unknown): BatchItem {
  if (!isRecord(item)) throw invalidPayload();
  const { id, method, url, headers = {}, body, dependsOn = [] } = item;
  const isNamed = typeof id === 'string' && id !== '' && typeof method === 'string' && typeof url === 'string';
  if (!isNamed || !isRecord(headers) || !Array.isArray(dependsOn)) throw invalidPayload();
  const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const contentType = named['content-type'];
  const isWrite = ['POST', 'PUT', 'PATCH'].includes(method.toUpperCase());
  if ((isWrite && body === undefined) || (body !== undefined && !contentType)) {
    throw badRequest(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  return {
    id,
    key: id.toLowerCase(),
    method: method.toUpperCase(),
    url,
    headers: named,
    body: bytesOf(body, contentType ?? ''),
    dependsOn: dependsOn.map((other) => String(other).toLowerCase()),
  };
}

/** The envelope contains JSON unchanged and everything else as base64url. */
function bytesOf(body: unknown, contentType: string): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (/^application\/json\b/i.test(contentType)) return Buffer.from(JSON.stringify(body));
  return typeof body === 'string' ? Buffer.from(body, 'base64url') : Buffer.from(JSON.stringify(body));
}

/** Accepted dependencies: none; each item on the previous one; or all on the same one. Anything else is refused. */
function checkDependencies(items: readonly BatchItem[]): boolean {
  const dependent = items.filter(({ dependsOn }) => dependsOn.length > 0);
  if (dependent.length === 0) return false;
  const isSerial = items.every(({ dependsOn }, index) =>
    index === 0 ? dependsOn.length === 0 : dependsOn.length === 1 && dependsOn[0] === items[index - 1]?.key,
  );
  const isSame = dependent.every(
    ({ dependsOn }) => dependsOn.length === 1 && dependsOn[0] === dependent[0]?.dependsOn[0],
  );
  if (!isSerial && !isSame) throw badRequest('Batch should be either fully sequential or fully parallel.');
  return true;
}

function invalidPayload(): GraphError {
  return badRequest('Invalid batch payload format.');
}
