import { afterAll, beforeAll, expect, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { limitsResource } from '../../src/resources/connection-resources.ts';
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

test('the limits of a connection say what is left, and how old that figure is', async () => {
  await tools.call('graph_query', { connection: 'sandbox', endpoint: '/users', params: { $top: 1 } });
  expect(await limitsResource.read({ name: 'sandbox' }, context)).toMatchObject({
    connection: 'sandbox',
    lanes: expect.arrayContaining([expect.objectContaining({ lane: 'graph directory read', inFlight: 0 })]),
    budgets: expect.arrayContaining([expect.objectContaining({ left: expect.any(Number), ageMs: 0 })]),
  });
});
