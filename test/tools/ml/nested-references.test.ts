import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
beforeAll(async () => {
  tools = await openSandboxTools({ users: 5, frozenClock: true });
});
afterAll(() => tools.close());

test.each([
  ['in an object', { token: { env: 'SOME_VARIABLE' } }],
  ['in a list', [{ file: '/run/secrets/one' }]],
  ['deeper', { a: [{ b: { env: 'SOME_VARIABLE' } }] }],
])('a reference below a member that nobody knows is refused, not sent as it is: %s', async (_where, more) => {
  tools.forget();
  const { error } = (
    await tools.call('create_workspace_connection', {
      resource_group: 'rg-contoso-ml',
      workspace_name: 'mlw-contoso-research',
      connection_name: 'nested',
      properties: {
        authType: 'ApiKey',
        category: 'ApiKey',
        target: 'https://x.example/',
        credentials: { key: 'k-0123456', more },
      },
    })
  ).response;
  expect(error.code).toBe('invalid_argument');
  expect(error.message).toContain('properties.credentials.more holds a reference');
  expect(`${error.message} ${error.hint}`).toContain('as more itself');
  expect(tools.seen()).toEqual([]);
});
