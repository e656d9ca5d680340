import { mix } from '../seed/hash.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../service.ts';
import { type BatchItem, parseBatch } from './batch-envelope.ts';
import type { GraphDispatch, GraphParts } from './parsed-path.ts';

interface ItemAnswer {
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Items of one mailbox that are in flight together. */
const perMailbox = 4;

/**
 * `POST /$batch`. Items run side by side, or one after the other when they depend on each other; answers come in any
 * order. Source: "Combine multiple HTTP requests using JSON batching".
 */
export const handleBatch: GraphParts['batch'] = async (request, context, dispatch) => {
  const { items, isSequential } = parseBatch(request.body);
  const run = (item: BatchItem) => runItem(item, request, context, dispatch);
  const answers = isSequential ? await runInSequence(items, run) : await runSideBySide(items, run);
  return { status: 200, body: { responses: shuffle(answers, request.requestId) } };
};

async function runInSequence(
  items: readonly BatchItem[],
  run: (item: BatchItem) => Promise<ItemAnswer>,
): Promise<ItemAnswer[]> {
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
  run: (item: BatchItem) => Promise<ItemAnswer>,
): Promise<ItemAnswer[]> {
  const running = new Map<string, Promise<ItemAnswer>[]>();
  return Promise.all(
    items.map((item) => {
      const mailbox = /^\/?(users\/[^/]+|me)\/(?:messages|mailFolders|sendMail)\b/i.exec(item.url)?.[1]?.toLowerCase();
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
      // Nothing but the token comes from the envelope.
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

/** Headers of the connection, which items do not have. */
const envelopeHeaders = ['date', 'vary', 'strict-transport-security', 'transfer-encoding', 'content-length'];

/** Item headers keep the casing in which the back end writes them. */
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

/** The same shuffle for the same request, so that runs can be repeated. */
function shuffle<T>(values: readonly T[], requestId: string): T[] {
  const seed = Number.parseInt(requestId.replaceAll('-', '').slice(-8), 16);
  return values
    .map((value, position) => ({ value, rank: mix(seed, position, values.length) }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ value }) => value);
}
