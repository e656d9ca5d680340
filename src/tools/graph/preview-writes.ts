import type { PreparedRequest } from '../../core/apis/graph/graph-api.ts';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { isRecord } from '../../core/base/guards.ts';
import type { BatchItem, BatchItemResult } from '../../core/http/batch/batch-item.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { requestOf, type WriteRequest } from './batch-requests.ts';

/** The exact requests, the current state, and what would change. Sends GETs only. */
export async function previewWrites(
  items: readonly WriteRequest[],
  { graph, call }: ConnectionToolContext,
): Promise<ToolOutcome> {
  const prepared = items.map((item) => ({ item, request: graph.preview(requestOf(item)) }));
  const reads = items.flatMap(stateRead);
  const current = reads.length === 0 ? [] : (await graph.batch(reads, { continueOnError: true }, call)).responses;
  const stateById = new Map(current.map((state) => [state.id, state]));
  call.note('Dry run: no write was sent.');
  const requests = prepared.map(({ item, request }) => ({
    id: item.id,
    ...withoutEmptyHeaders(request),
    ...describeState(item, stateById.get(item.id)),
  }));
  return { status: 200, data: { dry_run: true, requests } };
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
  return Object.fromEntries(
    Object.entries(wanted)
      .filter(([name, to]) => JSON.stringify(current[name]) !== JSON.stringify(to))
      .map(([name, to]) => [name, { from: current[name] ?? null, to }]),
  );
}
