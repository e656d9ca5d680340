import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true, users: 80, maxResultBytes: 100_000 });
});

afterEach(async () => {
  await tools.close();
});

const query = (input: Readonly<Record<string, unknown>>) => tools.call('graph_query', { endpoint: '/users', ...input });

interface Person {
  readonly id: string;
  readonly displayName: string;
  readonly department: string | null;
}

async function people(): Promise<readonly Person[]> {
  const all = await query({
    params: { $select: 'id,displayName,department', $top: 999 },
    auto_paginate: true,
    limit: 999,
  });
  expect(all.meta.complete).toBe(true);
  tools.forget();
  return all.response.data.value;
}

const quoted = (values: readonly string[]) => values.map((value) => `'${value.replaceAll("'", "''")}'`);
const inList = (ids: readonly string[]) => `id in (${quoted(ids).join(',')})`;
const lists = () => tools.graphRequests().filter((request) => request.startsWith('GET /v1.0/users?'));
const idsOf = (answer: Awaited<ReturnType<typeof query>>): readonly string[] =>
  answer.response.data.value.map(({ id }: { id: string }) => id);

describe('a filter with more alternatives than the directory takes', () => {
  test('is sent in parts, and each object is listed once', async () => {
    const ids = (await people()).slice(0, 40).map(({ id }) => id);
    const answer = await query({ params: { $filter: inList([...ids, ...ids.slice(0, 3)]), $select: 'id' } });
    expect(idsOf(answer).toSorted()).toEqual(ids.toSorted());
    expect(answer.meta).toMatchObject({ complete: true, count: 40 });
    expect(answer.meta.cursor).toBeUndefined();
    expect(lists()).toHaveLength(3);
    expect(answer.meta.notes).toEqual([
      'The filter has 43 alternatives and the directory takes 15 at a time: it was sent as 3 requests, and each object is listed once.',
    ]);
  });

  test('goes on with the part for which a stored list has no room', async () => {
    const ids = (await people()).slice(0, 40).map(({ id }) => id);
    const rules = { storedResults: { mostBytes: 8_000, mostBytesTogether: 10_000_000 } };
    const small = await openSandboxTools({ frozenClock: true, users: 80, maxResultBytes: 2_000, rules });
    const input = { endpoint: '/users', params: { $filter: inList(ids), $top: 15 }, auto_paginate: true };
    let answer = await small.call('graph_query', input);
    expect(answer.meta.notes.join()).toContain('A stored result has no room');
    const found = [...idsOf(answer)];
    while (answer.meta.cursor !== undefined) {
      answer = await small.call('graph_query', { ...input, cursor: answer.meta.cursor });
      found.push(...idsOf(answer));
    }
    await small.close();
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  test('of `or`, in the address, beside other conditions', async () => {
    const names = (await people()).slice(0, 20).map(({ displayName }) => displayName);
    const filter = quoted(names)
      .map((name) => `displayName eq ${name}`)
      .join(' or ');
    const answer = await query({
      endpoint: `users?$filter=(${filter}) and accountEnabled eq true&$select=id,accountEnabled`,
    });
    expect(answer.isError).toBe(false);
    expect(answer.response.data.value.every(({ accountEnabled }: { accountEnabled: boolean }) => accountEnabled)).toBe(
      true,
    );
    expect(lists()).toHaveLength(2);
  });

  test('an object that two parts find comes once, whether or not its id was asked for', async () => {
    const all = await people();
    const one = all[0];
    const some = all.slice(1, 30).map(({ displayName }) => displayName);
    const filter = [`id eq '${one?.id}'`, ...quoted(some).map((name) => `displayName eq ${name}`)].join(' or ');
    const twice = `${filter} or startsWith(displayName,'${one?.displayName}')`;
    const answer = await query({ params: { $filter: twice, $select: 'displayName' } });
    const names = answer.response.data.value.map(({ displayName }: Person) => displayName);
    expect(names.filter((name: string) => name === one?.displayName)).toHaveLength(1);
    expect(answer.response.data.value.some((item: object) => 'id' in item)).toBe(false);
    expect(answer.meta.complete).toBe(true);
  });

  test('$top is one page of that many, and the cursor gives the rest without repeats', async () => {
    const ids = (await people()).slice(0, 50).map(({ id }) => id);
    const params = { $filter: inList(ids), $select: 'id', $top: 20 };
    const seen: string[] = [];
    let cursor: string | undefined;
    const sizes: number[] = [];
    do {
      const answer = await query({ params, ...(cursor === undefined ? {} : { cursor }) });
      sizes.push(answer.response.data.value.length);
      seen.push(...idsOf(answer));
      cursor = answer.meta.cursor;
      expect(answer.meta.complete).toBe(cursor === undefined);
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(sizes[0]).toBe(20);
    expect(Math.max(...sizes)).toBe(20);
  });

  test.each([
    [5, 'id'],
    [30, 'id'],
    [30, 'displayName'],
  ])('pages of %i stay full where parts share objects, with %s alone', async (top, select) => {
    const all = await people();
    const departments = [...new Set(all.map(({ department }) => department ?? ''))];
    const ids = all.slice(0, 16).map(({ id }) => `id eq '${id}'`);
    const params = {
      $filter: [...ids, ...quoted(departments).map((name) => `department eq ${name}`)].join(' or '),
      $select: select,
      $top: top,
    };
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const answer = await query({ params, ...(cursor === undefined ? {} : { cursor }) });
      sizes.push(answer.response.data.value.length);
      cursor = answer.meta.cursor;
    } while (cursor !== undefined);
    const whole = all.filter(({ department }) => department !== null).length;
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThanOrEqual(whole);
    expect(sizes).toEqual([
      ...Array.from({ length: Math.floor(total / top) }, () => top),
      ...(total % top === 0 ? [] : [total % top]),
    ]);
  });

  test('a limit ends the reading, and its cursor goes on in the parts', async () => {
    const ids = (await people()).slice(0, 45).map(({ id }) => id);
    const params = { $filter: inList(ids), $select: 'id' };
    const first = await query({ params, limit: 10 });
    expect(idsOf(first)).toHaveLength(10);
    expect(first.meta.complete).toBe(false);
    expect(lists()).toHaveLength(1);
    const rest: string[] = [];
    let { cursor } = first.meta;
    while (cursor !== undefined) {
      const next = await query({ params, cursor });
      rest.push(...idsOf(next));
      cursor = next.meta.cursor;
    }
    expect([...idsOf(first), ...rest].toSorted()).toEqual(ids.toSorted());
  });

  test('a failure in the middle leaves what was read, and the way on', async () => {
    const ids = (await people()).slice(0, 40).map(({ id }) => id);
    const params = { $filter: inList(ids), $select: 'id' };
    tools.sandbox.fault({ match: `GET /v1.0/users*${ids[20]}*`, status: 503, times: 20, retry_after: 3000 });
    const first = await query({ params });
    expect(first.isError).toBe(false);
    expect(idsOf(first).toSorted()).toEqual(ids.slice(0, 15).toSorted());
    expect(first.meta).toMatchObject({ complete: false, cursor: expect.any(String) });
    expect(first.meta.notes.join(' ')).toContain('The cursor leads to the rest.');
    tools.sandbox.reset();
  });

  test('an advanced query is left whole; its order is that of the service', async () => {
    const ids = (await people()).slice(0, 16).map(({ id }) => id);
    const answer = await query({
      params: { $filter: inList(ids), $orderby: 'displayName', $select: 'id,displayName' },
    });
    const names = answer.response.data.value.map(({ displayName }: Person) => displayName);
    expect(names).toHaveLength(16);
    expect(lists()).toHaveLength(1);
    const counted = await query({ params: { $filter: inList(ids), $count: true, $select: 'id' } });
    expect(counted.response.data['@odata.count']).toBe(16);
  });

  test('an advanced query that the service refuses as too long a list is split, and counted', async () => {
    const ids = (await people()).slice(0, 16).map(({ id }) => id);
    const message =
      "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15";
    tools.sandbox.fault({
      match: 'GET /v1.0/users*count*',
      status: 400,
      body: { error: { code: 'Request_UnsupportedQuery', message } },
    });
    const answer = await query({ params: { $filter: inList(ids), $count: true, $select: 'id' } });
    expect(idsOf(answer).toSorted()).toEqual(ids.toSorted());
    expect(answer.response.data['@odata.count']).toBe(16);
    expect(answer.meta.complete).toBe(true);
    expect(answer.meta.notes.join(' ')).not.toContain('refused the query without it');
  });

  test('an address that is too long also inside a batch is split', async () => {
    const ids = (await people()).slice(0, 60).map(({ id }) => id);
    tools.sandbox.fault({ match: 'GET /v1.0/users*count*', status: 414, times: 1 });
    const answer = await query({ params: { $filter: inList(ids), $count: true, $select: 'id' } });
    expect(idsOf(answer).toSorted()).toEqual(ids.toSorted());
    expect(answer.response.data['@odata.count']).toBe(60);
    expect(answer.meta.complete).toBe(true);
  });

  test('inside a batch, one item stays one answer', async () => {
    const ids = (await people()).slice(0, 35).map(({ id }) => id);
    const url = `/users?$filter=${inList(ids)}&$select=id`;
    const answer = await tools.call('graph_batch', {
      requests: [
        { url: '/organization?$select=id' },
        { id: 'many', url },
        { url: '/subscribedSkus?$select=id', depends_on: ['many'] },
      ],
    });
    const { responses } = answer.response.data;
    expect(responses.map(({ id, status }: { id: string; status: number }) => [id, status])).toEqual([
      ['1', 200],
      ['many', 200],
      ['3', 200],
    ]);
    expect(responses[1].body.value.map(({ id }: Person) => id).toSorted()).toEqual(ids.toSorted());
    expect('@odata.nextLink' in responses[1].body).toBe(false);
    const cut = await tools.call('graph_batch', { requests: [{ url: `${url}&$top=10` }] });
    expect(cut.response.data.responses[0].body.value).toHaveLength(10);
    expect(cut.response.data.responses[0].complete).toBe(false);
    expect(cut.meta.complete).toBe(false);
  });

  test('an item whose part fails has failed', async () => {
    const ids = (await people()).slice(0, 35).map(({ id }) => id);
    tools.sandbox.fault({ match: `GET /v1.0/users*${ids[20]}*`, status: 403, times: 5 });
    const answer = await tools.call('graph_batch', { requests: [{ url: `/users?$filter=${inList(ids)}` }] });
    expect(answer.response.data.responses).toMatchObject([{ id: '1', status: 403, success: false }]);
  });
});

describe('an address that is too long', () => {
  test('goes inside a $batch also when it is no advanced query, and so do the links behind it', async () => {
    const name = 'x'.repeat(180);
    const clauses = Array.from({ length: 12 }, (_, index) => `startsWith(displayName,'${name}${index}')`);
    const filter = [...clauses, 'accountEnabled eq true', 'accountEnabled eq false'].join(' or ');
    const answer = await query({
      params: { $filter: filter, $select: 'id', $top: 20 },
      auto_paginate: true,
      limit: 60,
    });
    expect(answer.response.data.value).toHaveLength(60);
    expect(tools.graphRequests().filter((request) => request.includes('$batch')).length).toBeGreaterThanOrEqual(3);
    expect(lists()).toEqual([]);
    expect(answer.meta.notes).toContain('The address is longer than 2000 characters: it was sent inside a $batch.');
    const ids = idsOf(answer);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('deleted items without a type', () => {
  beforeEach(async () => {
    const [user] = await people();
    const groups = await query({
      endpoint: '/groups',
      params: { $filter: "groupTypes/any(g:g eq 'Unified')", $top: 1 },
    });
    for (const endpoint of [`/users/${user?.id}`, `/groups/${groups.response.data.value[0].id}`]) {
      const deleted = await tools.call('graph_write', { requests: [{ method: 'DELETE', endpoint }] });
      expect(deleted.isError).toBe(false);
    }
    tools.forget();
  });

  test('are listed by type, each with its type', async () => {
    const answer = await query({ endpoint: '/directory/deletedItems', params: { $select: 'id,displayName' } });
    expect(answer.isError).toBe(false);
    const types = answer.response.data.value.map((item: Record<string, unknown>) => item['@odata.type']);
    expect(types.every((type: unknown) => /^#microsoft\.graph\.\w+$/.test(String(type)))).toBe(true);
    expect(types).toContain('#microsoft.graph.user');
    expect(types).toContain('#microsoft.graph.group');
    expect(answer.meta.complete).toBe(true);
    expect(tools.graphRequests()[0]).toMatch(/^GET \/v1\.0\/directory\/deletedItems\/microsoft\.graph\.user\?/);
    expect(answer.meta.notes[0]).toMatch(/^Deleted items are listed by type: user, group, /);
  });

  test('with a filter that is too long for each type: every type is listed in parts', async () => {
    const all = await query({ endpoint: '/directory/deletedItems', params: { $select: 'id' } });
    const ids = [...new Set([...idsOf(all), ...(await people()).slice(0, 20).map(({ id }) => id)])];
    const params = { $filter: inList(ids), $select: 'displayName' };
    const answer = await query({ endpoint: '/directory/deletedItems', params });
    expect(answer.response.error).toBeUndefined();
    expect(answer.response.data.value).toHaveLength(idsOf(all).length);
    expect(answer.meta.complete).toBe(true);
    expect(answer.meta.notes[0]).toContain('the directory takes 15 at a time');
    const batch = await tools.call('graph_batch', {
      requests: [{ url: `/directory/deletedItems?$filter=${inList(ids)}&$select=id` }],
    });
    const listed = batch.response.data.responses[0].body.value.map(({ id }: Person) => id);
    expect(listed.toSorted()).toEqual(idsOf(all).toSorted());
  });

  test('a type that may not be read is named, and the list is not complete', async () => {
    tools.sandbox.fault({ match: 'GET /v1.0/directory/deletedItems/microsoft.graph.group*', status: 403, times: 9 });
    const answer = await query({ endpoint: 'directory/deletedItems' });
    expect(answer.isError).toBe(false);
    expect(answer.meta.complete).toBe(false);
    expect(answer.meta.notes).toContain('Not listed, since the service refused it (permission_denied): `group`.');
  });

  test('a type without the property that is asked for has nothing to list', async () => {
    const params = {
      $filter: "startsWith(userPrincipalName,'a') or accountEnabled eq true",
      $select: 'id,userPrincipalName',
    };
    const answer = await query({ endpoint: '/directory/deletedItems', params });
    expect(answer.isError).toBe(false);
    expect(answer.meta.complete).toBe(true);
    expect(answer.response.data.value.every((item: object) => 'userPrincipalName' in item)).toBe(true);
  });

  test('what every type refuses is refused', async () => {
    const answer = await query({ endpoint: '/directory/deletedItems', params: { $filter: "noSuch eq 'x'" } });
    expect(answer.response.error).toMatchObject({ code: 'invalid_argument' });
  });

  test('in a batch too', async () => {
    const answer = await tools.call('graph_batch', { requests: [{ url: '/directory/deletedItems?$select=id' }] });
    const [{ body, status }] = answer.response.data.responses;
    expect(status).toBe(200);
    expect(body.value.length).toBeGreaterThanOrEqual(2);
    expect(body.value[0]['@odata.type']).toBe('#microsoft.graph.user');
  });

  test('a number of them needs the type, and the hint says so', async () => {
    const answer = await query({ endpoint: '/directory/deletedItems/$count' });
    expect(answer.response.error.hint).toContain('/directory/deletedItems/microsoft.graph.user');
  });
});
