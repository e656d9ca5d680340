import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterEach(async () => {
  await tools.close();
});

const assign = (input: Readonly<Record<string, unknown>>) => tools.call('assign_license', input);
const licenseGroup = 'License - Microsoft 365 E3 - Sales';

async function find(endpoint: string, params: Readonly<Record<string, unknown>>) {
  const { response } = await tools.call('graph_query', { endpoint, params });
  tools.forget();
  return response.data.value;
}

interface Person {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly usageLocation: string | null;
  readonly licenseAssignmentStates: readonly { readonly skuId: string; readonly assignedByGroup: string | null }[];
}

async function people(): Promise<readonly Person[]> {
  return find('/users', {
    $select: 'id,displayName,userPrincipalName,usageLocation,userType,accountEnabled,licenseAssignmentStates',
  });
}

async function person(fits: (one: Person) => boolean): Promise<Person> {
  const found = (await people()).find(fits);
  if (found === undefined) throw new Error('The seed has no such user.');
  return found;
}

const unlicensed = ({ licenseAssignmentStates }: Person) => licenseAssignmentStates.length === 0;
const inheriting = ({ licenseAssignmentStates }: Person) =>
  licenseAssignmentStates.length === 1 && licenseAssignmentStates[0]?.assignedByGroup !== null;
const isMember = ({ userPrincipalName }: Person) => !userPrincipalName.includes('#EXT#');

const writes = () => tools.graphRequests().filter((line) => !line.startsWith('GET') && !line.includes('$batch'));

test('sets the usage location first, takes names of products and plans, and answers what changed', async () => {
  const user = await person((one) => unlicensed(one) && one.usageLocation === null && isMember(one));
  const { response, diagnostics } = await assign({
    user: user.userPrincipalName,
    add: [{ sku: 'Microsoft 365 E5', disabled_plans: ['SWAY', 'Microsoft Teams'] }],
    usage_location: 'de',
  });
  expect(response).toMatchObject({
    success: true,
    status: 200,
    data: {
      user: { id: user.id, display_name: user.displayName, usage_location: 'DE' },
      changed: true,
      changes: {
        added: [
          {
            sku: 'SPE_E5',
            name: 'Microsoft 365 E5',
            sku_id: '06ebc4ee-1bb5-47dd-8120-11324bc54e06',
            disabled_plans: ['SWAY', 'TEAMS1'],
          },
        ],
        updated: [],
        removed: [],
        usage_location: { before: null, after: 'DE' },
      },
      before: [],
      after: [{ sku: 'SPE_E5', disabled_plans: ['SWAY', 'TEAMS1'] }],
    },
  });
  expect(diagnostics.requests).toBe(4);
  expect(writes()).toEqual([`PATCH /v1.0/users/${user.id}`, `POST /v1.0/users/${user.id}/assignLicense`]);

  tools.forget();
  const again = await assign({ user: user.id, add: [{ sku: 'SPE_E5' }] });
  expect(again.response.data).toMatchObject({
    changed: false,
    before: [{ sku: 'SPE_E5' }],
    after: [{ sku: 'SPE_E5' }],
  });
  expect(writes()).toEqual([]);

  const plans = await assign({ user: user.id, add: [{ sku: 'SPE_E5', disabled_plans: [] }] });
  expect(plans.response.data.changes.updated).toMatchObject([
    { sku: 'SPE_E5', disabled_plans: [], disabled_plans_before: ['SWAY', 'TEAMS1'] },
  ]);

  const removed = await assign({ user: user.id, remove: ['SPE_E5'] });
  expect(removed.response.data).toMatchObject({ changed: true, changes: { removed: [{ sku: 'SPE_E5' }] }, after: [] });
  const [now] = await find('/users', { $filter: `id eq '${user.id}'`, $select: 'assignedLicenses' });
  expect(now.assignedLicenses).toEqual([]);
});

test('a user without a country is refused before anything is sent', async () => {
  const user = await person((one) => unlicensed(one) && one.usageLocation === null && isMember(one));
  const { response } = await assign({ user: user.id, add: [{ sku: 'SPE_E5' }] });
  expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('usage_location') });
  expect(writes()).toEqual([]);
});

