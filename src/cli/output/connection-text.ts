import { shownGrant } from '../../core/record/sharing.ts';
import type { AnswerView } from './answer-view.ts';
import { inCommandWords } from './command-words.ts';

// The answers of connection tools for the person at the terminal: short, and with the command that comes next.

/** What was deleted, or a connection with its changes and checks; undefined for any other answer. */
export function connectionLines(answer: AnswerView): readonly string[] | undefined {
  const data = 'response.data';
  const deleted = answer.at(`${data}.deleted`);
  if (typeof deleted === 'string') return [`Deleted ${deleted}.`, ...secretLines(answer, `${data}.secrets_destroyed`)];
  const place = [data, `${data}.connection`, `${data}.value.0`].find(
    (one) => answer.at(`${one}.name`) !== undefined && answer.at(`${one}.next_step`) !== undefined,
  );
  const changes = answer.list(`${data}.changes`).map(String);
  const checks = [`${data}.checks`, ...(place === undefined ? [] : [`${place}.checks`])]
    .flatMap((path) => answer.records(path))
    .flatMap((check) => checkLines(check, nameOf(answer)));
  if (place === undefined) return checks.length === 0 ? undefined : [...changes, ...checks, ...healthLine(answer)];
  return [...changes, ...checks, ...stateLines(answer, place)];
}

/** One line for a check or a finding, and one for what to do about it. */
export function checkLines(
  { check, status, detail, hint }: Readonly<Record<string, unknown>>,
  connection?: string,
): readonly string[] {
  const words = detail === undefined ? '' : `: ${inCommandWords(String(detail), connection)}`;
  const line = `${String(status).padEnd(4)}  ${String(check)}${words}`;
  return hint === undefined ? [line] : [line, `      ${inCommandWords(String(hint), connection)}`];
}

/** The connection that an answer is about, as far as the answer names one. */
export function nameOf(answer: AnswerView): string | undefined {
  const name = answer.at('connection.name') ?? answer.at('response.data.connection.name');
  return typeof name === 'string' ? name : undefined;
}

function healthLine(answer: AnswerView): readonly string[] {
  const health = answer.at('response.data.health');
  return typeof health === 'string' ? [`${nameOf(answer) ?? 'connection'}: health ${health}`] : [];
}

function stateLines(answer: AnswerView, place: string): readonly string[] {
  const of = (name: string) => answer.at(`${place}.${name}`);
  const name = String(of('name'));
  const next = inCommandWords(String(of('next_step')), name);
  if (of('problem') !== undefined) return [`${name}: damaged`, `  ${String(of('problem'))}`, `Next: ${next}`];
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
    ...answer.records(`${place}.shared_with`).map((grant) => `  shared with ${shownGrant(grant)}`),
    of('health') === 'healthy' ? 'Ready to use.' : `Next: ${next}`,
  ];
}

function secretLines(answer: AnswerView, path: string): readonly string[] {
  return answer.records(path).map(({ kind, fingerprint, source, expires_at: ends, previous }) => {
    const from = source === undefined ? '' : `, from ${String(source)}`;
    const until = typeof ends === 'string' ? `, ends ${ends.slice(0, 10)}` : '';
    return `  ${previous === true ? 'previous ' : ''}${String(kind)}: fingerprint ${String(fingerprint)}${from}${until}`;
  });
}
