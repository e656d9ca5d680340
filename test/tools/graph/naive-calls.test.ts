import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What somebody asks who does not know Graph: everything of a kind. https://learn.microsoft.com/graph/api/overview

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
});
afterAll(() => tools.close());

const most = 2_500;
const tokens = (text: string) => encode(text).length;

test.each(['/users', '/auditLogs/signIns', '/groups', '/applications', '/servicePrincipals', '/devices'])(
  '%s costs little, and says how to go on',
  async (endpoint) => {
    const { text, meta, response } = await tools.call('graph_query', { endpoint });
    expect(tokens(text)).toBeLessThanOrEqual(most);
    expect(response.data.value.length).toBeGreaterThan(0);
    expect(meta).toMatchObject({ complete: false, cursor: expect.any(String), count: response.data.value.length });
    expect(meta.total).toBeGreaterThan(meta.count);
    expect(meta.notes.join(' ')).toMatch(/cursor/);
    expect(meta.notes.join(' ')).toMatch(/\$select/);
  },
);

test.each(['/subscribedSkus'])('%s answers all items, and says what they lack', async (endpoint) => {
  const { text, meta, response } = await tools.call('graph_query', { endpoint });
  const all = await tools.call('graph_query', { endpoint: `${endpoint}?$select=id` });
  expect(tokens(text)).toBeLessThanOrEqual(most);
  expect(response.data.value.map(({ id }: { id: string }) => id)).toEqual(
    all.response.data.value.map(({ id }: { id: string }) => id),
  );
  expect(meta).toMatchObject({ complete: true, left_out: { bring_back: expect.stringContaining('$select=') } });
});

test('one service principal costs little, and says what it lacks', async () => {
  const search = await tools.call('graph_query', {
    endpoint: "/servicePrincipals?$filter=displayName eq 'Microsoft Graph'&$select=id",
  });
  const { text, meta, response } = await tools.call('graph_query', {
    endpoint: `/servicePrincipals/${search.response.data.value[0].id}`,
  });
  expect(tokens(text)).toBeLessThanOrEqual(most);
  expect(response.data.displayName).toBe('Microsoft Graph');
  expect(meta.left_out).toMatchObject({ members: { appRoles: expect.any(Number) } });
  expect(meta.left_out.bring_back).toContain('$select=');
});

test('a batch of five lists costs little, and says what each body lacks', async () => {
  const urls = ['/users', '/groups', '/applications', '/subscribedSkus', '/auditLogs/signIns'];
  const { text, meta, response } = await tools.call('graph_batch', { requests: urls.map((url) => ({ url })) });
  expect(tokens(text)).toBeLessThanOrEqual(most);
  expect(response.data.responses).toHaveLength(5);
  for (const { body } of response.data.responses) expect(body.value.length).toBeGreaterThan(0);
  expect(meta.result).toMatch(/^tenantry:\/\/results\//);
  expect(meta.notes.join(' ')).toContain('$select');
});
