import { shownLine } from '../core/base/clean-text.ts';
import type { ToolResult } from '../server/tool-result.ts';
import { type AnswerView, viewAnswer } from './answer-view.ts';

/** The answer of a connection tool for the person at the terminal: short, and with the command that comes next. */
export function formatConnectionAnswer({ isError, structured }: Pick<ToolResult, 'isError' | 'structured'>): string {
  const answer = viewAnswer(isError, structured);
  return [...linesOf(answer), ...answer.notes()].map(shownLine).join('\n');
}

function linesOf(answer: AnswerView): readonly string[] {
  if (answer.isError) return errorLines(answer);
  const data = 'response.data';
  const deleted = answer.at(`${data}.deleted`);
  if (deleted !== undefined) {
    return [`Deleted ${String(deleted)}.`, ...secretLines(answer, `${data}.secrets_destroyed`)];
  }
  const health = answer.at(`${data}.health`);
  const place = [data, `${data}.connection`, `${data}.value.0`].find((one) => answer.at(`${one}.name`) !== undefined);
  if (place === undefined && health !== undefined) {
    const lines = answer.records(`${data}.checks`).flatMap(checkLines);
    return [...lines, `${answer.text('connection.name')}: health ${String(health)}`];
  }
  if (place === undefined) return [JSON.stringify(answer.at(data))];
  const changes = answer.list(`${data}.changes`).map(String);
  const checks = [...answer.records(`${data}.checks`), ...answer.records(`${place}.checks`)].flatMap(checkLines);
  return [...changes, ...checks, ...connectionLines(answer, place)];
}

function errorLines(answer: AnswerView): readonly string[] {
  const of = (name: string) => answer.at(`response.error.${name}`);
  const hint = of('hint');
  return [`error: ${String(of('message'))}`, ...(hint === undefined ? [] : [`  ${String(hint)}`])];
}

function checkLines({ check, status, detail, hint }: Readonly<Record<string, unknown>>): readonly string[] {
  const line = `${String(status).padEnd(4)}  ${String(check)}${detail === undefined ? '' : `: ${String(detail)}`}`;
  return hint === undefined ? [line] : [line, `      ${String(hint)}`];
}

function connectionLines(answer: AnswerView, place: string): readonly string[] {
  const of = (name: string) => answer.at(`${place}.${name}`);
  const name = String(of('name'));
  if (of('problem') !== undefined) {
    return [`${name}: damaged`, `  ${String(of('problem'))}`, `Next: ${String(of('next_step'))}`];
  }
  const tenant = { tenant: of('tenant'), tenant_id: of('tenant_id') };
  const identity = Object.entries({ ...tenant, ...Object(of('identity')) })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${key}: ${String(value)}`);
  return [
    `${name}: ${String(of('status'))}, health ${String(of('health'))}`,
    `  ${String(of('access'))}, for ${answer.list(`${place}.scopes`).join(', ')}`,
    `  signs in with ${String(of('auth_type'))}, cloud ${String(of('cloud') ?? 'public')}`,
    ...identity,
    ...secretLines(answer, `${place}.secrets`),
    of('health') === 'healthy' ? 'Ready to use.' : `Next: ${nextCommand(answer, place)}`,
  ];
}

function secretLines(answer: AnswerView, path: string): readonly string[] {
  return answer.records(path).map(({ kind, fingerprint, source, expires_at: ends, previous }) => {
    const from = source === undefined ? '' : `, from ${String(source)}`;
    const until = typeof ends === 'string' ? `, ends ${ends.slice(0, 10)}` : '';
    return `  ${previous === true ? 'previous ' : ''}${String(kind)}: fingerprint ${String(fingerprint)}${from}${until}`;
  });
}

/** Where the hint for a model names a tool, the person needs the command. */
function nextCommand(answer: AnswerView, place: string): string {
  const of = (name: string) => String(answer.at(`${place}.${name}`));
  if (of('origin') === 'declared') return of('next_step');
  if (of('status') === 'pending') return `tenantry connections complete ${of('name')}`;
  return of('health') === 'unknown' ? `tenantry connections validate ${of('name')}` : of('next_step');
}
