import { afterEach, describe, expect, test } from 'vitest';
import type { GraphApi } from '../../../../src/core/apis/graph/graph-api.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import type { BatchItem } from '../../../../src/core/http/batch/batch-item.ts';
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

/** Signs in and loads what is loaded at first use; then the time is the test's. */
async function warmUp(graph: GraphApi): Promise<void> {
  await graph.send(get('/organization'), testCall());
  fakeTime();
}

describe('batches', () => {
  const reads = (count: number): BatchItem[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `r${index}`,
      method: 'GET',
      url: `/users?$top=1&$select=id,displayName&$filter=startsWith(displayName,'${index}')`,
    }));

  test('1,000 requests are 50 envelopes, answered in request order', async () => {
    const { graph, seen } = open();
    const items = reads(1000);
    const { success, responses } = await graph.batch(items, { continueOnError: true }, testCall());
    expect(success).toBe(true);
    expect(responses.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect(seen()).toHaveLength(50);
  });

  test('throttled items are sent again alone, after the longest wait', async () => {
    const { graph, sandbox, seen } = open();
    await warmUp(graph);
    sandbox.fault({ match: 'GET /v1.0/users*', status: 429, retry_after: 7, times: 3 });
    const started = sandbox.clock.now();
    const { success, responses } = await passTime(graph.batch(reads(60), { continueOnError: true }, testCall()));
    const envelopes = seen().filter(({ url }) => url.includes('$batch'));
    const sizes = envelopes.map(({ body }) => (body as { requests: unknown[] }).requests.length);
    expect(success).toBe(true);
    expect(responses).toHaveLength(60);
    expect(sizes.toSorted((a, b) => a - b)).toEqual([3, 20, 20, 20]);
    expect((envelopes.at(-1)?.at ?? 0) - started).toBeGreaterThanOrEqual(7_000);
  });

  test('dependent requests travel together, whatever the limit of 20 cuts', async () => {
    const { graph, seen } = open();
    const items = reads(45).map((item, index) =>
      [20, 21, 40].includes(index) ? { ...item, dependsOn: [`r${index - 1}`] } : item,
    );
    const { success } = await graph.batch(items, { continueOnError: true }, testCall());
    expect(success).toBe(true);
    for (const { body } of seen()) {
      const { requests } = body as { requests: { id: string; dependsOn?: string[] }[] };
      const ids = new Set(requests.map(({ id }) => id));
      expect(requests.flatMap(({ dependsOn = [] }) => dependsOn).every((id) => ids.has(id))).toBe(true);
    }
  });

  test('a failure keeps later envelopes from being sent, unless the caller wants them', async () => {
    const { graph, seen } = open();
    const items: BatchItem[] = [{ id: 'bad', method: 'GET', url: '/users/nobody@contoso.example' }, ...reads(40)];
    const stopped = await graph.batch(items, {}, testCall());
    expect(stopped.success).toBe(false);
    expect(stopped.responses[0]).toMatchObject({
      id: 'bad',
      status: 404,
      success: false,
      error: { code: 'not_found' },
    });
    expect(stopped.responses.filter(({ notSent }) => notSent)).toHaveLength(21);
    expect(seen()).toHaveLength(1);
    const all = await graph.batch(items, { continueOnError: true }, testCall());
    expect(all.responses.filter(({ success }) => success)).toHaveLength(40);
  });

  test('advanced queries get their header inside the item', async () => {
    const { graph, seen } = open();
    const call = testCall();
    const item: BatchItem = { method: 'GET', url: '/users', params: { $filter: "companyName ne 'x'", $top: 1 } };
    const { responses } = await graph.batch([item], {}, call);
    expect(responses[0]).toMatchObject({ id: '1', status: 200, body: { '@odata.count': expect.any(Number) } });
    expect(seen()[0]?.body).toMatchObject({ requests: [{ headers: { ConsistencyLevel: 'eventual' } }] });
  });

  test('lists inside items are read to their end when asked', async () => {
    const { graph } = open();
    const item: BatchItem = { method: 'GET', url: '/users?$top=100&$select=id' };
    const { responses } = await graph.batch([item], { followPages: true }, testCall());
    const [{ body } = {}] = responses;
    const { value, ...rest } = body as { value: unknown[] };
    expect(value.length).toBeGreaterThanOrEqual(240);
    expect(rest).not.toHaveProperty('@odata.nextLink');
  });

  test('a write whose answer is lost is not sent again, a read beside it is', async () => {
    const { graph, sandbox, seen } = open();
    await warmUp(graph);
    sandbox.fault({ match: 'POST /v1.0/$batch', reset: 'after', times: 1 });
    const group = { displayName: 'Once', mailEnabled: false, mailNickname: 'once', securityEnabled: true };
    const items: BatchItem[] = [
      { id: 'make', method: 'POST', url: '/groups', body: group },
      { id: 'read', method: 'GET', url: '/users?$top=1' },
    ];
    const { responses } = await passTime(graph.batch(items, { continueOnError: true }, testCall()));
    expect(responses[0]).toMatchObject({
      success: false,
      error: { code: 'outcome_unknown', hint: expect.stringContaining("mailNickname eq 'once'") },
    });
    expect(responses[1]).toMatchObject({ success: true, status: 200 });
    const sent = seen()
      .flatMap(({ body }) => ((body ?? {}) as { requests?: { id: string }[] }).requests ?? [])
      .map(({ id }) => id);
    expect(sent.filter((id) => id === 'make')).toHaveLength(1);
  });

  test('reads are sent one by one when $batch keeps failing', async () => {
    const { graph, sandbox } = open();
    await warmUp(graph);
    sandbox.fault({ match: 'POST /v1.0/$batch', status: 500, times: 50 });
    const call = testCall();
    const { success } = await passTime(graph.batch(reads(3), {}, call));
    expect(success).toBe(true);
    expect(call.record.notes).toContain('$batch kept failing: its requests were sent one by one.');
  });

  test('writes without continue_on_error go one envelope after the other', async () => {
    const { graph, seen } = open();
    const items: BatchItem[] = Array.from({ length: 30 }, (_, index) => ({
      method: 'PATCH',
      url: index === 3 ? '/users/nobody@contoso.example' : `/users/none-${index}@contoso.example`,
      body: { jobTitle: 'x' },
    }));
    const { responses } = await graph.batch(items, {}, testCall());
    expect(seen()).toHaveLength(1);
    expect(responses.slice(20).every(({ notSent, status }) => notSent === true && status === 0)).toBe(true);
  });
});
