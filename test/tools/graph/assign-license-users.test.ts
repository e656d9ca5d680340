import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterEach(() => tools.close());

const assign = (input: Readonly<Record<string, unknown>>) => tools.call('assign_license', input);
const writes = () => tools.graphRequests().filter((line) => !line.startsWith('GET') && !line.includes('$batch'));

interface Person {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly usageLocation: string | null;
  readonly licenseAssignmentStates: readonly { readonly assignedByGroup: string | null }[];
}

async function people(fits: (one: Person) => boolean, count: number): Promise<readonly Person[]> {
  const params = { $select: 'id,userPrincipalName,usageLocation,licenseAssignmentStates' };
  const { response } = await tools.call('graph_query', { endpoint: '/users', params });
  tools.forget();
  const found = (response.data.value as Person[])
    .filter(({ userPrincipalName }) => !userPrincipalName.includes('#EXT#'))
    .filter(fits)
    .slice(0, count);
  expect(found).toHaveLength(count);
  return found;
}

const free = ({ licenseAssignmentStates, usageLocation }: Person) =>
  licenseAssignmentStates.length === 0 && usageLocation !== null;
const homeless = ({ licenseAssignmentStates, usageLocation }: Person) =>
  licenseAssignmentStates.length === 0 && usageLocation === null;
const inheriting = ({ licenseAssignmentStates: states }: Person) =>
  states.length === 1 && states[0]?.assignedByGroup !== null;

