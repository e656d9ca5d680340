import { delay } from '../../core/base/delay.ts';
import { AppError } from '../../core/base/errors.ts';
import { createCsvWriter } from '../../core/results/csv.ts';
import { formatAuditLine } from '../../core/storage/audit-line.ts';
import type { AuditEntry, AuditLog } from '../../core/storage/storage.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags, type OutputFormat } from '../output/output-format.ts';
import { cutLine, widthOf } from '../output/text-table.ts';
import { startTenantry } from '../start-tenantry.ts';
import { untilSignal, within } from '../until.ts';

export interface AuditFlags extends CommonFlags, OutputFlags {
  /** How many of the newest lines. */
  readonly lines: number;
  readonly follow?: boolean;
  readonly connection?: string;
  readonly tool?: string;
  /** Id of who called: `local`, or that of somebody who has signed in. */
  readonly caller?: string;
  readonly denied?: boolean;
}

/** Outcomes of calls that somebody or something said no to. */
const denials: ReadonlySet<string> = new Set(['refused', 'permission_denied', 'unauthenticated']);
const lookEveryMs = 500;
const csvColumns = [
  ...['time', 'caller', 'actor', 'channel', 'connection', 'tool'],
  ...['outcome', 'requests', 'target_ids', 'request_id', 'receipt', 'undoes', 'left_out'],
];

/** `tenantry audit`: the newest lines, the newest last; a table on a terminal, one JSON object a line otherwise. */
export async function runAudit(flags: AuditFlags): Promise<number> {
  const stop = untilSignal();
  const tenantry = await startTenantry(flags);
  const cancel = new AbortController();
  void stop.signalled.then(() => cancel.abort());
  try {
    if (tenantry.runtime.configurationError) throw tenantry.runtime.configurationError;
    const log = await tenantry.runtime.audit.log();
    if (log === undefined) {
      throw new AppError('unsupported', 'The storage of this configuration keeps no audit log.', {
        hint: 'Use the embedded storage, or read the log of the storage itself.',
      });
    }
    const show = await showerOf(formatOf(flags));
    const position = await showNewest(log, flags, show);
    if (flags.follow === true) await follow(log, position, { ...flags, show, signal: cancel.signal });
    return exitCodes.success;
  } finally {
    await within(2_000, tenantry.close());
    stop.forget();
  }
}

type Show = (entries: readonly AuditEntry[]) => void;

async function showNewest(log: AuditLog, flags: AuditFlags, show: Show): Promise<string | undefined> {
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
async function follow(
  log: AuditLog,
  from: string | undefined,
  { show, signal, ...flags }: AuditFlags & { readonly show: Show; readonly signal: AbortSignal },
): Promise<void> {
  let position = from;
  while (!signal.aborted) {
    const part = await log.read(position);
    position = part.position;
    show(part.entries.filter((entry) => isWanted(entry, flags)));
    if (part.entries.length === 0) await delay(lookEveryMs, signal).catch(() => undefined);
  }
}

function isWanted({ caller, connection, tool, outcome }: AuditEntry, flags: AuditFlags): boolean {
  return (
    (flags.connection === undefined || connection?.split(',').includes(flags.connection) === true) &&
    (flags.tool === undefined || flags.tool === tool) &&
    (flags.caller === undefined || flags.caller.toLowerCase() === caller) &&
    (flags.denied !== true || denials.has(outcome))
  );
}

/** Lines can be shown one by one in every format, so that `--follow` goes on in the same one. */
async function showerOf(format: OutputFormat): Promise<Show> {
  const write = (lines: readonly string[]) => lines.forEach((line) => void process.stdout.write(line));
  if (format === 'table') return (entries) => write(entries.map(rowOf));
  if (format !== 'csv') return (entries) => write(entries.map(formatAuditLine));
  const { header, row } = createCsvWriter(csvColumns);
  write([header]);
  return (entries) => write(entries.map((entry) => row(JSON.parse(formatAuditLine(entry)))));
}

/** Time, who, connection, tool, outcome and what it was done to: a table whose lines can be shown one by one. */
function rowOf(entry: AuditEntry): string {
  const { at, actor, channel, connection = '-', tool, outcome, requests, targetIds, receipt, undoes } = entry;
  const what = requests.map(({ method, path }) => `${method} ${path}`).join(', ');
  const kept = receipt === undefined ? '' : `receipt ${receipt}  `;
  const undone = undoes === undefined ? '' : `undoes ${undoes}  `;
  const ids = targetIds.length === 0 ? '' : `  [${targetIds.slice(0, 5).join(' ')}]`;
  const cells = [
    new Date(at).toISOString().slice(0, 19),
    `${actor}/${channel}`.padEnd(17),
    connection.padEnd(16),
    tool.padEnd(27),
    outcome.padEnd(17),
  ];
  return `${cutLine(`${cells.join('  ')}  ${kept}${undone}${what}${ids}`, widthOf(process.stdout)).trimEnd()}\n`;
}