test('dry_run answers the requests and the difference', async () => {
  const user = await person((one) => unlicensed(one) && one.usageLocation === null && isMember(one));
  const { response, meta } = await assign({
    user: user.id,
    add: [{ sku: 'SPE_E5' }],
    usage_location: 'FR',
    dry_run: true,
  });
  expect(response.data).toMatchObject({
    changed: false,
    dry_run: true,
    requests: [
      { method: 'PATCH', url: expect.stringMatching(`/v1.0/users/${user.id}$`), body: { usageLocation: 'FR' } },
      {
        method: 'POST',
        url: expect.stringMatching(/assignLicense$/),
        body: {
          addLicenses: [{ skuId: '06ebc4ee-1bb5-47dd-8120-11324bc54e06', disabledPlans: [] }],
          removeLicenses: [],
        },
      },
    ],
    after: [{ sku: 'SPE_E5' }],
  });
  expect(meta.notes).toContain('Dry run: no write was sent.');
  expect(writes()).toEqual([]);
});

describe('refusals come before anything is sent, with the next step', () => {
  test.each([
    ['no unit left', 'VISIOCLIENT', { code: 'conflict', message: expect.stringContaining('No unit') }],
    [
      'a suspended subscription',
      'Planner and Project Plan 3',
      { code: 'conflict', message: expect.stringContaining('Suspended') },
    ],
    [
      'an unknown name',
      'Microsoft 365 E55',
      { code: 'invalid_argument', hint: expect.stringContaining('`SPE_E5` "Microsoft 365 E5"') },
    ],
    [
      'a product of other tenants',
      'ENTERPRISEPACK',
      { code: 'invalid_argument', message: expect.stringContaining('Office 365 E3') },
    ],
  ])('%s', async (_, sku, error) => {
    const user = await person((one) => unlicensed(one) && one.usageLocation !== null);
    const { response } = await assign({ user: user.id, add: [{ sku }] });
    expect(response.error).toMatchObject(error);
    expect(response.error.hint).toMatch(/.{20,}/);
    expect(writes()).toEqual([]);
  });

  test('a service plan that the product does not have', async () => {
    const user = await person((one) => unlicensed(one) && one.usageLocation !== null);
    const { response } = await assign({ user: user.id, add: [{ sku: 'SPE_E5', disabled_plans: ['Team'] }] });
    expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('TEAMS1') });
    expect(writes()).toEqual([]);
  });

  test('an inherited licence cannot be removed from the user', async () => {
    const user = await person(inheriting);
    const { response } = await assign({ user: user.id, remove: ['Microsoft 365 E3'] });
    expect(response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining(licenseGroup) });
    expect(response.error.hint).toContain(`/members/${user.id}/$ref`);
    expect(writes()).toEqual([]);
  });
});

test('before shows where an inherited licence comes from; adding it directly says that it is there', async () => {
  const user = await person((one) => inheriting(one) && one.usageLocation !== null);
  const { response, meta } = await assign({ user: user.id, add: [{ sku: 'SPE_E3' }], dry_run: true });
  expect(response.data.before).toMatchObject([{ sku: 'SPE_E3', inherited_from: { name: licenseGroup } }]);
  expect(meta.notes.join(' ')).toContain('inherited from');
});

