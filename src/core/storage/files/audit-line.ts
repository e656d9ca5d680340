import { shownLine } from '../../base/clean-text.ts';
import { isRecord, parseRecord, textOf } from '../../base/guards.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { AuditEntry } from '../storage.ts';

/** Longest line, with its line break: appended at once, it is never mixed with another. */
const mostBytes = 4_096;
const longestText = 300;

/** An entry as one line of JSON. What does not fit is left out, the last requests and ids first, and counted. */
export function formatAuditLine(entry: AuditEntry): string {
  const requests = [...entry.requests];
  const ids = [...entry.targetIds];
  let leftOut = entry.leftOut ?? 0;
  for (;;) {
    const line = `${JSON.stringify(toLine(entry, requests, ids, leftOut))}\n`;
    if (Buffer.byteLength(line) <= mostBytes || requests.length + ids.length === 0) return line;
    leftOut += (ids.length > requests.length ? ids : requests).splice(-5).length;
  }
}

function toLine(entry: AuditEntry, requests: AuditEntry['requests'], ids: readonly string[], leftOut: number) {
  const { at, caller, actor, channel, connection, tool, outcome, requestId, receipt, undoes } = entry;
  return withoutUndefined({
    time: new Date(at).toISOString(),
    caller: bounded(caller),
    actor,
    channel,
    connection,
    tool: bounded(tool),
    requests: requests.map(({ service, method, path }) => ({ service, method, path: bounded(path) })),
    target_ids: ids.map(bounded),
    outcome,
    request_id: requestId === undefined ? undefined : bounded(requestId),
    receipt,
    undoes,
    left_out: leftOut > 0 ? leftOut : undefined,
  });
}

/** Ids come from callers and services; the file is read on terminals. */
function bounded(text: string): string {
  return shownLine(text).slice(0, longestText).toWellFormed();
}

/** Undefined for a line that is none of ours. */
export function parseAuditLine(line: string): AuditEntry | undefined {
  const read = line === '' ? undefined : parseRecord(line);
  const at = Date.parse(textOf(read?.['time']));
  if (read === undefined || Number.isNaN(at)) return undefined;
  const { requests, target_ids: ids, left_out: leftOut } = read;
  return withoutUndefined({
    at,
    caller: textOf(read['caller']),
    actor: textOf(read['actor']),
    channel: textOf(read['channel']),
    connection: textOf(read['connection']) || undefined,
    tool: textOf(read['tool']),
    requests: (Array.isArray(requests) ? requests.filter(isRecord) : []).map((one) => ({
      service: textOf(one['service']),
      method: textOf(one['method']),
      path: textOf(one['path']),
    })),
    targetIds: Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [],
    outcome: textOf(read['outcome']),
    requestId: textOf(read['request_id']) || undefined,
    receipt: textOf(read['receipt']) || undefined,
    undoes: textOf(read['undoes']) || undefined,
    leftOut: typeof leftOut === 'number' ? leftOut : undefined,
  });
}