describe('several users', () => {
  test('each has an outcome of its own, failures first; a repeated call changes nothing', async () => {
    const [one, two] = await people(free, 2);
    const [nowhere] = await people(homeless, 1);
    const users = [one?.userPrincipalName, two?.id, nowhere?.id, 'nobody@contoso.example', one?.userPrincipalName];
    const { response, isError, meta } = await assign({ users, add: [{ sku: 'SPE_E5' }] });
    expect(isError).toBe(false);
    expect(response.success).toBe(false);
    expect(response.data).toMatchObject({
      changed: true,
      summary: { failed: 2, changed: 2 },
      value: [
        { user: nowhere?.userPrincipalName, outcome: 'failed', error: { code: 'invalid_argument' } },
        { user: 'nobody@contoso.example', outcome: 'failed', error: { code: 'not_found' } },
        { user: one?.userPrincipalName, outcome: 'changed', changes: { added: [{ sku: 'SPE_E5' }] } },
        { user: two?.userPrincipalName, outcome: 'changed' },
      ],
    });
    expect(meta).toMatchObject({ count: 4, complete: true });
    expect(writes()).toHaveLength(2);
    tools.forget();
    const again = await assign({ users: [one?.id, two?.id], add: [{ sku: 'SPE_E5' }] });
    expect(again.response.data).toMatchObject({ changed: false, summary: { unchanged: 2 } });
    expect(writes()).toEqual([]);
  });

  test('a user who is named by id and by principal name is one user: read, planned and changed once', async () => {
    const [one, two] = await people(free, 2);
    const users = [one?.id, two?.id, one?.userPrincipalName.toUpperCase(), one?.id.toUpperCase()];
    const added = await assign({ users, add: [{ sku: 'SPE_E5' }] });
    expect(added.response.data.summary).toEqual({ changed: 2 });
    expect(added.meta.count).toBe(2);
    const removed = await assign({ users, remove: ['SPE_E5'] });
    expect(removed.response).toMatchObject({ success: true, data: { summary: { changed: 2 } } });
    expect(writes()).toHaveLength(4);
  });

  test('a write whose answer was lost is no failure: nobody knows what became of it', async () => {
    const [one, two] = await people(free, 2);
    const users = [one?.id, two?.id];
    await assign({ users, add: [{ sku: 'SPE_E5' }] });
    tools.sandbox.fault({ service: 'graph', match: `POST /v1.0/users/${two?.id}/assignLicense`, reset: 'after' });
    const { response, meta, isError } = await assign({ users, remove: ['all'] });
    expect(isError).toBe(false);
    expect(response).toMatchObject({
      success: false,
      data: {
        changed: true,
        summary: { unknown: 1, changed: 1 },
        value: [
          { user: two?.userPrincipalName, outcome: 'unknown', error: { code: 'outcome_unknown' } },
          { user: one?.userPrincipalName, outcome: 'changed' },
        ],
      },
    });
    expect(meta.notes.join()).toContain('call again with the same arguments');
  });

  test('what is said about one user stands with it, and what holds for all is said once', async () => {
    const [one, two] = await people(free, 2);
    await assign({ user: one?.id, add: [{ sku: 'EMS' }] });
    const { response, meta } = await assign({ users: [one?.id, two?.id], add: [{ sku: 'EMS' }], remove: ['365 E5'] });
    expect(response.data.value).toMatchObject([
      { outcome: 'changed', user: two?.userPrincipalName },
      { outcome: 'unchanged', notes: [expect.stringContaining('`EMS`')] },
    ]);
    expect(response.data.value[0].notes).toBeUndefined();
    expect(meta.notes).toEqual([
      '"365 E5" was read as `SPE_E5` "Microsoft 365 E5".',
      '`SPE_E5` "Microsoft 365 E5" was not assigned; nothing to remove.',
    ]);
  });

  test('a dry run plans each, and sends nothing', async () => {
    const [one] = await people(free, 1);
    const [nowhere] = await people(homeless, 1);
    const { response, meta } = await assign({
      users: [one?.id, nowhere?.id],
      add: [{ sku: 'SPE_E5' }],
      usage_location: 'AT',
      dry_run: true,
    });
    expect(response.data).toMatchObject({
      changed: false,
      dry_run: true,
      value: [
        { outcome: 'would_change', requests: expect.any(Array) },
        {
          outcome: 'would_change',
          changes: { usage_location: { before: null, after: 'AT' } },
          requests: [{ method: 'PATCH' }, { method: 'POST' }],
        },
      ],
    });
    expect(meta.notes).toContain('Dry run: no write was sent.');
    expect(writes()).toEqual([]);
  });

  test('units that one takes are gone for the next: the service is not asked for what is not there', async () => {
    const skus = await tools.call('graph_query', { endpoint: '/subscribedSkus' });
    const left = (sku: { prepaidUnits: { enabled: number; warning: number }; consumedUnits: number }) =>
      sku.prepaidUnits.enabled + sku.prepaidUnits.warning - sku.consumedUnits;
    const scarce = skus.response.data.value
      .filter(
        (sku: { appliesTo: string; capabilityStatus: string }) =>
          sku.appliesTo === 'User' && sku.capabilityStatus === 'Enabled',
      )
      .filter((sku: Parameters<typeof left>[0]) => left(sku) > 0)
      .toSorted((a: Parameters<typeof left>[0], b: Parameters<typeof left>[0]) => left(a) - left(b))[0];
    const units = left(scarce);
    const users = (await people(free, units + 1)).map(({ id }) => id);
    const { response } = await assign({ users, add: [{ sku: scarce.skuPartNumber }], dry_run: true });
    expect(response.data.summary).toEqual({ failed: 1, would_change: units });
    expect(response.data.value[0]).toMatchObject({
      user: expect.any(String),
      error: { code: 'conflict', message: expect.stringContaining('No unit') },
    });
  });

  test('are one question where changes are asked about, and none is sent without a yes', async () => {
    const [one, two] = await people(free, 2);
    const strict = await openSandboxTools({ frozenClock: true, policy: { confirm: 'always' } });
    try {
      const input = { users: [one?.id, two?.id], add: [{ sku: 'SPE_E5' }] };
      const asked = await strict.call('assign_license', input);
      expect(asked.response.error).toMatchObject({ code: 'refused', confirm: expect.any(String) });
      expect(asked.response.error.preview).toMatchObject([{ outcome: 'would_change' }, { outcome: 'would_change' }]);
      expect(strict.graphRequests().some((line) => line.includes('assignLicense'))).toBe(false);
      const { response } = await strict.call('assign_license', { ...input, confirm: asked.response.error.confirm });
      expect(response.data.summary).toEqual({ changed: 2 });
    } finally {
      await strict.close();
    }
  });

  test.each([
    [{ add: [{ sku: 'Microsoft 365 E55' }] }],
    [{ add: [{ sku: 'SPE_E5', disabled_plans: ['nothing'] }] }],
    [{ add: [{ sku: 'SPE_E5' }, { sku: 'microsoft 365 e5' }] }],
    [{ remove: ['all', 'EMS'] }],
  ])('what is wrong with the request is wrong for all, before anything is sent: %j', async (request) => {
    const [one, two] = await people(free, 2);
    const { response } = await assign({ users: [one?.id, two?.id], ...request });
    expect(response.error).toMatchObject({ code: 'invalid_argument' });
    expect(writes()).toEqual([]);
  });

  test('one that is protected makes the whole call wait for a person, and nothing is sent before', async () => {
    const [one, two] = await people(free, 2);
    const policy = { confirm: 'always' as const, protected: { objects: [two?.userPrincipalName ?? ''] } };
    const strict = await openSandboxTools({ frozenClock: true, policy });
    try {
      const input = { users: [one?.id, two?.userPrincipalName], add: [{ sku: 'SPE_E5' }] };
      const { response } = await strict.call('assign_license', input);
      expect(response.error).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('an object that the operator protects'),
      });
      expect(response.error.confirm).toBeUndefined();
      expect(strict.graphRequests().some((line) => line.includes('assignLicense'))).toBe(false);
      const dry = await strict.call('assign_license', { ...input, dry_run: true });
      expect(dry.response.data).toMatchObject({ changed: false, policy: { verdict: 'needs_yes', grade: 'authority' } });
    } finally {
      await strict.close();
    }
  });

  test.each([
    [{ users: [] }],
    [{ users: ['a@contoso.example'], user: 'a@contoso.example' }],
    [{ users: Array.from({ length: 101 }, (_, index) => `u${index}@contoso.example`) }],
    [{ users: ['../groups/x'] }],
  ])('%j never becomes a request', async (who) => {
    const { response } = await assign({ ...who, add: [{ sku: 'SPE_E5' }] });
    expect(response.error).toMatchObject({ code: 'invalid_argument' });
    expect(tools.seen()).toEqual([]);
  });
});

