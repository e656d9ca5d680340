import { AppError, isPassing } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { type ConnectionRecord, tenantOf, unusualCloudOf } from '../../core/record/connection.ts';
import { shortened } from '../../core/results/answer-budget.ts';
import type { ConnectionReport } from '../../core/results/tool-outcome.ts';
import type { ConnectionReader } from './connection-reader.ts';

type Failure = NonNullable<ConnectionReport['error']>;

type Named = Pick<ConnectionRecord, 'name' | 'identity' | 'tenantName' | 'cloud'>;

/** What a connection gave: little for one that gave everything. `hasCursor`: the answer leads to what will pass. */
export function reportOf(record: Named, reader: ConnectionReader, hasCursor: boolean): ConnectionReport {
  const { count, total, isComplete, failure } = reader;
  return withoutUndefined({
    name: record.name,
    tenant: tenantOf(record),
    cloud: unusualCloudOf(record),
    count,
    total: !isComplete && total !== undefined && total > count ? total : undefined,
    complete: isComplete ? undefined : (false as const),
    error: failure && errorOf(failure, hasCursor),
  });
}

function errorOf(failure: AppError, hasCursor: boolean): Failure {
  const { code, message, retryAfterMs } = failure;
  const hint = hasCursor && isPassing(failure) ? 'meta.cursor leads to its rest.' : failure.hint;
  const retry_after_seconds = retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000);
  return withoutUndefined({ code, message, hint, retry_after_seconds });
}

/** Most bytes of the sentences of one failure among others. */
const sentenceBytes = 300;

/** Bytes of a report that has nothing to say, besides its words. */
const plainBytes = 60;
/** Bytes for what a few failures say. */
const failureBytes = 1_500;

/** Bytes of an answer that the reports of these connections may take. */
export function reportBytes(records: readonly Named[], answerBytes: number): number {
  const words = records.flatMap((record) => [record.name, tenantOf(record) ?? '', unusualCloudOf(record) ?? '']);
  const wanted = words.join('').length + records.length * plainBytes + failureBytes;
  return Math.min(Math.floor(answerBytes * 0.4), wanted);
}

/**
 * The reports within their bytes. Sentences that stand there already go first, then long ones are cut, then all of them go, then
 * tenants, and at last those that gave everything.
 */
export function fittingReports(reports: readonly ConnectionReport[], bytes: number): readonly ConnectionReport[] {
  const steps = [withoutRepeats, withShortSentences, withCodesAlone, withoutTenants, thoseThatLack];
  let fitting = reports;
  for (const step of steps) {
    if (Buffer.byteLength(JSON.stringify(fitting)) <= bytes) return fitting;
    fitting = step(fitting);
  }
  return fitting;
}

function eachFailure(reports: readonly ConnectionReport[], change: (error: Failure) => Failure): ConnectionReport[] {
  return reports.map((report) => (report.error === undefined ? report : { ...report, error: change(report.error) }));
}

function withoutRepeats(reports: readonly ConnectionReport[]): readonly ConnectionReport[] {
  const said = new Set<string>();
  const once = (text: string | undefined) => {
    if (text === undefined || said.has(text)) return undefined;
    said.add(text);
    return text;
  };
  return eachFailure(reports, ({ message, hint, ...rest }) =>
    withoutUndefined({ ...rest, message: once(message), hint: once(hint) }),
  );
}

function withShortSentences(reports: readonly ConnectionReport[]): readonly ConnectionReport[] {
  const short = (text: string | undefined) => (text === undefined ? undefined : shortened(text, sentenceBytes));
  return eachFailure(reports, ({ message, hint, ...rest }) =>
    withoutUndefined({ ...rest, message: short(message), hint: short(hint) }),
  );
}

function withCodesAlone(reports: readonly ConnectionReport[]): readonly ConnectionReport[] {
  return eachFailure(reports, ({ message: _message, hint: _hint, ...rest }) => rest);
}

function withoutTenants(reports: readonly ConnectionReport[]): readonly ConnectionReport[] {
  return reports.map(({ tenant: _, ...report }) => report);
}

function thoseThatLack(reports: readonly ConnectionReport[]): readonly ConnectionReport[] {
  return reports.filter(({ complete }) => complete === false);
}

/** Most connections whose failure is told in words where all have failed. */
const mostInWords = 5;

/** The failure of a call that no connection could answer. */
export function allFailed(failures: readonly { readonly name: string; readonly error: AppError }[]): AppError {
  const [first] = failures;
  if (first === undefined) throw new TypeError('Somebody has failed.');
  const { error } = first;
  const isSame = failures.every((one) => one.error.code === error.code && one.error.message === error.message);
  const words = failures
    .slice(0, mostInWords)
    .map((one) => `${one.name}: ${shortened(one.error.message, sentenceBytes)}`);
  const others = failures.length - words.length;
  const more = others > 0 ? ` ${others} more failed.` : '';
  const waits = failures.flatMap((one) => (one.error.retryAfterMs === undefined ? [] : [one.error.retryAfterMs]));
  return new AppError(
    failures.some((one) => one.error.code !== error.code) ? 'upstream_error' : error.code,
    isSame && failures.length > 1
      ? `No connection could answer: ${error.message}`
      : `No connection could answer. ${words.join(' ')}${more}`,
    withoutUndefined({
      hint: error.hint,
      status: error.status,
      retryable: failures.some((one) => one.error.retryable),
      retryAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
      upstream: error.upstream,
      detail: { connections: failures.map((one) => ({ name: one.name, code: one.error.code })) },
      cause: error,
    }),
  );
}
