import { describe, expect, test } from 'vitest';
import { graphPaging } from '../../../src/core/apis/graph/graph-descriptor.ts';
import { AppError, invalidArgument } from '../../../src/core/base/errors.ts';
import type { ApiClient, ApiRequest, ApiResponse } from '../../../src/core/http/api-client.ts';
import type { Page } from '../../../src/core/http/page.ts';
import { type PaginateOptions, paginate } from '../../../src/core/http/paginate.ts';
import { testCall } from '../../support/call.ts';

const root = 'https://graph.example/v1.0/things';
const guid = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

interface Script {
  /** Body of a page by number; a thrown error is what the service answers. */
  page(number: number, visit: number): { readonly items: readonly unknown[]; readonly next?: string };
}

/** A list whose pages are at `…/things?page=N`, beginning with 1. */
function list({ page }: Script, more: Partial<PaginateOptions> = {}) {
  const sent: ApiRequest[] = [];
  const visits = new Map<number, number>();
  const answer = (number: number): ApiResponse => {
    const visit = (visits.get(number) ?? 0) + 1;
    visits.set(number, visit);
    const { items, next } = page(number, visit);
    const body = { '@odata.context': 'c', value: items, ...(next === undefined ? {} : { '@odata.nextLink': next }) };
    return {
      status: 200,
      headers: {},
      body,
      json: Buffer.from(JSON.stringify(body)),
      sizeBytes: 1,
      url: root,
      requestId: `q${number}`,
    };
  };
  const client: ApiClient = {
    api: 'graph',
    resolveUrl({ path }) {
      if (!path.startsWith('https://graph.example/')) throw invalidArgument('no', 'no');
      return path;
    },
    async send(request) {
      sent.push(request);
      await Promise.resolve();
      return answer(Number(new URL(request.path).searchParams.get('page')));
    },
  };
  const options: PaginateOptions = {
    client,
    dialect: graphPaging,
    first: async () => {
      sent.push({ method: 'GET', path: root });
      return answer(1);
    },
    headersOf: () => ({ ConsistencyLevel: 'eventual' }),
    limits: {},
    ...more,
  };
  return { options, sent };
}

const link = (number: number) => `${root}?page=${number}`;

async function readAll(options: PaginateOptions, call = testCall()): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const page of paginate(options, call)) pages.push(page);
  return pages;
}

const three: Script = {
  page: (number) => ({ items: [{ id: guid(number) }], ...(number < 3 ? { next: link(number + 1) } : {}) }),
};

function expired(): never {
  throw new AppError('upstream_error', 'Too old.', { status: 400, upstream: { code: 'Directory_ExpiredPageToken' } });
}

