import { afterEach, beforeEach, expect, test } from 'vitest';
import { call, type HttpLab, initialize, openHttpLab } from '../../support/http-lab.ts';

// JSON of ever so many levels is a few bytes for each, and whatever walks through it runs out of stack.

let lab: HttpLab;
beforeEach(async () => {
  lab = await openHttpLab();
});
afterEach(() => lab.close());

const nested = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`;
const send = (body: string) =>
  fetch(lab.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer alice',
    },
    body,
  });
/** A message with this in place of its mark. */
const around = (message: object, inner: string) => JSON.stringify(message).replace('"HERE"', inner);

test.each([
  ['lists', nested(200_000, '[', ']')],
  ['lists that never end', '['.repeat(200_000)],
  ['arguments', around(call('who', { a: 'HERE' }), nested(100_000, '{"a":', '}'))],
  ['_meta', around(call('who', {}, 1, { a: 'HERE' }), nested(100_000, '[', ']'))],
  [
    'capabilities',
    around(
      { ...initialize, params: { ...initialize.params, capabilities: { experimental: 'HERE' } } },
      nested(100_000, '{"a":', '}'),
    ),
  ],
])('%s of too many levels are refused before anything reads them', async (_, body) => {
  const answer = await send(body);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { jsonrpc: '2.0', error: { code: -32700, message: expect.stringContaining('128 levels') }, id: null },
  ]);
  expect(lab.errors).toEqual([]);
});

test('brackets inside texts are no levels, and what tools take is served', async () => {
  const text = `\\"${'[{'.repeat(500)}\\\\`;
  for (const inner of [`"${text}"`, nested(40, '{"a":[', ']}')]) {
    const answer = await send(around(call('who', { a: 'HERE' }), inner));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('"text":"alice"');
  }
});

test('arguments that are a text of too many levels are no object', async () => {
  const text = nested(100_000, '{"a":', '}');
  const answer = await send(JSON.stringify({ ...call('who'), params: { name: 'who', arguments: text } }));
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { jsonrpc: '2.0', error: { code: -32602, message: expect.stringContaining('arguments must be an object') }, id: 2 },
  ]);
});
