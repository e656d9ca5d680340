import type { CheckResult, ConnectionRecord } from '../../record/connection.ts';
import type { ChecklistStep, StepState } from './checklist.ts';

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
  const said = line?.detail ?? detail;
  const advice = line?.hint ?? how;
  return { ...(said === undefined ? {} : { detail: said }), ...(advice === undefined ? {} : { how: advice }) };
}
