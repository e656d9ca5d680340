import { beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../../src/core/base/errors.ts';
import { applyChange, describeChange, describeLicenses } from '../../../src/core/licensing/describe-licenses.ts';
import { type LicenseNames, loadLicenseNames } from '../../../src/core/licensing/license-names.ts';
import { type LicenseHolder, parseHolder, type SubscribedSku } from '../../../src/core/licensing/licenses.ts';
import {
  type LicenseRequest,
  type LicenseSituation,
  planLicenseChange,
} from '../../../src/core/licensing/plan-license-change.ts';
import { e3, e5, plans, visio } from './tenant-skus.ts';

let names: LicenseNames;

beforeAll(async () => {
  names = await loadLicenseNames();
});

const groupId = '11111111-2222-4333-8444-555555555555';

function user(states: readonly Record<string, unknown>[] = []): LicenseHolder {
  const body = {
    id: 'u1',
    displayName: 'Ada',
    usageLocation: 'DE',
    licenseAssignmentStates: states,
    assignedLicenses: [],
  };
  return parseHolder('user', { status: 200, body });
}

function situation(holder: LicenseHolder, tenantSkus: readonly SubscribedSku[] = [e5, e3, visio]): LicenseSituation {
  return { holder, tenantSkus, names, groupNames: new Map([[groupId, 'Sales']]) };
}

function plan(request: Partial<LicenseRequest>, where: LicenseSituation) {
  return planLicenseChange({ add: [], remove: [], ...request }, where);
}

function refusal(
  request: Partial<LicenseRequest>,
  where: LicenseSituation,
): Pick<AppError, 'code' | 'message' | 'hint'> {
  try {
    plan(request, where);
  } catch (error) {
    const { code, message, hint } = error as AppError;
    return { code, message, hint };
  }
  throw new Error('It was not refused.');
}

const direct = (sku: SubscribedSku, disabledPlans: string[] = []) => ({
  skuId: sku.skuId,
  disabledPlans,
  assignedByGroup: null,
  state: 'Active',
  error: 'None',
});
const inherited = (sku: SubscribedSku) => ({ ...direct(sku), assignedByGroup: groupId });

describe('adding', () => {
  test('takes names of plans and sends ids', () => {
    const { additions } = plan(
      { add: [{ sku: 'Microsoft 365 E5', disabledPlans: ['Sway', 'TEAMS1'] }] },
      situation(user()),
    );
    expect(additions).toEqual([{ sku: e5, disabledPlans: [plans.sway.servicePlanId, plans.teams.servicePlanId] }]);
  });

  test('what is assigned with the same plans is not sent again', () => {
    const where = situation(user([direct(e3, [plans.sway.servicePlanId])]));
    expect(plan({ add: [{ sku: 'SPE_E3' }] }, where)).toMatchObject({
      additions: [],
      notes: [expect.stringContaining('already assigned')],
    });
    expect(plan({ add: [{ sku: 'SPE_E3', disabledPlans: ['SWAY'] }] }, where).additions).toEqual([]);
  });

  test('other plans of an assigned product need no unit, and an empty list switches all plans on', () => {
    const where = situation(user([direct(e3, [plans.sway.servicePlanId])]));
    const { additions } = plan({ add: [{ sku: 'SPE_E3', disabledPlans: [] }] }, where);
    expect(additions).toEqual([{ sku: e3, disabledPlans: [], disabledBefore: [plans.sway.servicePlanId] }]);
    expect(describeChange({ additions, removals: [], notes: [] }, where).updated).toMatchObject([
      { sku: 'SPE_E3', disabled_plans: [], disabled_plans_before: ['SWAY'] },
    ]);
  });

  test('without a unit left is refused before anything is sent', () => {
    expect(refusal({ add: [{ sku: 'SPE_E3' }] }, situation(user()))).toMatchInlineSnapshot(`
      {
        "code": "conflict",
        "hint": "Buy more units in the Microsoft 365 admin center, or free one with assign_license and remove on someone who does not need it.",
        "message": "No unit of \`SPE_E3\` "Microsoft 365 E3" is left: 10 of 10 are in use.",
      }
    `);
  });

  test('units in the warning period count, an inherited licence needs none', () => {
    const warned = { ...e3, capabilityStatus: 'Warning', prepaidUnits: { enabled: 0, warning: 11 } };
    expect(plan({ add: [{ sku: 'SPE_E3' }] }, situation(user(), [warned])).additions).toHaveLength(1);
    const through = plan({ add: [{ sku: 'SPE_E3' }] }, situation(user([inherited(e3)])));
    expect(through.additions).toHaveLength(1);
    expect(through.notes[0]).toContain('inherited from the group `Sales`');
  });

  test.each(['Suspended', 'Deleted', 'LockedOut'])('a subscription that is %s is refused', (capabilityStatus) => {
    const where = situation(user(), [{ ...e5, capabilityStatus }]);
    expect(refusal({ add: [{ sku: 'SPE_E5' }] }, where)).toMatchObject({ code: 'conflict' });
  });

  test('a product for the whole company is refused', () => {
    const where = situation(user(), [{ ...e5, appliesTo: 'Company' }]);
    expect(refusal({ add: [{ sku: 'SPE_E5' }] }, where)).toMatchObject({ code: 'invalid_argument' });
  });
});

describe('removing', () => {
  test('what comes from a group is refused with the two ways out', () => {
    expect(refusal({ remove: ['SPE_E5'] }, situation(user([inherited(e5)])))).toMatchInlineSnapshot(`
      {
        "code": "conflict",
        "hint": "Take the user out of the group (graph_write DELETE \`/groups/11111111-2222-4333-8444-555555555555/members/u1/$ref\`), or remove the product from the group (assign_license with group).",
        "message": "\`SPE_E5\` "Microsoft 365 E5" is inherited from the group \`Sales\` (\`11111111-2222-4333-8444-555555555555\`): it cannot be removed from the user directly.",
      }
    `);
  });

  test('a direct assignment is removed while the inherited one stays, and that is told', () => {
    const change = plan({ remove: ['SPE_E5'] }, situation(user([direct(e5), inherited(e5)])));
    expect(change.removals).toEqual([e5]);
    expect(change.notes[0]).toContain('stays in effect');
  });

  test('what is not assigned sends nothing and says so', () => {
    const change = plan({ remove: ['SPE_E5'] }, situation(user()));
    expect(change).toMatchObject({ removals: [], notes: [expect.stringContaining('was not assigned')] });
  });

  test('works when the subscription is gone, by the name of the built-in table', () => {
    const where = situation(user([direct(visio)]), [e5]);
    expect(plan({ remove: ['VISIOCLIENT'] }, where).removals).toMatchObject([{ skuId: visio.skuId }]);
  });
});

test('a product that is named twice is refused', () => {
  const where = situation(user([direct(e5)]));
  expect(refusal({ add: [{ sku: 'SPE_E5' }], remove: [e5.skuId] }, where)).toMatchObject({ code: 'invalid_argument' });
  expect(refusal({ remove: ['SPE_E5', 'Microsoft 365 E5'] }, where)).toMatchObject({ code: 'invalid_argument' });
});

test('before and after show direct and inherited licences with names, and what is wrong', () => {
  const failed = { ...inherited(e3), state: 'Error', error: 'CountViolation' };
  const where = situation(user([direct(visio), failed]));
  const change = plan({ add: [{ sku: 'SPE_E5', disabledPlans: ['SWAY'] }], remove: ['VISIOCLIENT'] }, where);
  expect(describeLicenses(where.holder, where)).toMatchInlineSnapshot(`
    [
      {
        "disabled_plans": [],
        "name": "Visio Plan 2",
        "sku": "VISIOCLIENT",
        "sku_id": "c5928f49-12ba-48f7-ada3-0d743a3601d5",
      },
      {
        "disabled_plans": [],
        "inherited_from": {
          "group": "11111111-2222-4333-8444-555555555555",
          "name": "Sales",
        },
        "name": "Microsoft 365 E3",
        "sku": "SPE_E3",
        "sku_id": "05e9a617-0261-4cee-bb44-138d3ef5d965",
        "trouble": "Error: CountViolation",
      },
    ]
  `);
  expect(describeLicenses(applyChange(where.holder, change), where)).toMatchInlineSnapshot(`
    [
      {
        "disabled_plans": [
          "SWAY",
        ],
        "name": "Microsoft 365 E5",
        "sku": "SPE_E5",
        "sku_id": "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
      },
      {
        "disabled_plans": [],
        "inherited_from": {
          "group": "11111111-2222-4333-8444-555555555555",
          "name": "Sales",
        },
        "name": "Microsoft 365 E3",
        "sku": "SPE_E3",
        "sku_id": "05e9a617-0261-4cee-bb44-138d3ef5d965",
        "trouble": "Error: CountViolation",
      },
    ]
  `);
});

test('an object without assignment states counts its licences as direct', () => {
  const group = parseHolder('group', {
    status: 200,
    body: {
      id: groupId,
      displayName: 'Sales',
      assignedLicenses: [{ skuId: e5.skuId, disabledPlans: [] }],
    },
  });
  expect(group).toMatchObject({ kind: 'group', inherited: [], direct: [{ skuId: e5.skuId }] });
});
