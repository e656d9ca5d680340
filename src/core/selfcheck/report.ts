import { builtInClouds } from '../base/clouds.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { SeenAnswer } from './compare-answer.ts';
import { type CheckRequest, type Difference, type Outcome, outcomes, type SelfCheck } from './self-check.ts';

/** How one check ended. */
export interface CheckReport {
  readonly check: SelfCheck;
  readonly outcome: Outcome;
  /** Why it was skipped, or failed. */
  readonly reason?: string;
  readonly needs?: string;
  readonly differences?: readonly Difference[];
  readonly seen?: SeenAnswer;
  /** Where it took more than one. */
  readonly attempts?: number;
}

/** A check in the file: texts of ours, forms, coarse counts, known codes. */
interface ReportedCheck extends Omit<CheckReport, 'check'> {
  readonly id: string;
  readonly asks: string;
  readonly request: string;
  readonly source: string;
}

/** The file. Its members are public: readers of earlier versions must go on understanding them. */
export interface SelfCheckReport {
  readonly report: 'tenantry selfcheck';
  /** Number of the form of this file. */
  readonly form: 1;
  readonly version: string;
  /** Day, by the clock of the machine. */
  readonly made: string;
  /** What the connection is for, in words of the configuration; without its name. */
  readonly connection: {
    readonly cloud: string;
    readonly scopes: readonly string[];
    readonly auth_type: string;
    readonly scope_level: string;
  };
  readonly summary: Readonly<Record<Outcome, number>>;
  readonly checks: readonly ReportedCheck[];
}

interface ReportFacts {
  readonly record: Pick<ConnectionRecord, 'cloud' | 'scopes' | 'auth_type' | 'scope_level'>;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly version: string;
}

export function reportOf(reports: readonly CheckReport[], { record, now, version }: ReportFacts): SelfCheckReport {
  const count = (outcome: Outcome) => reports.filter((one) => one.outcome === outcome).length;
  const [as_assumed, differs, skipped, failed] = outcomes.map(count);
  return {
    report: 'tenantry selfcheck',
    form: 1,
    version,
    made: new Date(now).toISOString().slice(0, 10),
    connection: {
      // A cloud of the configuration has a name of somebody's own.
      cloud: Object.hasOwn(builtInClouds, record.cloud) ? record.cloud : 'another',
      scopes: record.scopes,
      auth_type: record.auth_type,
      scope_level: record.scope_level,
    },
    summary: { as_assumed: as_assumed ?? 0, differs: differs ?? 0, skipped: skipped ?? 0, failed: failed ?? 0 },
    checks: reports.map(({ check, ...rest }) => ({
      id: check.id,
      asks: check.asks,
      request: describeRequest(check.request),
      source: check.source,
      ...withoutUndefined(rest),
    })),
  };
}

/** A request as the table has it: with the names of facts, not with the facts. */
export function describeRequest(request: CheckRequest): string {
  const { method = 'GET', path, query = {}, typed, headers, version, follows } = request;
  if (follows !== undefined) return `${method} the next page of ${follows}${inWords(headers)}`;
  const options = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const all = [
    ...options,
    ...(typed === undefined ? [] : [decodeURIComponent(typed)]),
    ...(version === undefined || version === 'none' ? [] : [`api-version=${version}`]),
  ];
  return `${method} ${path}${all.length === 0 ? '' : `?${all.join('&')}`}${inWords(headers)}`;
}

function inWords(headers: CheckRequest['headers'] = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return lines.length === 0 ? '' : ` (${lines.join(', ')})`;
}
