import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { operatorAt } from '../../core/base/authority.ts';
import type { ProgressUpdate } from '../../core/base/call-context.ts';
import { localCaller } from '../../core/base/caller.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { explainFileError } from '../../core/base/file-error.ts';
import { replacePrivateFile, tryPrivateFile } from '../../core/base/private-file.ts';
import type { SelfCheckReport } from '../../core/selfcheck/report.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { openCallScope } from '../../server/call-scope.ts';
import { notReady } from '../../server/connect-call.ts';
import { version } from '../../server/version.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { createProgressBar } from '../output/progress-bar.ts';
import { selfcheckText } from '../output/selfcheck-text.ts';
import { showList } from '../output/show-list.ts';
import { startTenantry } from '../start-tenantry.ts';
import { within } from '../until.ts';

export interface SelfcheckFlags extends CommonFlags, OutputFlags {
  /** File for the report. */
  readonly out?: string;
}

/** Longer than a run that ends by itself: half an hour, and the check that is on the way then. */
const longestMs = 40 * 60_000;

/**
 * `tenantry selfcheck`: writes the report into one file, at the end, and nothing else: no audit line, no result, no health.
 * An interrupted run writes nothing.
 */
export async function runSelfcheckCommand(name: string, flags: SelfcheckFlags, signal: AbortSignal): Promise<number> {
  const tenantry = await startTenantry(flags, {
    onDeviceCode: ({ message }) => process.stderr.write(`${message}\n`),
  });
  const bar = createProgressBar(process.stderr);
  try {
    const { runtime } = tenantry;
    if (runtime.configurationError) throw runtime.configurationError;
    const day = new Date(runtime.clock.now()).toISOString().slice(0, 10);
    const file = resolve(flags.out ?? `tenantry-selfcheck-${day}.json`);
    await checkPlace(file);
    const report = await check(name, runtime, { signal, progress: bar.update });
    bar.end();
    const format = formatOf(flags);
    const text = await showList(format, {
      items: report.checks,
      json: report,
      table: () => selfcheckText(report),
    });
    process.stdout.write(`${text}\n`);
    return codeOf(report, await write(file, report));
  } finally {
    bar.end();
    await within(2_000, tenantry.close());
  }
}

interface Watching {
  readonly signal: AbortSignal;
  readonly progress: (update: ProgressUpdate) => void;
}

async function check(name: string, runtime: Runtime, { signal, progress }: Watching): Promise<SelfCheckReport> {
  const record = await runtime.connections.get(name, localCaller);
  if (record.status !== 'ready') throw notReady(record, localCaller);
  const { runSelfcheck } = await import('../../core/selfcheck/run-selfcheck.ts');
  const { clock, linkedServices } = runtime;
  const scope = openCallScope({
    caller: localCaller,
    clock,
    signal,
    timeMs: longestMs,
    clientRequestId: randomUUID(),
    authority: operatorAt('terminal'),
    progress,
  });
  try {
    const connection = await runtime.opener.open(record, localCaller);
    return await runSelfcheck({ connection, linkedServices, clock, version }, scope.call);
  } finally {
    scope.end();
    scope.close();
  }
}

/** Before anything is asked: a run of some minutes should not end without its file. */
async function checkPlace(file: string): Promise<void> {
  const folder = dirname(file);
  const [target, place] = await Promise.all([
    stat(file).catch(() => undefined),
    stat(folder).catch((error: unknown) => explainFileError(error)),
  ]);
  const problem =
    typeof place === 'string'
      ? `The folder ${folder} cannot be used: ${place}.`
      : target?.isFile() === false
        ? `${file} is not a file.`
        : undefined;
  const hint = 'Name a file in a folder that exists with --out.';
  if (problem !== undefined) throw invalidArgument(problem, hint);
  try {
    await tryPrivateFile(file);
  } catch (error) {
    throw invalidArgument(`${file} cannot be written: ${explainFileError(error)}.`, hint);
  }
}

/** Resolves whether it was written. What was found is on stdout already. */
async function write(file: string, report: SelfCheckReport): Promise<boolean> {
  try {
    await replacePrivateFile(file, `${JSON.stringify(report, null, 2)}\n`);
    process.stderr.write(
      `The report is in ${file}. It holds forms, counts and codes, nothing of the tenant; read it before you send it.\n`,
    );
    return true;
  } catch (error) {
    const reason = explainFileError(error);
    process.stderr.write(`error: The report ${basename(file)} could not be written to ${dirname(file)}: ${reason}.\n`);
    return false;
  }
}

function codeOf({ summary: { differs, failed } }: SelfCheckReport, isWritten: boolean): number {
  return differs > 0 || failed > 0 || !isWritten ? exitCodes.toolError : exitCodes.success;
}
