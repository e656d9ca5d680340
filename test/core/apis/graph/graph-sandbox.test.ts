import { afterEach, describe, expect, test } from 'vitest';
import type { GraphApi } from '../../../../src/core/apis/graph/graph-api.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import type { Page } from '../../../../src/core/http/page.ts';
import { testCall } from '../../../support/call.ts';
import { fakeTime, passTime } from '../../../support/pass-time.ts';
import { openSandboxGraph, type SandboxGraph, type SandboxGraphOptions } from '../../../support/sandbox-graph.ts';

const opened: SandboxGraph[] = [];

function open(options: SandboxGraphOptions = {}): SandboxGraph {
  const one = openSandboxGraph(options);
  opened.push(one);
  return one;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

const get = (path: string, more: Partial<ApiRequest> = {}): ApiRequest => ({ method: 'GET', path, ...more });

async function readAll(pages: AsyncIterable<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for await (const page of pages) {
    all.push(page);
  }
  return all;
}

function idsOf(pages: readonly Page[]): string[] {
  return pages.flatMap((page) => page.items).map((item) => (item as { id: string }).id);
}

/** Signs in and loads what is loaded at first use; then the time is the test's. */
async function warmUp(graph: GraphApi): Promise<void> {
  await graph.send(get('/organization'), testCall());
  fakeTime();
}

const failure = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => {
      throw new Error('It succeeded.');
    },
    (error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    },
  );

describe('pages of the seeded users', () => {
  test('every user once, with the headers on every page', async () => {
    const { graph, seen } = open();
    const call = testCall();
    const pages = await readAll(
      graph.pages(get('/users', { params: { $select: 'id', $top: 50, $filter: "displayName ne 'x'" } }), {}, call),
    );
    const ids = idsOf(pages);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(240);
    expect(pages[0]?.count).toBe(ids.length);
    expect(pages.slice(1).every((page) => page.count === undefined)).toBe(true);
    expect(seen()).toHaveLength(pages.length);
    expect(seen().every(({ headers }) => headers['consistencylevel'] === 'eventual')).toBe(true);
    expect(call.record.pages).toBe(pages.length);
    expect(call.record.notes).toEqual([expect.stringContaining('`ne` needs an advanced query')]);
  });

  test('limits end the list after the page that reaches them, and leave the link', async () => {
    const { graph, seen } = open({ settings: { max_pages: 3 } });
    const byItems = await readAll(graph.pages(get('/users?$top=50'), { maxItems: 60 }, testCall()));
    expect(byItems).toHaveLength(2);
    expect(byItems.at(-1)?.nextLink).toMatch(/skiptoken/);
    expect(seen()).toHaveLength(2);
    const byPages = await readAll(graph.pages(get('/users?$top=20'), {}, testCall()));
    expect(byPages).toHaveLength(3);
    expect(seen()).toHaveLength(5);
  });

  test('a link of an earlier answer goes on from there', async () => {
    const { graph } = open();
    const [first] = await readAll(graph.pages(get('/users?$top=100'), { maxPages: 1 }, testCall()));
    const link = first?.nextLink ?? '';
    const rest = await readAll(graph.pages(get(link, { verbatim: true }), {}, testCall()));
    expect(new Set([...idsOf([first as Page]), ...idsOf(rest)]).size).toBe(idsOf(rest).length + 100);
  });

  test('an answer that was read already is not fetched again, and its pages want its headers', async () => {
    const { graph, seen } = open();
    const request = get('/users', { params: { $search: '"displayName:a"', $top: 5 } });
    const call = testCall();
    const first = await graph.send(request, call);
    const pages = await readAll(graph.pages(request, { first, maxPages: 2 }, call));
    expect(pages).toHaveLength(2);
    expect(seen()).toHaveLength(2);
    expect(seen()[1]?.headers['consistencylevel']).toBe('eventual');
  });
});