describe('remove all', () => {
  test('takes every direct licence, but for what is added, and says what stays', async () => {
    const [one] = await people(inheriting, 1);
    await assign({ user: one?.id, add: [{ sku: 'EMS' }], usage_location: 'DE' });
    const { response, meta } = await assign({ user: one?.id, remove: ['ALL'] });
    expect(response.data.changes.removed).toMatchObject([{ sku: 'EMS' }]);
    expect(response.data.after).toMatchObject([{ inherited_from: { group: expect.any(String) } }]);
    expect(meta.notes.join()).toMatch(/stays: it is inherited from the group/);
    const again = await assign({ user: one?.id, remove: ['all'] });
    expect(again.response.data.changed).toBe(false);
    expect(again.meta.notes).toContain('Nothing is assigned directly; nothing to remove.');
  });

  test('leaves what is in add', async () => {
    const [one] = await people(free, 1);
    await assign({ user: one?.id, add: [{ sku: 'SPE_E5' }, { sku: 'EMS' }] });
    const { response } = await assign({ user: one?.id, add: [{ sku: 'SPE_E5' }], remove: ['all'] });
    expect(response.data.after).toMatchObject([{ sku: 'SPE_E5' }]);
    expect(response.data.changes.removed).toMatchObject([{ sku: 'EMS' }]);
  });

  test('stands alone', async () => {
    const [one] = await people(free, 1);
    const { response } = await assign({ user: one?.id, remove: ['all', 'EMS'] });
    const refusal = { code: 'invalid_argument', message: 'remove: "all" cannot be combined with other products.' };
    expect(response.error).toMatchObject(refusal);
    const several = await assign({ users: [one?.id], remove: ['all', 'EMS'] });
    expect(several.response.error).toMatchObject(refusal);
  });

  test('says for whom nothing was left to remove', async () => {
    const nothing = 'Nothing is assigned directly; nothing to remove.';
    const [one, two] = await people(free, 2);
    const users = [one?.id, two?.id];
    const both = await assign({ users, remove: ['all'], dry_run: true });
    expect(both.meta.notes).toContain(nothing);
    await assign({ user: one?.id, add: [{ sku: 'EMS' }] });
    const { response, meta } = await assign({ users, remove: ['all'], dry_run: true });
    expect(response.data.value).toMatchObject([
      { user: one?.userPrincipalName, outcome: 'would_change' },
      { user: two?.userPrincipalName, outcome: 'unchanged', notes: [nothing] },
    ]);
    expect(meta.notes).not.toContain(nothing);
  });
});

test('a unique part of a name is enough, and the answer says what it was read as', async () => {
  const [one] = await people(free, 1);
  const { response, meta } = await assign({ user: one?.id, add: [{ sku: 'SPE E5' }], dry_run: true });
  expect(response.data.changes.added).toMatchObject([{ sku: 'SPE_E5' }]);
  const part = await assign({ user: one?.id, add: [{ sku: '365 E5' }], dry_run: true });
  expect(part.response.data.changes.added).toMatchObject([{ sku: 'SPE_E5' }]);
  expect(part.meta.notes).toContain('"365 E5" was read as `SPE_E5` "Microsoft 365 E5".');
  expect(meta.notes).not.toContain(expect.stringContaining('was read as'));
});
