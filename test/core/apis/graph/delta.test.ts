import { describe, expect, test } from 'vitest';
import { type ReadPages, readDelta } from '../../../../src/core/apis/graph/delta.ts';
import type { DeltaCursor } from '../../../../src/core/apis/graph/graph-api.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import type { Page } from '../../../../src/core/http/page.ts';
import { testCall } from '../../../support/call.ts';

const start: ApiRequest = {
  method: 'GET',
  path: '/groups/delta',
  params: { $select: 'members' },
  headers: { Prefer: 'x' },
};
const link = (name: string) => `https://graph.example/v1.0/groups/delta?$${name}`;

/** Answers each request with a list of pages, or with a failure. */
function service(...answers: (readonly Partial<Page>[] | Error)[]) {
  const sent: ApiRequest[] = [];
  const pages: ReadPages = async function* (request) {
    sent.push(request);
    const answer = answers[sent.length - 1] ?? [];
    if (answer instanceof Error) throw answer;
    for (const page of answer) yield { items: [], status: 200, requestId: 'q', ...page };
  };
  return { pages, sent };
}

const done = { deltaLink: link('deltatoken=2') };
const cursor: DeltaCursor = { version: 1, link: link('deltatoken=1'), kind: 'delta', headers: { Prefer: 'x' } };

async function round(answers: Parameters<typeof service>, from?: DeltaCursor, call = testCall()) {
  const { pages, sent } = service(...answers);
  return { result: await readDelta(start, from, { pages, limits: {}, call }), sent };
}

describe('a round', () => {
  test('merges what comes several times: last values win, slices of members are joined', async () => {
    const { result } = await round([
      [
        {
          items: [{ id: 'g', displayName: 'Old', 'members@delta': [{ id: '1' }, { id: '2' }] }, { id: 'h' }],
          nextLink: link('skiptoken=1'),
        },
        {
          items: [{ id: 'g', displayName: 'New', 'members@delta': [{ id: '3' }, { id: '1', '@removed': {} }] }],
          ...done,
        },
      ],
    ]);
    expect(result).toEqual({
      items: [
        { id: 'g', displayName: 'New', 'members@delta': [{ id: '2' }, { id: '3' }, { id: '1', '@removed': {} }] },
        { id: 'h' },
      ],
      complete: true,
      resync: false,
      cursor: { version: 1, link: done.deltaLink, kind: 'delta', headers: { Prefer: 'x' } },
      pages: 2,
    });
  });

  test('a removal is the last word, and so is a return', async () => {
    const removed = { id: 'a', '@removed': { reason: 'changed' } };
    const { result } = await round([
      [{ items: [{ id: 'a', mail: 'x' }, { id: 'b', '@removed': {} }, removed, { id: 'b', mail: 'y' }], ...done }],
    ]);
    expect(result.items).toEqual([removed, { id: 'b', mail: 'y' }]);
  });

  test('goes on with the link alone, and with the headers that every page wants', async () => {
    const { sent } = await round([[done]], cursor);
    expect(sent).toEqual([{ method: 'GET', path: cursor.link, verbatim: true, headers: { Prefer: 'x' } }]);
  });

  test.each([
    new AppError('upstream_error', 'Gone.', { status: 410 }),
    new AppError('upstream_error', 'x', { status: 400, upstream: { code: 'syncStateNotFound' } }),
    new AppError('not_found', 'x', { status: 404, upstream: { code: 'resyncRequired' } }),
  ])('a forgotten position starts over once: %s', async (error) => {
    const { result, sent } = await round([error, [{ items: [{ id: 'a' }], ...done }]], cursor);
    expect(result).toMatchObject({ resync: true, complete: true, items: [{ id: 'a' }] });
    expect(sent[1]).toEqual(start);
  });

  test('other failures are failures, and a fresh start is not started over', async () => {
    const refused = new AppError('permission_denied', 'No.', { status: 403 });
    await expect(round([refused], cursor)).rejects.toBe(refused);
    const gone = new AppError('upstream_error', 'Gone.', { status: 410 });
    await expect(round([gone])).rejects.toBe(gone);
  });

  test('what was read before the time was over is kept, with the way on', async () => {
    const call = testCall();
    const pages: ReadPages = async function* () {
      yield { items: [{ id: 'a' }], nextLink: link('skiptoken=1'), status: 200, requestId: 'q' };
      throw new AppError('throttled', 'Later.', { status: 429 });
    };
    const result = await readDelta(start, undefined, { pages, limits: {}, call });
    expect(result).toMatchObject({
      complete: false,
      items: [{ id: 'a' }],
      cursor: { kind: 'next', link: link('skiptoken=1') },
    });
    expect(call.record.notes).toEqual([expect.stringContaining('Stopped after 1 page (throttled)')]);
  });

  test('an answer without either link is no delta query', async () => {
    await expect(round([[{ items: [] }]])).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('progress rises with every page that brings something', async () => {
    const call = testCall();
    await round(
      [[{ items: [{ id: 'a' }], nextLink: 'x' }, { nextLink: 'y' }, { items: [{ id: 'b' }], ...done }]],
      undefined,
      call,
    );
    expect(call.updates.map(({ progress }) => progress)).toEqual([1, 2]);
  });
});
