import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { e3, plans } from '../../core/licensing/tenant-skus.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// A service may leave out any member of its answers: what is there is used, and nothing is an unexpected failure.

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true, users: 5 });
});

afterEach(async () => {
  await tools.close();
});

const whole = { ...e3, consumedUnits: 1 };
const ada = {
  id: '00000000-0000-4000-8000-00000000ada0',
  displayName: 'Ada',
  userPrincipalName: 'ada@contoso.example',
  usageLocation: 'DE',
  assignedLicenses: [{ skuId: whole.skuId, disabledPlans: [plans.sway.servicePlanId] }],
  licenseAssignmentStates: [
    { skuId: whole.skuId, disabledPlans: [], assignedByGroup: null, state: 'Active', error: 'None' },
  ],
};

function without(object: object, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));
}

async function assign(skus: unknown, user: unknown = ada, input: object = {}) {
  tools.sandbox.fault({ match: 'GET /v1.0/subscribedSkus*', status: 200, body: skus });
  tools.sandbox.fault({ match: 'GET /v1.0/users/*', status: 200, body: user });
  const add = [{ sku: whole.skuId, disabled_plans: [plans.teams.servicePlanId] }];
  return tools.call('assign_license', { user: ada.id, add, dry_run: true, ...input });
}

describe('a subscription', () => {
  test.each(Object.keys(whole))('without %s', async (name) => {
    const answer = await assign({ value: [without(whole, name), { skuId: 'another' }, null, 'text'] });
    expect(answer.text).not.toMatch(/unexpected/i);
    if (name === 'skuId') {
      expect(answer.response.error).toMatchObject({ code: 'invalid_argument' });
    } else if (name === 'servicePlans') {
      expect(answer.response.error.message).toContain('has no service plan');
      expect(answer.response.error.hint).toContain('leave disabled_plans out');
    } else if (name === 'prepaidUnits') {
      expect(answer.text).not.toContain('NaN');
    } else {
      expect(answer.isError).toBe(false);
    }
  });

  test.each(Object.keys(whole))('whose %s has another type', async (name) => {
    const answer = await assign({ value: [{ ...whole, [name]: 7 }, whole] }, ada, { add: [{ sku: whole.skuId }] });
    expect(answer.text).not.toMatch(/unexpected/i);
  });

  test('with a service plan that has no name is shown by its id', async () => {
    const servicePlans = [{ servicePlanId: plans.teams.servicePlanId }, { servicePlanName: 'NO_ID' }, null];
    const answer = await assign({ value: [{ ...whole, servicePlans }] });
    expect(answer.isError).toBe(false);
  });
});

describe('a user', () => {
  test.each(Object.keys(ada))('without %s', async (name) => {
    const answer = await assign({ value: [whole] }, without(ada, name), { usage_location: 'DE' });
    expect(answer.text).not.toMatch(/unexpected/i);
    expect(answer.isError).toBe(name === 'id');
  });

  test('whose states and licences have gaps', async () => {
    const gaps = [{}, null, { skuId: whole.skuId }, { skuId: 1 }, { state: 'Error' }];
    const answer = await assign({ value: [whole] }, { ...ada, assignedLicenses: gaps, licenseAssignmentStates: gaps });
    expect(answer.isError).toBe(false);
  });
});

test.each([{}, { value: 'text' }, [], 'text'])(
  'an answer that is no list is the service’s failure: %j',
  async (skus) => {
    const answer = await assign(skus);
    expect(answer.response.error).toMatchObject({ code: 'upstream_error', retryable: expect.any(Boolean) });
    expect(answer.text).not.toMatch(/unexpected/i);
  },
);

test('no subscriptions at all are none', async () => {
  expect((await assign({ value: null })).response.error).toMatchObject({ code: 'invalid_argument' });
});
