import { isRecord } from '../../core/base/guards.ts';
import { listIn } from '../../core/http/page.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * The rows of one answer of a batch, as `itemOf` shows it: one for each item of a list, or one for the object. Each begins
 * with `request` and `status`. A request that failed, was not sent, or has an empty list is a row too: none disappears.
 */
export function rowsOf({ id, status, body, error, not_sent: notSent, complete }: Row): readonly Row[] {
  const about = { request: id, status };
  if (notSent === true) return [{ ...about, error: { code: 'not_sent' } }];
  if (error !== undefined) return [{ ...about, error }];
  const part = complete === false ? { complete } : {};
  const list = Array.isArray(body) ? body : listIn(body);
  if (list === undefined) return [{ ...about, ...part, ...cellsOf(body) }];
  return list.length === 0 ? [{ ...about, ...part }] : list.map((item) => ({ ...about, ...part, ...cellsOf(item) }));
}

const ours: ReadonlySet<string> = new Set(['request', 'status', 'error', 'complete']);

/** Members that are called like a column of ours are told apart. */
function cellsOf(item: unknown): Row {
  if (!isRecord(item)) return item === undefined || item === null ? {} : { value: item };
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [ours.has(name) ? `body.${name}` : name, value]),
  );
}
