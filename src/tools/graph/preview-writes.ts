import type { PreparedRequest } from '../../core/apis/graph/graph-api.ts';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { refusedIfSynchronised, synchronisedHint } from '../../core/apis/graph/synchronised.ts';
import type { CallContext } from '../../core/base/call-context.ts';
import { isRecord } from '../../core/base/guards.ts';
import { quoted, quoteNames } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { BatchItem, BatchItemResult } from '../../core/http/batch/batch-item.ts';
import { shownBody } from '../../core/named-secrets/shown-body.ts';
import { unknownSegment } from '../../core/policy/addresses/address.ts';
import type { PlannedWrite } from '../../core/policy/guard.ts';
import { planWrite } from '../../core/policy/planned-writes.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { describeReview } from '../policy-answer.ts';
import { requestOf, type WriteRequest } from './batch-requests.ts';
import { futureId } from './split-bindings.ts';

/** A write as the caller gave it, and as it would be sent. */
interface PreparedWrite {
  readonly item: WriteRequest;
  readonly request: PreparedRequest;
}

/** Most requests that a question shows with their state. */
export const mostPreviewed = 20;

/** Throws what sending would refuse. Touches no network. */
export function prepareWrites(
  items: readonly WriteRequest[],
  { graph, call }: Pick<ConnectionToolContext, 'graph' | 'call'>,
): readonly PreparedWrite[] {
  const note = (text: string) => call.note(text);
  return items.map((item) => ({ item, request: graph.preview(requestOf(item), note) }));
}

/** The form in which policy looks at them. */
export function plannedWrites(
  prepared: readonly PreparedWrite[],
  { cloud }: Pick<ConnectionToolContext, 'cloud'>,
): readonly PlannedWrite[] {
  return prepared.map(({ request: { url, ...request } }) =>
    planWrite('graph', cloud.graph, { ...request, address: withUnknownId(url) }),
  );
}

/** The id of an object that is not there yet, as rules know it. */
function withUnknownId(url: string): string {
  return url.replace(`/${encodeURIComponent(futureId)}`, `/${unknownSegment}`);
}

/** The exact requests, the current state, what would change, and what policy says. Sends GETs only. */
export async function previewWrites(
  prepared: readonly PreparedWrite[],
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { guard, call } = context;
  const requests = await describeWrites(prepared, context);
  const policy = describeReview(await guard.review(plannedWrites(prepared, context), call));
  call.note('Dry run: no write was sent.');
  return { status: 200, data: { dry_run: true, requests, ...policy } };
}

/** Each request with the state that it would change. */
export async function describeWrites(
  prepared: readonly PreparedWrite[],
  { graph, call }: ConnectionToolContext,
): Promise<readonly object[]> {
  const reads = prepared.flatMap(({ item }) =>
    item.isPart === true ? [] : [...stateRead(item), ...synchronisedRead(item)],
  );
  const options = withoutUndefined({ continueOnError: true, apiVersion: prepared[0]?.item.apiVersion });
  const current = reads.length === 0 ? [] : (await graph.batch(reads, options, call)).responses;
  const stateById = new Map(current.map((state) => [state.id, state]));
  return prepared.map(({ item, request }) => {
    const at = { api: 'graph' as const, method: item.method, path: item.endpoint };
    const body = shownBody({ ...at, body: request.body });
    return {
      id: item.id,
      ...withoutEmptyHeaders({ ...request, url: decodedId(request.url), ...(body === undefined ? {} : { body }) }),
      ...describeState({ ...item, body: shownBody({ ...at, body: item.body }) }, stateById.get(item.id)),
      ...describeRefusal(item, stateById.get(synchronisedId(item)), call),
    };
  });
}

/** The id of an object that is not there yet, as a reader knows it. */
function decodedId(url: string): string {
  return url.replace(`/${encodeURIComponent(futureId)}`, `/${futureId}`);
}

/** Ids of the caller's requests have no spaces. */
function synchronisedId({ id }: WriteRequest): string {
  return `${id} synchronised`;
}

/** The GET that tells whether the object comes from an on-premises directory; none where that would not matter. */
function synchronisedRead(item: WriteRequest): readonly BatchItem[] {
  const write = refusedIfSynchronised({ ...item, path: item.endpoint });
  const params = { $select: 'onPremisesSyncEnabled' };
  return write === undefined ? [] : [{ id: synchronisedId(item), method: 'GET', url: write.object, params }];
}

/** What the service will refuse, in the words of its later refusal. */
function describeRefusal(item: WriteRequest, state: BatchItemResult | undefined, call: CallContext): object {
  const isSynchronised = isRecord(state?.body) && state.body['onPremisesSyncEnabled'] === true;
  const write = isSynchronised ? refusedIfSynchronised({ ...item, path: item.endpoint }) : undefined;
  if (write === undefined) return {};
  const { refused } = write;
  call.note(
    `The service will refuse request ${quoted(item.id)}: ${quoteNames(refused.slice(0, 20))} cannot be changed.`,
  );
  return { will_be_refused: { properties: refused, hint: synchronisedHint } };
}

/** The request as answers show it. */
export function withoutEmptyHeaders({ headers, ...request }: PreparedRequest): Partial<PreparedRequest> {
  return Object.keys(headers).length === 0 ? request : { ...request, headers };
}

/** The GET for the current state; none where nothing exists yet, or nothing can be read. */
function stateRead({ id, method, endpoint, body }: WriteRequest): readonly BatchItem[] {
  const [path = ''] = endpoint.split('?');
  if (method === 'POST' || /\/\$(ref|value)$/i.test(path) || /^https?:/i.test(path)) return [];
  const names = method === 'PATCH' && typeof body === 'object' ? Object.keys(body).filter(isPlainName) : [];
  return [{ id, method: 'GET', url: path, ...(names.length === 0 ? {} : { params: { $select: names.join(',') } }) }];
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

interface StateDescription {
  /** Absent where it cannot be read. */
  readonly current?: unknown;
  readonly current_status?: number;
  /** By property; only properties that would change. */
  readonly changes?: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

function describeState({ method, body }: WriteRequest, state: BatchItemResult | undefined): StateDescription {
  if (state === undefined) return {};
  if (!state.success) return { current_status: state.status };
  const current = withoutNoise(state.body);
  return {
    current,
    ...(method === 'PATCH' && isRecord(body) && isRecord(current) ? { changes: difference(current, body) } : {}),
  };
}

function difference(
  current: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): NonNullable<StateDescription['changes']> {
  // References are added: an object does not say which it has.
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([name, to]) => isPlainName(name) && JSON.stringify(current[name]) !== JSON.stringify(to))
      .map(([name, to]) => [name, { from: current[name] ?? null, to }]),
  );
}
