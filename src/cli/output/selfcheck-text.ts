import { shownLine } from '../../core/base/clean-text.ts';
import type { SelfCheckReport } from '../../core/selfcheck/report.ts';
import type { Outcome } from '../../core/selfcheck/self-check.ts';

const words: Readonly<Record<Outcome, string>> = {
  as_assumed: 'as assumed',
  differs: 'differs',
  skipped: 'skipped',
  failed: 'failed',
};

type Check = SelfCheckReport['checks'][number];

/** The report for reading: a line for each check, what differs below it, and the sum. */
export function selfcheckText({ checks, summary }: SelfCheckReport): string {
  const sum = (['as_assumed', 'differs', 'skipped', 'failed'] as const)
    .map((outcome) => `${summary[outcome]} ${words[outcome]}`)
    .join(', ');
  return [...checks.flatMap(linesOf), `${checks.length} checks: ${sum}.`].map(shownLine).join('\n');
}

function linesOf({ id, asks, outcome, reason, needs, differences = [], request, source }: Check): readonly string[] {
  const why = [reason, needs === undefined ? undefined : `needs ${needs}`].filter((one) => one !== undefined);
  const head = `${words[outcome].padEnd(10)}  ${id}: ${asks}${why.length === 0 ? '' : ` (${why.join(': ')})`}`;
  const details = differences.map(
    ({ about, what, assumed, seen }) => `              ${about}: ${what} is ${seen}, assumed ${assumed}`,
  );
  const where = outcome === 'differs' ? [`              ${request}`, `              ${source}`] : [];
  return [head, ...details, ...where];
}
