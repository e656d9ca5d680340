import { withoutUndefined } from '../../base/without-undefined.ts';
import type { CheckResult, ConnectionRecord } from '../../record/connection.ts';

/**
 * - `done`: seen to be so.
 * - `open`: still to be done.
 * - `attention`: done, with something to look at.
 * - `unchecked`: nobody has looked yet, or it could not be looked at.
 */
type StepState = 'done' | 'open' | 'attention' | 'unchecked';

/** One step of setting a connection up. */
export interface ChecklistStep {
  readonly step: string;
  readonly title: string;
  readonly state: StepState;
  /** What is known about it. */
  readonly detail?: string;
  /** How to do it: what the last check advised, where it did. Left out when it is done. */
  readonly how?: string;
  /** The commands that do it, in their order, to copy one by one. Left out when it is done. */
  readonly commands?: readonly string[];
  /** Where in the Azure portal. Left out when it is done. */
  readonly portal?: string;
}

export interface Checklist {
  readonly connection: string;
  readonly status: ConnectionRecord['status'];
  readonly health: ConnectionRecord['health'];
  /** Time of the last checks, ISO 8601. */
  readonly checked_at?: string;
  readonly done: number;
  readonly open: number;
  /** Title of the first step that is not done. */
  readonly next?: string;
  readonly steps: readonly ChecklistStep[];
}

/** The line of the last checks with this name. */
export function lineOf({ checks }: ConnectionRecord, name: string): CheckResult | undefined {
  return checks.find(({ check }) => check === name);
}

export function isTrouble(line: CheckResult | undefined): boolean {
  return line?.status === 'fail' || line?.status === 'warn';
}

export function stateOf(line: CheckResult | undefined, without: StepState): StepState {
  const states = { pass: 'done', warn: 'attention', fail: 'open', skip: 'unchecked' } as const;
  return line === undefined ? without : states[line.status];
}

/** What the check said and advised; what is known without it otherwise. */
export function tell(
  line: CheckResult | undefined,
  { detail, how }: Pick<ChecklistStep, 'detail' | 'how'>,
): Pick<ChecklistStep, 'detail' | 'how'> {
  return withoutUndefined({ detail: line?.detail ?? detail, how: line?.hint ?? how });
}
