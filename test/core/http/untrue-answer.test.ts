import { expect, test } from 'vitest';
import { findUntruth } from '../../../src/core/http/untrue-answer.ts';

const error = { code: 'X', message: 'm' };

/** Body, content type, what was wanted, and what is found. */
const answers: readonly (readonly [unknown, string, 'json' | 'data' | undefined, 'error' | 'form' | undefined])[] = [
  [{ error }, 'application/json', 'json', 'error'],
  [{ error: { code: '', message: 'm' }, '@odata.context': 'c' }, 'application/json', 'json', 'error'],
  [{ error, properties: null }, 'application/json', 'data', 'error'],
  // A list shows its items alone: an error beside them would be dropped.
  [{ error, value: [] }, 'application/json', 'json', 'error'],
  [{ error, value: [{ id: '1' }], nextLink: 'x' }, 'application/json', 'json', 'error'],
  [{ error: null, value: [] }, 'application/json', 'json', undefined],
  [{ error, id: '1', value: [] }, 'application/json', 'json', undefined],
  [{ typeKey: 'T', message: 'm', errorCode: 0, $id: '1' }, 'application/json', 'data', 'error'],
  [{ error, id: '1' }, 'application/json', 'json', undefined],
  [{ error: 'text' }, 'application/json', 'json', undefined],
  [{ error: {} }, 'application/json', 'json', undefined],
  [{ typeKey: 'T', message: 'm' }, 'application/json', 'data', undefined],
  ['<!-- x --><html>', 'text/plain', 'data', 'form'],
  ['\ufeff<!DOCTYPE html>', '', 'json', 'form'],
  ['<p>', 'text/html', 'data', 'form'],
  ['blocked', 'text/plain', 'json', 'form'],
  ['blocked', 'text/plain', 'data', undefined],
  [' {"a":1}', 'text/plain', 'json', undefined],
  ['<a/>', 'application/xml', 'json', undefined],
  ['a,b', 'text/csv', 'json', undefined],
  [undefined, 'application/json', 'json', 'form'],
  [undefined, 'application/json', 'data', undefined],
  [undefined, '', undefined, undefined],
  ['<html>', 'text/html', undefined, undefined],
];

const request = { method: 'GET', path: '/x', wirePath: '/x', query: {} } as const;

test.each(answers)('%j as %s, where %s is wanted, is %s', (body, type, wanted, kind) => {
  const answer = { status: 200, headers: { 'content-type': type }, body };
  const judge = (more: object) =>
    findUntruth({ api: { wants: () => wanted }, request, answer, isElsewhere: false, ...more });
  expect(judge({})?.kind).toBe(kind);
  // A file may be anything, and no service sends on to a page.
  const isPage = wanted === 'json' && /html/i.test(`${type}${body}`) && kind === 'form';
  expect(judge({ isElsewhere: true })?.kind).toBe(isPage ? 'form' : undefined);
  expect(judge({ answer: { ...answer, status: 404 } })).toBeUndefined();
});

test.each([
  [204, 'GET'],
  [202, 'GET'],
  [200, 'DELETE'],
  [200, 'PATCH'],
] as const)('nothing is an answer for %i to %s', (status, method) => {
  const answer = { status, headers: {}, body: undefined };
  const api = { wants: () => 'json' as const };
  expect(findUntruth({ api, request: { ...request, method }, answer, isElsewhere: false })).toBeUndefined();
});