describe('refusals by the service are explained with names', () => {
  test('a plan that needs another one', async () => {
    const user = await person((one) => unlicensed(one) && one.usageLocation !== null);
    const { response } = await assign({
      user: user.id,
      add: [{ sku: 'SPE_E5', disabled_plans: ['Exchange Online (Plan 2)'] }],
      usage_location: 'AT',
    });
    const { code, message, hint } = response.error;
    expect({ code, message, hint }).toMatchInlineSnapshot(`
      {
        "code": "conflict",
        "hint": "One of these plans needs another one: \`LOCKBOX_ENTERPRISE\` of \`SPE_E5\`; \`EXCHANGE_S_ENTERPRISE\` of \`SPE_E5\`. Take the needed one out of disabled_plans, disable both, or add a product that brings it.",
        "message": "Microsoft Graph answered 400: \`License assignment failed because service plan LOCKBOX_ENTERPRISE (9f431833-0334-42de-a7dc-70aa40db46db) depends on the service plan(s) EXCHANGE_S_ENTERPRISE (efb87545-963c-4e0d-99df-69c6916d9eb0)\`. The usage location was set to AT before that.",
      }
    `);
  });

  test('plans that exclude each other', async () => {
    const user = await person((one) => unlicensed(one) && one.usageLocation !== null);
    await assign({ user: user.id, add: [{ sku: 'SPE_E3' }] });
    const { response } = await assign({ user: user.id, add: [{ sku: 'STANDARDPACK' }] });
    const { code, message, hint } = response.error;
    expect({ code, message, hint }).toMatchInlineSnapshot(`
      {
        "code": "conflict",
        "hint": "These plans exclude each other: \`SHAREPOINTENTERPRISE\` of \`SPE_E3\`; \`SHAREPOINTSTANDARD\` of \`STANDARDPACK\`. Name one of them in disabled_plans, or put one of the products into remove in the same call.",
        "message": "Microsoft Graph answered 400: \`License assignment failed because service plans SHAREPOINTENTERPRISE (5dbe027f-2339-4123-9542-606e4d348a72), SHAREPOINTSTANDARD (c7699d2e-19aa-44de-8edf-1736da088ca1) are mutually exclusive.\`.",
      }
    `);
    const swapped = await assign({ user: user.id, add: [{ sku: 'STANDARDPACK' }], remove: ['SPE_E3'] });
    expect(swapped.response.data).toMatchObject({ changed: true, after: [{ sku: 'STANDARDPACK' }] });
  });
});

describe('groups', () => {
  test('get licences in the background: 202 and how to check', async () => {
    const [group] = await find('/groups', { $filter: "displayName eq 'All Employees'", $select: 'id,displayName' });
    const target =
      group ?? (await find('/groups', { $filter: 'securityEnabled eq true', $select: 'id,displayName' }))[0];
    const { response, diagnostics } = await assign({
      group: target.id,
      add: [{ sku: 'EMS', disabled_plans: ['INTUNE_A'] }],
    });
    expect(response).toMatchObject({
      success: true,
      status: 202,
      data: {
        group: { id: target.id, display_name: target.displayName },
        changed: true,
        changes: { added: [{ sku: 'EMS', disabled_plans: ['INTUNE_A'] }] },
        next_step: expect.stringContaining('membersWithLicenseErrors'),
      },
    });
    expect(diagnostics.requests).toBeLessThanOrEqual(4);
  });

  test('have no usage location', async () => {
    const { response } = await assign({
      group: '00000000-0000-0000-0000-000000000001',
      add: [{ sku: 'EMS' }],
      usage_location: 'DE',
    });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('usage_location'),
    });
    expect(tools.seen()).toEqual([]);
  });
});

const long = 'x'.repeat(100_000);

test.each([
  ['neither user nor group', { add: [{ sku: 'SPE_E5' }] }],
  [
    'user and group',
    { user: 'a@contoso.example', group: '00000000-0000-0000-0000-000000000001', add: [{ sku: 'SPE_E5' }] },
  ],
  ['nothing to do', { user: 'a@contoso.example' }],
  ['a path as user', { user: '../groups/x', add: [{ sku: 'SPE_E5' }] }],
  ['an encoded path as user', { user: '..%2fgroups@x', add: [{ sku: 'SPE_E5' }] }],
  ['a query in user', { user: 'a@contoso.example?$select=id', add: [{ sku: 'SPE_E5' }] }],
  ['a line break in user', { user: 'a@contoso.example\n', add: [{ sku: 'SPE_E5' }] }],
  ['a group by name', { group: 'Sales', add: [{ sku: 'SPE_E5' }] }],
  ['100 kB as product', { user: 'a@contoso.example', add: [{ sku: long }] }],
  ['a misspelt key', { user: 'a@contoso.example', add: [{ sku: 'SPE_E5', disabledPlanz: [] }] }],
  ['a country by name', { user: 'a@contoso.example', add: [{ sku: 'SPE_E5' }], usage_location: 'Germany' }],
  ['51 products', { user: 'a@contoso.example', remove: Array.from({ length: 51 }, (_, index) => `P${index}`) }],
])('%s never becomes a request', async (_, input) => {
  const { response } = await assign(input);
  expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.any(String) });
  expect(tools.seen()).toEqual([]);
});
