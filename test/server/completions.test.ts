import type { ServerContext } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSurface, type Surface } from '../../src/server/surface.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;
let surface: Surface;

beforeAll(async () => {
  box = await openSandboxTools();
  surface = createSurface(box.runtime, { listed: [], callable: [] });
});
afterAll(() => box.close());

const prompt = { type: 'ref/prompt' as const, name: 'onboard_tenant' };

async function complete(
  name: string,
  value: string,
  given?: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  // Completion asks nothing of its context.
  const context = {} as ServerContext;
  const params = { ref: prompt, argument: { name, value }, ...(given ? { context: { arguments: given } } : {}) };
  return (await surface.complete(params, context)).completion.values;
}

test('subscriptions are completed from the connections, without a request', async () => {
  const { subscriptionId, tenantId } = box.sandbox.credentials;
  expect(await complete('subscription_id', '')).toEqual([subscriptionId]);
  expect(await complete('subscription_id', subscriptionId.slice(0, 5))).toEqual([subscriptionId]);
  expect(await complete('subscription_id', 'zzz')).toEqual([]);
  expect(await complete('subscription_id', '', { tenant_id: tenantId })).toEqual([subscriptionId]);
  expect(await complete('subscription_id', '', { tenant_id: 'another' })).toEqual([]);
  expect(box.seen()).toEqual([]);
});

test('issuers that the prompt knows by a word are completed', async () => {
  const params = {
    ref: { type: 'ref/prompt' as const, name: 'migrate_to_federation' },
    argument: { name: 'issuer', value: 'g' },
  };
  expect((await surface.complete(params, {} as ServerContext)).completion.values).toEqual(['github']);
});

test('free text has no completions', async () => {
  expect(await complete('name', '')).toEqual([]);
  expect(await complete('unknown', '')).toEqual([]);
});
