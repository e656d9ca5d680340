import { afterAll, beforeAll, expect, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { checklistResource } from '../../src/resources/connection-resources.ts';
import type { ResourceContext } from '../../src/resources/define-resource.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;
let context: ResourceContext;

beforeAll(async () => {
  tools = await openSandboxTools();
  const { connections, results, clock, places, licenseNames, limits } = tools.runtime;
  context = { caller: localCaller, connections, results, clock, places, licenseNames, limits };
});

afterAll(() => tools.close());

test('list_connections links to the checklist, which can be read', async () => {
  const { response } = await tools.call('list_connections');
  const { checklist } = response.data.value[0].links;
  const variables = checklistResource.pattern.exec(checklist)?.groups ?? {};
  expect(await checklistResource.read(variables, context)).toMatchObject({
    connection: 'sandbox',
    steps: expect.arrayContaining([expect.objectContaining({ step: 'validate', state: 'open' })]),
  });
});

test('it changes with the validation', async () => {
  await tools.call('validate_connection', { connection: 'sandbox' });
  const after = await checklistResource.read({ name: 'sandbox' }, context);
  expect(after).toMatchObject({
    checked_at: expect.any(String),
    steps: expect.arrayContaining([
      expect.objectContaining({ step: 'azure_scope', state: 'done' }),
      expect.objectContaining({ step: 'role_resources', state: 'done' }),
    ]),
  });
});

test('a connection of nobody has no checklist', async () => {
  expect(await checklistResource.read({ name: 'nobody' }, context)).toBeUndefined();
});