describe('a walk through a list', () => {
  test('uses links byte for byte, with the headers of the first page', async () => {
    const odd = `${root}?page=2&$skiptoken=a%2Bb+c'%20%7e`;
    const { options, sent } = list({
      page: (number) => (number === 1 ? { items: [], next: odd } : { items: [{ id: guid(2) }] }),
    });
    const pages = await readAll(options);
    expect(sent[1]).toEqual({ method: 'GET', path: odd, verbatim: true, headers: { ConsistencyLevel: 'eventual' } });
    expect(pages[0]).toMatchObject({ nextLink: odd, headers: { ConsistencyLevel: 'eventual' } });
    expect(pages[1]).not.toHaveProperty('headers');
  });

  test('passes the text of a page on as long as its items are untouched', async () => {
    const { options } = list({
      page: (number) =>
        number === 1 ? { items: [{ id: guid(1) }], next: link(2) } : { items: [{ id: guid(1) }, { id: guid(2) }] },
    });
    const [first, second] = await readAll(options);
    expect(JSON.parse(String(first?.json))).toMatchObject({ value: [{ id: guid(1) }] });
    expect(second).toMatchObject({ items: [{ id: guid(2) }] });
    expect(second).not.toHaveProperty('json');
  });

  test('fetches one page ahead, never two', async () => {
    const { options, sent } = list(three);
    const walk = paginate(options, testCall());
    await walk.next();
    expect(sent).toHaveLength(2);
    await walk.next();
    expect(sent).toHaveLength(3);
    await walk.return();
  });

  test('a page that reaches a limit is the last, and nothing is fetched ahead', async () => {
    const byPages = list(three, { limits: { maxPages: 1 } });
    expect(await readAll(byPages.options)).toMatchObject([{ nextLink: link(2) }]);
    expect(byPages.sent).toHaveLength(1);
    const byItems = list(three, { limits: { maxItems: 2 } });
    expect(await readAll(byItems.options)).toHaveLength(2);
    expect(byItems.sent).toHaveLength(2);
  });

  test('what was fetched ahead and fails shows when its page is asked for', async () => {
    const failing: Script = {
      page: (number) => {
        if (number === 2) throw new AppError('upstream_unavailable', 'Down.');
        return three.page(number, 1);
      },
    };
    const walk = paginate(list(failing).options, testCall());
    expect((await walk.next()).value).toMatchObject({ items: [{ id: guid(1) }] });
    await expect(walk.next()).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  test('leaving early ends what was fetched ahead', async () => {
    const signals: AbortSignal[] = [];
    const { options } = list(three);
    const { client } = options;
    const watched: ApiClient = {
      ...client,
      send: (request, call) => {
        signals.push(call.signal);
        return client.send(request, call);
      },
    };
    const walk = paginate({ ...options, client: watched }, testCall());
    await walk.next();
    await walk.return();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('an answer that is no list is said to be none', async () => {
    const response: ApiResponse = {
      status: 200,
      headers: {},
      body: { id: '1' },
      sizeBytes: 1,
      url: root,
      requestId: 'q',
    };
    const { options } = list(three, { first: async () => response });
    await expect(readAll(options)).rejects.toMatchObject({
      code: 'upstream_error',
      message: 'The answer is not a list.',
    });
  });
});

describe('guards', () => {
  test('an expired link starts over twice and no more', async () => {
    const { options, sent } = list({
      page: (number) => (number === 3 ? expired() : { items: [{ id: guid(number) }], next: link(number + 1) }),
    });
    await expect(readAll(options)).rejects.toMatchObject({ upstream: { code: 'Directory_ExpiredPageToken' } });
    expect(sent).toHaveLength(9);
  });

  test('items without ids are counted instead of compared after a restart', async () => {
    const { options } = list({
      page: (number, visit) => {
        if (number === 3 && visit === 1) expired();
        return { items: [{ name: `a${number}` }, { name: 'same' }], ...(number < 3 ? { next: link(number + 1) } : {}) };
      },
    });
    const items = (await readAll(options)).flatMap((page) => page.items);
    expect(items).toEqual([
      { name: 'a1' },
      { name: 'same' },
      { name: 'a2' },
      { name: 'same' },
      { name: 'a3' },
      { name: 'same' },
    ]);
  });

  test('a list that begins at a link has no start to go back to', async () => {
    const script: Script = { page: (number) => (number === 2 ? expired() : { items: [], next: link(2) }) };
    const { options, sent } = list(script, { canRestart: false });
    await expect(readAll(options)).rejects.toMatchObject({ upstream: { code: 'Directory_ExpiredPageToken' } });
    expect(sent).toHaveLength(2);
  });

  test('a foreign link is an error before anything of its page is used', async () => {
    const { options, sent } = list({
      page: () => ({ items: [{ id: guid(1) }], next: 'https://evil.example/x?page=2' }),
    });
    await expect(readAll(options)).rejects.toMatchObject({ code: 'upstream_error' });
    expect(sent).toHaveLength(1);
  });

  test.each([1, 2, 3])('a link that leads back to page %i is found', async (target) => {
    const { options, sent } = list({
      page: (number) => ({ items: [{ id: guid(number) }], next: link(number === 3 ? target : number + 1) }),
    });
    await expect(readAll(options)).rejects.toMatchObject({
      code: 'upstream_error',
      message: expect.stringContaining('no end'),
    });
    expect(sent.length).toBeLessThanOrEqual(5);
  });

  test('objects that may come several times are left alone', async () => {
    const { options } = list(
      {
        page: (number) => ({
          items: [{ id: guid(1), part: number }],
          ...(number < 3 ? { next: link(number + 1) } : {}),
        }),
      },
      { unique: false },
    );
    expect((await readAll(options)).flatMap((page) => page.items)).toHaveLength(3);
  });

  test('annotations that say nothing are taken off, the others stay', async () => {
    const item = {
      '@odata.type': '#microsoft.graph.user',
      '@odata.id': 'x',
      '@odata.etag': 'W/"1"',
      'members@delta': [],
      'createdDateTime@odata.type': '#DateTimeOffset',
      'manager@odata.navigationLink': 'x',
      '@removed': { reason: 'changed' },
      mail: 'ada@odata.example',
    };
    const [page] = await readAll(list({ page: () => ({ items: [item, { id: '1' }] }) }).options);
    expect(page?.items).toEqual([
      {
        '@odata.type': '#microsoft.graph.user',
        '@odata.etag': 'W/"1"',
        'members@delta': [],
        '@removed': { reason: 'changed' },
        mail: 'ada@odata.example',
      },
      { id: '1' },
    ]);
  });
});
