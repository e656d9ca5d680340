import { describe, expect, test } from 'vitest';
import { isRecord } from '../../../../src/core/base/guards.ts';
import { answerOf, marker, type SecretRow, secretRows } from '../../../support/secret-answers.ts';
import { askAnswer as ask, leaves, requestOf } from '../ask-answer.ts';

const title = ({ method, path }: SecretRow) => `${method} ${path.replace(/.*\/providers\//, '')}`;
const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

describe('answers that hold secrets', () => {
  test('the table has what the references list', () => {
    const of = (api: string) => secretRows.filter((row) => row.api === api).length;
    expect({ arm: of('arm') >= 115, graph: of('graph') >= 25, devops: of('devops') >= 3 }).toEqual({
      arm: true,
      graph: true,
      devops: true,
    });
  });

  test.each(secretRows.map((row) => [title(row), row] as const))('%s', async (_, row) => {
    const { body, kept, seen } = await ask(row.api, requestOf(row), { body: answerOf(row) });
    expect(seen).not.toContain(marker);
    expect(kept).toHaveLength(row.kept.length);
    expect(kept.every(({ secret }) => secret.reveal().startsWith(marker))).toBe(true);
    const found = leaves(body);
    expect(found.filter(([, value]) => value === '[secret]')).toHaveLength(row.masked.length);
    expect(found.filter(([at]) => at.endsWith('.secret') || at === 'secret')).toHaveLength(row.kept.length);
    if (isRecord(body) && !row.kept.includes('default')) {
      expect(body).toMatchObject({
        keyId: 'key-1',
        hint: 'abc',
        thumbprint: 'A1B2',
        endDateTime: '2027-01-01T00:00:00Z',
      });
    }
    for (const [at, value] of found)
      if (at.endsWith('[1].value') || at.endsWith('[1].key')) expect(value === null || value === '').toBe(true);
    count('plain');
  });

  const variants: Readonly<Record<string, (row: SecretRow) => Promise<string>>> = {
    'other spelling of members and action': async (row) => {
      const upper = row.path.replace(/\/providers\/.*|(?<=.)\/[^/]*$/, (tail) => tail.toUpperCase());
      const path = row.path.includes("('") ? row.path : upper;
      return (await ask(row.api, { ...requestOf(row), path }, { body: answerOf(row, (name) => name.toUpperCase()) }))
        .seen;
    },
    'a list around it': async (row) => {
      const body = answerOf(row);
      return (await ask(row.api, requestOf(row), { body: { value: [body, body] } })).seen;
    },
    'an array': async (row) => (await ask(row.api, requestOf(row), { body: [answerOf(row)] })).seen,
    'the last look at an operation': async (row) => {
      const { method, path } = row;
      const body = { id: '/x/y', name: 'op', status: 'Succeeded', properties: answerOf(row) };
      const poll = { method: 'GET', path: '/subscriptions/1/operations/2', answersTo: { method, path } } as const;
      return (await ask(row.api, poll, { body })).seen;
    },
    'a keeper that is full': async (row) =>
      (await ask(row.api, requestOf(row), { body: answerOf(row) }, { keep: false })).seen,
    'a refusal that repeats it': async (row) => {
      const error = {
        code: 'Bad',
        message: 'No.',
        details: [{ code: 'x', target: 'y', message: `AccountKey=${marker}` }],
        innerError: answerOf(row),
      };
      return (await ask(row.api, requestOf(row), { status: 400, body: { error } })).seen;
    },
    'an item of a batch': async (row) => {
      const [path = ''] = row.path.split('?');
      const item = { id: '1', name: '1', method: row.method, httpMethod: row.method, url: row.path, relativeUrl: path };
      const answer = {
        id: '1',
        name: '1',
        status: 200,
        httpStatusCode: 200,
        headers: { Location: `https://x/?sig=${marker}` },
      };
      const content = row.api === 'arm' ? { content: answerOf(row) } : { body: answerOf(row) };
      const body = { responses: [{ ...answer, ...content }] };
      const batch = {
        method: 'POST',
        path: row.api === 'arm' ? '/batch' : '/$batch',
        body: { requests: [item] },
      } as const;
      return row.api === 'devops' ? '' : (await ask(row.api, batch, { body })).seen;
    },
  };

  test.each(Object.keys(variants))('none of them in %s', async (variant) => {
    const leaks: string[] = [];
    for (const row of secretRows) {
      const seen = await variants[variant]?.(row);
      if (seen === undefined || seen.includes(marker)) leaks.push(title(row));
      count(variant);
    }
    expect(leaks).toEqual([]);
  });

  test('how much was tried', () => {
    console.log(`secrets in answers: ${[...counts].map(([what, many]) => `${what} ${many}`).join(', ')}`);
    expect([...counts.values()].every((many) => many === secretRows.length)).toBe(true);
  });
});
