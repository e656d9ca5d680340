import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
});
afterAll(() => tools.close());
beforeEach(() => tools.forget());
afterEach(() => tools.sandbox.reset());

const query = (input: Readonly<Record<string, unknown>>) => tools.call('resource_graph_query', input);
const bodies = () => tools.seen().flatMap(({ service, body }) => (service === 'arm' ? [body as Query] : []));

interface Query {
  readonly subscriptions?: readonly string[];
  readonly managementGroups?: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

const storage = "resources | where type =~ 'microsoft.storage/storageaccounts' | project id, name | order by id asc";

describe('scope', () => {
  test('is the subscription of the connection, and is said', async () => {
    const { response, meta } = await query({ query: storage });
    const { subscriptionId } = tools.sandbox.credentials;
    expect(response.data.value.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['stcontosodata', 'stcontosoweb']),
    );
    expect(response.data.total_records).toBe(response.data.value.length);
    expect(meta).toMatchObject({ complete: true, count: response.data.value.length });
    expect(meta.notes).toContain(`Looked in the subscription of the connection, ${subscriptionId}.`);
    expect(bodies()[0]).toMatchObject({ subscriptions: [subscriptionId], options: { $top: 1_000 } });
  });

  test('is the management group of a connection to one', async () => {
    const grouped = await openSandboxTools({
      scopeLevel: 'management_group',
      identity: { management_group_id: 'mg-contoso' },
    });
    try {
      const { response } = await grouped.call('resource_graph_query', { query: storage });
      const names = response.data.value.map(({ name }: { name: string }) => name);
      expect(names).toEqual(expect.arrayContaining(['stcontosodata', 'stcontosodev']));
    } finally {
      await grouped.close();
    }
  });

  test('is what the call names', async () => {
    const { response } = await query({ query: storage, management_groups: ['mg-contoso-development'] });
    expect(response.data.value.map(({ name }: { name: string }) => name)).toEqual(['stcontosodev']);
    expect(bodies()[0]).toMatchObject({ managementGroups: ['mg-contoso-development'] });
    expect(bodies()[0]).not.toHaveProperty('subscriptions');
  });

  test('is everything that may be read where the connection has no subscription', async () => {
    const bare = await openSandboxTools({ identity: {} });
    try {
      const { response, meta } = await bare.call('resource_graph_query', { query: storage });
      expect(response.data.value.length).toBeGreaterThan(3);
      expect(meta.notes.join(' ')).toContain('every subscription');
    } finally {
      await bare.close();
    }
  });
});

describe('answers', () => {
  test('csv has a line for each row', async () => {
    const { response } = await query({ query: storage, format: 'csv' });
    expect(response.data.split('\n')[0]).toBe('id,name');
    expect(response.data).toContain(',stcontosodata\n');
  });

  test('a summary is one page and complete', async () => {
    const { response, meta } = await query({ query: 'resources | summarize count() by type' });
    expect(response.data.value[0]).toHaveProperty('type');
    expect(meta.complete).toBe(true);
  });

  test('a query that cannot be read is told with its place', async () => {
    const { response } = await query({ query: "resources\n| where type = 'x'" });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('line 2'),
      detail: { text: "| where type = 'x'" },
    });
  });

  test('it works on a read-only connection: the POST only reads', async () => {
    const reader = await openSandboxTools({ access: 'read_only' });
    try {
      expect((await reader.call('resource_graph_query', { query: storage })).response.success).toBe(true);
    } finally {
      await reader.close();
    }
  });
});
