import { shownLine } from '../../core/base/clean-text.ts';
import { delay } from '../../core/base/delay.ts';
import { AppError } from '../../core/base/errors.ts';
import { formatAuditLine } from '../../core/storage/files/audit-line.ts';
import type { AuditEntry, AuditLog } from '../../core/storage/storage.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { startTenantry } from '../start-tenantry.ts';
import { untilSignal, within } from '../until.ts';

export interface AuditFlags extends CommonFlags {
  /** How many of the newest lines. */
  readonly lines: number;
  readonly follow?: boolean;
  readonly connection?: string;
  readonly tool?: string;
  readonly denied?: boolean;
}

/** Outcomes of calls that somebody or something said no to. */
const denials: ReadonlySet<string> = new Set(['refused', 'permission_denied', 'unauthenticated']);
const lookEveryMs = 500;

/** `tenantry audit`: the newest lines, the newest last; a table on a terminal, one JSON object a line otherwise. */
export async function runAudit(flags: AuditFlags): Promise<number> {
  const tenantry = await startTenantry(flags);
  const stop = untilSignal();
  const cancel = new AbortController();
  void stop.signalled.then(() => cancel.abort());
  try {
    const log = await tenantry.runtime.audit.log();
    if (log === undefined) {
      throw new AppError('unsupported', 'The storage of this configuration keeps no audit log.', {
        hint: 'Use the embedded storage, or read the log of the storage itself.',
      });
    }
    const position = await showNewest(log, flags);
    if (flags.follow === true) await follow(log, position, flags, cancel.signal);
    return exitCodes.success;
  } finally {
    await within(2_000, tenantry.close());
    stop.forget();
  }
}

async function showNewest(log: AuditLog, flags: AuditFlags): Promise<string | undefined> {
  const newest: AuditEntry[] = [];
  let position: string | undefined;
  for (;;) {
    const part = await log.read(position);
    if (part.position === position) break;
    position = part.position;
    newest.push(...part.entries.filter((entry) => isWanted(entry, flags)));
    newest.splice(0, Math.max(0, newest.length - flags.lines));
  }
  show(newest);
  return position;
}

/** Shows what comes until the signal: the end of it is no failure. */
async function follow(log: AuditLog, from: string | undefined, flags: AuditFlags, signal: AbortSignal): Promise<void> {
  let position = from;
  while (!signal.aborted) {
    const part = await log.read(position);
    position = part.position;
    show(part.entries.filter((entry) => isWanted(entry, flags)));
    if (part.entries.length === 0) await delay(lookEveryMs, signal).catch(() => undefined);
  }
}

function isWanted({ connection, tool, outcome }: AuditEntry, flags: AuditFlags): boolean {
  return (
    (flags.connection === undefined || flags.connection === connection) &&
    (flags.tool === undefined || flags.tool === tool) &&
    (flags.denied !== true || denials.has(outcome))
  );
}

function show(entries: readonly AuditEntry[]): void {
  const format = process.stdout.isTTY ? rowOf : formatAuditLine;
  for (const entry of entries) process.stdout.write(format(entry));
}

/** Time, who, connection, tool, outcome and what it was done to: a table whose lines can be shown one by one. */
function rowOf({ at, actor, channel, connection = '-', tool, outcome, requests, targetIds }: AuditEntry): string {
  const what = requests.map(({ method, path }) => `${method} ${path}`).join(', ');
  const ids = targetIds.length === 0 ? '' : `  [${targetIds.slice(0, 5).join(' ')}]`;
  const cells = [
    new Date(at).toISOString().slice(0, 19),
    `${actor}/${channel}`.padEnd(17),
    connection.padEnd(16),
    tool.padEnd(27),
    outcome.padEnd(17),
  ];
  return `${shownLine(`${cells.join('  ')}  ${what}${ids}`).trimEnd()}\n`;
}
