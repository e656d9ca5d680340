import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
  // What is loaded and read once takes real time.
  await tools.call('resource_graph_query', { query: storage });
});
afterAll(() => tools.close());
// Fifteen queries in five seconds are allowed: time has to pass, but not the time of the test run.
beforeEach(() => {
  fakeTime();
  tools.forget();
});
afterEach(() => tools.sandbox.reset());

const query = (input: Readonly<Record<string, unknown>>) => passTime(tools.call('resource_graph_query', input));
const bodies = () => tools.seen().flatMap(({ service, body }) => (service === 'arm' ? [body as Query] : []));

interface Query {
  readonly subscriptions?: readonly string[];
  readonly managementGroups?: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

const storage = "resources | where type =~ 'microsoft.storage/storageaccounts' | project id, name | order by id asc";
const disks = "resources | where resourceGroup =~ 'rg-scale' | project id, name | order by id asc";
const scale = (rows: number, subscriptions: number) =>
  tools.sandbox.placeObject('arm', 'scale', { rows, subscriptions });

describe('many rows', () => {
  async function subscriptionIds(): Promise<readonly string[]> {
    const { response } = await tools.call('arm_query', { path: '/subscriptions', project: 'value[].subscriptionId' });
    return response.data.value;
  }

  test('25,000 rows over three subscriptions are read to the end', async () => {
    scale(25_000, 3);
    const subscriptions = await subscriptionIds();
    expect(subscriptions).toHaveLength(3);
    tools.forget();
    const { response, meta, diagnostics } = await query({ query: disks, subscriptions });
    expect(response.data.total_records).toBe(25_000);
    expect(diagnostics).toMatchObject({ pages: 25, requests: 25 });
    expect(meta).toMatchObject({ total: 25_000, complete: false, result: expect.any(String) });
    expect(tools.seen().filter(({ status }) => status === 429)).toEqual([]);
    const seen = new Set<string>();
    const add = (rows: readonly { readonly id: string }[]) => {
      for (const { id } of rows) seen.add(id);
    };
    add(response.data.value);
    let { cursor } = meta;
    for (let calls = 0; cursor !== undefined && calls < 500; calls++) {
      const next = await query({ query: disks, subscriptions, cursor });
      add(next.response.data.value);
      cursor = next.meta.cursor;
    }
    expect(seen.size).toBe(25_000);
    expect(tools.seen().length).toBe(25);
  });

  test('limit stops, and the cursor goes on at the service with the same pages', async () => {
    scale(2_500, 1);
    const first = await query({ query: disks, limit: 700 });
    expect(first.meta).toMatchObject({ total: 2_500, complete: false, cursor: expect.any(String) });
    expect(first.response.data.total_records).toBe(2_500);
    const ids = new Set<string>();
    let answer = await query({ query: disks, limit: 700 });
    for (let calls = 0; calls < 100; calls++) {
      for (const { id } of answer.response.data.value) ids.add(id);
      if (answer.meta.cursor === undefined) break;
      answer = await query({ query: disks, cursor: answer.meta.cursor });
    }
    expect(ids.size).toBe(2_500);
    const tokens = bodies().filter(({ options }) => options['$skipToken'] !== undefined);
    expect(tokens.length).toBeGreaterThan(0);
    for (const { options } of tokens) expect(options['$top']).toBe(700);
  });

  test('rows that the service keeps back are said, with the way to get them', async () => {
    scale(2_500, 1);
    const { response, meta } = await query({
      query: "resources | where resourceGroup =~ 'rg-scale' | project name",
    });
    expect(response.success).toBe(true);
    expect(meta).toMatchObject({ total: 2_500, complete: false });
    expect(meta.notes.join(' ')).toContain('withheld 1500 of 2500 rows');
    expect(meta.notes.join(' ')).toContain('order by id asc');
  });

  test('a cursor does not open for another query or scope', async () => {
    scale(2_500, 1);
    const { meta } = await query({ query: disks, limit: 5 });
    const other = await query({ query: storage, cursor: meta.cursor });
    expect(other.response.error).toMatchObject({ code: 'invalid_argument' });
    const elsewhere = await query({ query: disks, management_groups: ['mg-contoso'], cursor: meta.cursor });
    expect(elsewhere.response.error).toMatchObject({ code: 'invalid_argument' });
  });
});