describe('faults of lists', () => {
  test('an expired page token starts the list again, without loss or repeats', async () => {
    const { graph, sandbox, seen } = open();
    const expected = idsOf(await readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    const before = seen().length;
    sandbox.fault({ match: 'GET /v1.0/users*', kind: 'expire_page_token', times: 1 });
    const call = testCall();
    const ids = idsOf(await readAll(graph.pages(get('/users?$top=50'), {}, call)));
    expect(ids).toEqual(expected);
    expect(seen().length - before).toBeGreaterThan(Math.ceil(expected.length / 50));
    expect(call.record.notes).toEqual([expect.stringContaining('started again')]);
  });

  test('items that the service repeats are listed once', async () => {
    const { graph, sandbox } = open();
    const expected = idsOf(await readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    sandbox.fault({ match: 'GET /v1.0/users*', kind: 'duplicate_page', times: 1 });
    const ids = idsOf(await readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    expect(ids.toSorted()).toEqual(expected.toSorted());
  });

  test('an empty page with a link is not the end', async () => {
    const { graph, sandbox } = open();
    const expected = idsOf(await readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    sandbox.fault({ match: 'GET /v1.0/users*', kind: 'empty_page', times: 1 });
    const pages = await readAll(graph.pages(get('/users?$top=50'), {}, testCall()));
    expect(idsOf(pages)).toEqual(expected);
    expect(pages.some((page) => page.items.length === 0)).toBe(true);
  });

  test('a link that loops ends with an error instead of never', async () => {
    const { graph, sandbox, seen } = open();
    sandbox.fault({ match: 'GET /v1.0/users*', kind: 'loop_next_link', times: 50 });
    const error = await failure(readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    expect(error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('no end') });
    expect(seen().length).toBeLessThan(5);
  });

  test('a link to another host is not followed', async () => {
    const { graph, sandbox } = open();
    sandbox.fault({ match: 'GET /v1.0/users*', kind: 'foreign_next_link', times: 1 });
    const error = await failure(readAll(graph.pages(get('/users?$top=50'), {}, testCall())));
    expect(error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('another host') });
    expect(sandbox.requests().every(({ service }) => service === 'graph' || service === 'login')).toBe(true);
  });

  test('a consumer that stops early ends the request that was under way', async () => {
    const { graph, seen } = open();
    for await (const page of graph.pages(get('/users?$top=20'), {}, testCall())) {
      expect(page.items).toHaveLength(20);
      break;
    }
    expect(seen().length).toBeLessThanOrEqual(2);
  });
});

describe('single requests', () => {
  test('a query that the tables do not know is healed once, and says so', async () => {
    const { graph, sandbox, seen } = open();
    const body = { error: { code: 'Request_UnsupportedQuery', message: 'Unsupported.' } };
    sandbox.fault({ match: 'GET /v1.0/users*', status: 400, body, times: 1 });
    const call = testCall();
    const { status } = await graph.send(get('/users', { params: { $filter: "department eq 'Sales'" } }), call);
    expect(status).toBe(200);
    expect(seen().map(({ headers }) => headers['consistencylevel'])).toEqual([undefined, 'eventual']);
    expect(call.record.notes).toEqual([expect.stringContaining('refused the query without it')]);
  });

  test('a query that stays refused is refused after one healing', async () => {
    const { graph, sandbox, seen } = open();
    const body = { error: { code: 'Request_UnsupportedQuery', message: 'Unsupported.' } };
    sandbox.fault({ match: 'GET /v1.0/users*', status: 400, body, times: 5 });
    const error = await failure(
      graph.send(get('/users', { params: { $filter: "department eq 'Sales'" } }), testCall()),
    );
    expect(error).toMatchObject({ code: 'invalid_argument', status: 400 });
    expect(seen()).toHaveLength(2);
  });

  test('a long advanced query goes inside a batch', async () => {
    const { graph, seen } = open();
    const filter = Array.from({ length: 14 }, (_, index) => `companyName ne '${'x'.repeat(180)}${index}'`).join(
      ' and ',
    );
    const call = testCall();
    const { body } = await graph.send(get('/users', { params: { $filter: filter, $top: 3 } }), call);
    expect(body).toMatchObject({ value: [{}, {}, {}] });
    expect(seen().map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /v1.0/$batch']);
    expect(call.record.notes).toContain('The address is longer than 2000 characters: it was sent inside a $batch.');
  });

  test('an error inside that batch is told like any other', async () => {
    const { graph } = open();
    const long = Array.from({ length: 14 }, (_, index) => `noSuch ne '${'x'.repeat(180)}${index}'`).join(' and ');
    const error = await failure(graph.send(get('/users', { params: { $filter: long } }), testCall()));
    expect(error).toMatchObject({ code: 'invalid_argument', status: 400 });
  });

  test('a member that would be deleted itself is refused before anything is sent', async () => {
    const { graph, seen } = open();
    const request: ApiRequest = { method: 'DELETE', path: '/groups/1/members/2' };
    expect(await failure(graph.send(request, testCall()))).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('DELETE /groups/1/members/2/$ref'),
    });
    expect(
      await failure(graph.batch([{ method: 'DELETE', url: '/groups/1/members/2' }], {}, testCall())),
    ).toMatchObject({
      code: 'refused',
    });
    expect(() => graph.preview(request)).toThrow(AppError);
    expect(seen()).toHaveLength(0);
  });

  test('an object that was made a moment ago is waited for, any other is not', async () => {
    const { graph, sandbox, seen } = open();
    await warmUp(graph);
    const call = testCall();
    const group = { displayName: 'New', mailEnabled: false, mailNickname: 'new', securityEnabled: true };
    const made = await passTime(graph.send({ method: 'POST', path: '/groups', body: group }, call));
    const { id } = made.body as { id: string };
    const missing = { error: { code: 'Request_ResourceNotFound', message: 'It does not exist.' } };
    sandbox.fault({ match: `GET /v1.0/groups/${id}*`, status: 404, body: missing, times: 2 });
    const before = seen().length;
    const read = await passTime(graph.send(get(`/groups/${id}`), call));
    expect(read.status).toBe(200);
    expect(seen().length - before).toBe(3);
    const unknown = '00000000-0000-4000-8000-00000000dead';
    const error = await passTime(failure(graph.send(get(`/groups/${unknown}`), call)));
    expect(error).toMatchObject({ code: 'not_found', status: 404 });
    expect(seen().length - before).toBe(4);
  });
});

describe('delta', () => {
  test('a full round, then the changes since', async () => {
    const { graph } = open();
    const start = get('/users/delta', { params: { $select: 'id,displayName,jobTitle' } });
    const full = await graph.delta(start, undefined, {}, testCall());
    expect(full).toMatchObject({ complete: true, resync: false, cursor: { version: 1, kind: 'delta' } });
    expect(full.items.length).toBeGreaterThanOrEqual(240);
    const { id } = full.items[0] as { id: string };
    await graph.send({ method: 'PATCH', path: `/users/${id}`, body: { jobTitle: 'Changed' } }, testCall());
    const changes = await graph.delta(start, full.cursor, {}, testCall());
    expect(changes.items).toEqual([expect.objectContaining({ id, jobTitle: 'Changed' })]);
  });

  test('a forgotten position starts over and says so', async () => {
    const { graph, sandbox } = open();
    const start = get('/users/delta', { params: { $select: 'id' } });
    const full = await graph.delta(start, undefined, {}, testCall());
    sandbox.advance(8 * 86_400);
    const again = await graph.delta(start, full.cursor, {}, testCall());
    expect(again).toMatchObject({ resync: true, complete: true });
    expect(again.items.length).toBe(full.items.length);
  });

  test('a part of a round leaves the way on', async () => {
    const { graph } = open();
    const start = get('/users/delta', { params: { $select: 'id' } });
    const part = await graph.delta(start, undefined, { maxPages: 1 }, testCall());
    expect(part).toMatchObject({ complete: false, cursor: { kind: 'next' } });
    const rest = await graph.delta(start, part.cursor, {}, testCall());
    const ids = [...part.items, ...rest.items].map((item) => (item as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(240);
  });
});

describe('hints', () => {
  test.each([
    ['/devices/1/owners', 400, 'registeredOwners'],
    ['/users?$select=aboutMe', 501, 'one user at a time'],
    ['/users/nobody@contoso.example', 404, 'deletedItems'],
  ])('%s', async (path, status, hint) => {
    const { graph } = open();
    expect(await failure(graph.send(get(path), testCall()))).toMatchObject({
      status,
      hint: expect.stringContaining(hint),
    });
  });

  test('a refusal names the permission and whether the token has it', async () => {
    const { graph, sandbox } = open();
    const body = { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.' } };
    sandbox.fault({ match: 'GET /v1.0/*', status: 403, body, times: 1 });
    const error = await failure(graph.send(get('/auditLogs/signIns'), testCall()));
    expect(error).toMatchObject({ code: 'permission_denied', hint: expect.stringContaining('AuditLog.Read.All') });
    expect(error.hint).toMatch(/the token has enough: the object may be protected/);
  });
});
