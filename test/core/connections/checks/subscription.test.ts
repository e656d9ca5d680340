import { describe, expect, test } from 'vitest';
import { subscriptionCheck } from '../../../../src/core/connections/checks/subscription.ts';
import { objectId, type Script, scriptedAzure, subscription, subscriptionId } from './scripted-azure.ts';

async function check(script: Script) {
  const { context, seen } = await scriptedAzure(script);
  return { lines: await subscriptionCheck.run(context), seen };
}

describe('a subscription', () => {
  test.each([
    ['Enabled', 'pass'],
    ['Warned', 'warn'],
    ['PastDue', 'warn'],
    ['Disabled', 'fail'],
    ['Deleted', 'fail'],
  ])('that is %s: %s', async (state, status) => {
    const { lines } = await check({ answers: { [subscription]: { body: { displayName: 'Production', state } } } });
    expect(lines).toMatchObject([{ check: 'subscription', status, detail: expect.stringContaining('Production') }]);
    expect(lines[0]?.hint === undefined).toBe(status === 'pass');
  });

  test.each([
    ['read_only', 'Assign Reader'],
    ['read_write', 'Assign Contributor'],
  ] as const)('403 of a %s connection: %s', async (access, role) => {
    const body = { error: { code: 'AuthorizationFailed', message: 'no' } };
    const { lines } = await check({ record: { access }, answers: { [subscription]: { status: 403, body } } });
    expect(lines).toMatchObject([{ status: 'fail', hint: expect.stringContaining(role) }]);
    expect(lines[0]?.hint).toContain(`--assignee-object-id ${objectId}`);
    expect(lines[0]?.hint).toContain(`--scope ${subscription}`);
  });

  test('404 says how to find the right one', async () => {
    const body = { error: { code: 'SubscriptionNotFound', message: 'no' } };
    const { lines } = await check({ answers: { [subscription]: { status: 404, body } } });
    expect(lines).toMatchObject([
      {
        status: 'fail',
        detail: expect.stringContaining('SubscriptionNotFound'),
        hint: expect.stringContaining('az account list'),
      },
    ]);
  });

  test('a service that fails is a failure, not an exception', async () => {
    const { lines } = await check({ record: { settings: { retry: { max_attempts: 1 } } } });
    expect(lines).toMatchObject([{ status: 'fail' }]);
  });
});

describe('other levels', () => {
  test('a management group', async () => {
    const { lines } = await check({
      record: { scope_level: 'management_group', identity: { management_group_id: 'mg' } },
      answers: { '/providers/Microsoft.Management/managementGroups/mg': { body: { name: 'mg' } } },
    });
    expect(lines).toMatchObject([{ status: 'pass', detail: 'The management group mg is reachable.' }]);
  });

  test.each([
    ['Succeeded', 'pass'],
    ['Failed', 'warn'],
  ])('a workspace that is %s: %s', async (provisioningState, status) => {
    const provider = `${subscription}/providers/Microsoft.MachineLearningServices`;
    const { lines } = await check({
      record: {
        scopes: ['ml'],
        scope_level: 'ml_workspace',
        identity: { subscription_id: subscriptionId, resource_group: 'rg', workspace_name: 'mlw' },
      },
      answers: {
        [provider]: { body: { resourceTypes: [{ resourceType: 'workspaces', apiVersions: ['2024-10-01'] }] } },
        [`${subscription}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw`]: {
          body: { properties: { provisioningState } },
        },
      },
    });
    expect(lines).toMatchObject([{ status }]);
  });
});

describe('a connection without a subscription', () => {
  const record = { identity: {} };

  test('is told which ones its identity sees', async () => {
    const value = Array.from({ length: 7 }, (_, index) => ({
      subscriptionId: `id-${index}`,
      displayName: `S${index}`,
    }));
    const { lines } = await check({ record, answers: { '/subscriptions': { body: { value } } } });
    expect(lines).toMatchObject([{ status: 'warn', detail: expect.stringMatching(/`S0` \(`id-0`\).* and 2 more/) }]);
  });

  test('fails when its identity sees none', async () => {
    const { lines } = await check({ record, answers: { '/subscriptions': { body: { value: [] } } } });
    expect(lines).toMatchObject([{ status: 'fail' }]);
  });
});

test('without a token nothing is asked; without Azure scopes the question does not arise', async () => {
  expect(await check({ withoutToken: true })).toMatchObject({ lines: [{ status: 'skip' }], seen: [] });
  expect(await check({ record: { scopes: ['directory'] } })).toEqual({ lines: [], seen: [] });
});
