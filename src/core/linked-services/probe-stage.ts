import type { ProbeStage } from './linked-service.ts';

type Extra = Pick<ProbeStage, 'code' | 'hint'>;
type StageName = ProbeStage['stage'];

function stageOf(status: ProbeStage['status']) {
  return (stage: StageName, detail: string, extra: Extra = {}): ProbeStage => ({ stage, status, detail, ...extra });
}

export const pass = stageOf('pass');
export const warn = stageOf('warn');
export const fail = stageOf('fail');
export const skip = stageOf('skip');

/** Text of a service as part of a detail: one line, bounded, without control characters. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
