import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterEach(() => tools.close());

const create = (scopes: unknown) => tools.call('create_connection', { name: 'people', scopes, cloud: 'sandbox' });
const warning =
  'The scope graph is the Gremlin API of Azure Cosmos DB (gremlin is the same); Microsoft Graph is the scope directory.';

test.each([[['graph']], [['directory', 'graph']], ['["graph"]']])(
  'whoever asks for the scope graph (%j) is told that it is not Microsoft Graph',
  async (scopes) => {
    const { response, meta } = await create(scopes);
    expect(response.success).toBe(true);
    expect(meta.notes).toContain(warning);
  },
);

test('gremlin is the same scope, and needs no warning', async () => {
  const { response, meta } = await create(['gremlin', 'directory', 'gremlin']);
  expect(response.success).toBe(true);
  expect(meta.notes ?? []).not.toContain(warning);
  const { response: listed } = await tools.call('list_connections', { name: 'people' });
  expect(JSON.stringify(listed.data)).toContain('"scopes":["graph","directory"]');
});

test('a later change of scopes is told the same', async () => {
  await create(['directory']);
  const { meta } = await tools.call('complete_connection', { connection: 'people', scopes: ['graph'] });
  expect(meta.notes).toContain(warning);
});

test.each(['msgraph', 'microsoft_graph', 'Microsoft Graph'])('%s leads to the scope directory', async (scope) => {
  const { response } = await create([scope]);
  expect(response.error).toMatchObject({ code: 'invalid_argument' });
  expect(`${response.error.message} ${response.error.hint}`).toContain('The nearest is "directory"');
});
