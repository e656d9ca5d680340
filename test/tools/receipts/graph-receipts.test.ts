import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What an answer says about undoing a write is sent as it stands, and the tenant is as it was before.

let tools: SandboxTools;
let user: { readonly id: string; readonly jobTitle: string | null };
let other: { readonly id: string };

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true, policy: { receipts: true } });
});

afterAll(() => tools.close());

const read = async (path: string, params = {}) =>
  (await tools.call('graph_query', { endpoint: path, params })).response.data;

beforeEach(async () => {
  tools.sandbox.reset();
  const found = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $filter: 'onPremisesSyncEnabled ne true and accountEnabled eq true', $select: 'id,jobTitle', $top: 2 },
    auto_paginate: false,
  });
  [user, other] = found.response.data.value;
  tools.forget();
});

const write = (...requests: readonly object[]) => tools.call('graph_write', { requests });
const undo = ({ meta }: Answer) => tools.call(meta.undo.tool, meta.undo.arguments);

async function newGroup(body: object = {}): Promise<string> {
  const name = 'receipts';
  const group = { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true, ...body };
  const { response } = await write({ method: 'POST', endpoint: '/groups', body: group });
  return response.data.id;
}

/** Sends the writes and undoes them: what `look` sees changes, and is the same again. */
async function roundTrip(requests: readonly object[], look: () => Promise<unknown>): Promise<Answer> {
  const before = await look();
  const written = await write(...requests);
  expect(written.response.success).toBe(true);
  expect(await look()).not.toEqual(before);
  const undone = await undo(written);
  expect(undone.response.success).toBe(true);
  expect(await look()).toEqual(before);
  return written;
}

const nobody = '00000000-0000-0000-0000-00000000dead';
const reference = (id: string) => ({ '@odata.id': `${tools.sandbox.cloud.graph}/v1.0/directoryObjects/${id}` });

describe('without a policy or a dry run', () => {
  test('nothing is kept, no request is added and the answer says nothing', async () => {
    const plain = await openSandboxTools({ frozenClock: true });
    const requests = [{ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'Pilot' } }];
    const { meta } = await plain.call('graph_write', { requests });
    expect(meta).toEqual({});
    expect(plain.graphRequests()).toEqual([`PATCH /v1.0/users/${user.id}`]);
    await plain.close();
  });

  test('a dry run of the same write makes it keep a receipt, for ten minutes', async () => {
    const plain = await openSandboxTools({ frozenClock: true });
    const patch = (jobTitle: string) => ({
      requests: [{ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle } }],
    });
    await plain.call('graph_write', { ...patch('Pilot'), dry_run: true });
    expect((await plain.call('graph_write', patch('Captain'))).meta.undo).toBeUndefined();
    expect((await plain.call('graph_write', patch('Pilot'))).meta.undo).toMatchObject({ tool: 'graph_write' });
    plain.sandbox.advance(601);
    expect((await plain.call('graph_write', patch('Pilot'))).meta.undo).toBeUndefined();
    await plain.close();
  });
});

describe('PATCH', () => {
  test('sends back exactly the values from before', async () => {
    const look = () => read(`/users/${user.id}?$select=jobTitle,department,businessPhones`);
    const body = { jobTitle: 'Pilot', department: null, businessPhones: ['+49 30 1234'] };
    const written = await roundTrip([{ method: 'PATCH', endpoint: `/users/${user.id}`, body }], look);
    expect(written.meta.undo).toMatchObject({
      receipt: expect.stringMatching(/^[2-9A-HJ-NP-Z]{8}$/),
      tool: 'graph_write',
      arguments: {
        connection: 'sandbox',
        requests: [{ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: user.jobTitle } }],
      },
    });
  });

  test('the state is read before the write, and nothing else is added', async () => {
    await write({ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'Pilot' } });
    expect(tools.graphRequests()).toEqual(['POST /v1.0/$batch', `PATCH /v1.0/users/${user.id}`]);
  });

  test('leaves out what did not change', async () => {
    const body = { jobTitle: user.jobTitle, department: 'Space' };
    const { meta } = await write({ method: 'PATCH', endpoint: `/users/${user.id}`, body });
    expect(Object.keys(meta.undo.arguments.requests[0].body)).toEqual(['department']);
    const same = await write({ method: 'PATCH', endpoint: `/users/${user.id}`, body });
    expect(same.meta.undo).toEqual({ receipt: expect.any(String), impossible: 'it changed nothing' });
  });

  test('a password is not kept, and the rest is undone', async () => {
    const body = { jobTitle: 'Pilot', passwordProfile: { password: 'xWwvJ]6NMw+bWH-d' } };
    const { meta, text } = await write({ method: 'PATCH', endpoint: `/users/${user.id}`, body });
    expect(meta.undo.not_undone).toEqual(['`passwordProfile`: it is a secret, and those are not kept']);
    expect(Object.keys(meta.undo.arguments.requests[0].body)).toEqual(['jobTitle']);
    expect(text).not.toContain('xWwvJ');
    const only = await write({
      method: 'PATCH',
      endpoint: `/users/${user.id}`,
      body: { passwordProfile: body.passwordProfile },
    });
    expect(only.meta.undo.impossible).toContain('passwordProfile');
  });

  test('addresses may be absolute, have a version, or name the user otherwise', async () => {
    const { userPrincipalName: name } = await read(`/users/${user.id}?$select=userPrincipalName`);
    const look = () => read(`/users/${user.id}?$select=jobTitle`);
    const { graph } = tools.sandbox.cloud;
    for (const endpoint of [`${graph}/v1.0/users/${user.id}`, `/beta/users/${user.id}`, `users('${name}')`]) {
      await roundTrip([{ method: 'PATCH', endpoint, body: { jobTitle: 'Pilot' } }], look);
    }
    const body = { jobTitle: 'Pilot' };
    const beta = await tools.call('graph_write', {
      api_version: 'beta',
      requests: [{ method: 'PATCH', endpoint: `/users/${user.id}`, body }],
    });
    expect(beta.meta.undo.arguments.requests[0].endpoint).toBe(`/beta/users/${user.id}`);
    expect((await undo(beta)).response.success).toBe(true);
  });

  test('a refused write keeps nothing', async () => {
    const refused = await write({ method: 'PATCH', endpoint: `/users/${nobody}`, body: { jobTitle: 'Pilot' } });
    expect(refused.response).toMatchObject({ success: false, status: 404 });
    expect(refused.meta.undo).toBeUndefined();
  });
});

describe('references', () => {
  test('a member that was added is taken out, and one that was removed comes back', async () => {
    const group = await newGroup();
    const look = async () => (await read(`/groups/${group}/members?$select=id`)).value.map(({ id }: typeof user) => id);
    const add = { method: 'POST', endpoint: `/groups/${group}/members/$ref`, body: reference(user.id) };
    await roundTrip([add], look);
    await write(add);
    await roundTrip([{ method: 'DELETE', endpoint: `/groups/${group}/members/${user.id}/$ref` }], look);
  });

  test('each reference of members@odata.bind is taken out, and those from before stay', async () => {
    const group = await newGroup();
    await write({ method: 'POST', endpoint: `/groups/${group}/members/$ref`, body: reference(user.id) });
    const look = async () =>
      (await read(`/groups/${group}?$select=displayName&$expand=members($select=id)`)).members.map(
        ({ id }: typeof user) => id,
      );
    const bind = [`${tools.sandbox.cloud.graph}/v1.0/users/${other.id}`];
    await roundTrip([{ method: 'PATCH', endpoint: `/groups/${group}`, body: { 'members@odata.bind': bind } }], look);
    expect(await look()).toEqual([user.id]);
  });

  test('a refusal that was expected changed nothing, and is not undone', async () => {
    const group = await newGroup();
    const add = { method: 'POST', endpoint: `/groups/${group}/members/$ref`, body: reference(user.id) };
    await write(add);
    const again = await tools.call('graph_write', { requests: [add], expected_outcomes: [400] });
    expect(again.response).toMatchObject({ success: true, status: 400 });
    expect(again.meta.undo).toBeUndefined();
  });

  test('a manager is the one from before, or none', async () => {
    const look = async () =>
      (await tools.call('graph_query', { endpoint: `/users/${user.id}/manager?$select=id` })).response.data?.id;
    const set = (id: string) => ({ method: 'PUT', endpoint: `/users/${user.id}/manager/$ref`, body: reference(id) });
    await roundTrip([set(other.id)], look);
    await write(set(other.id));
    await roundTrip([{ method: 'DELETE', endpoint: `/users/${user.id}/manager/$ref` }], look);
  });
});

describe('deletions', () => {
  test('a user is restored', async () => {
    const look = async () => (await read('/users?$select=id')).value.length;
    const { userPrincipalName: name } = await read(`/users/${user.id}?$select=userPrincipalName`);
    await roundTrip([{ method: 'DELETE', endpoint: `users('${name}')` }], look);
    await roundTrip([{ method: 'DELETE', endpoint: `/users/${name}` }], look);
    const { meta } = await roundTrip([{ method: 'DELETE', endpoint: `/users/${user.id}` }], look);
    expect(meta.undo.arguments.requests).toEqual([
      { method: 'POST', endpoint: `/directory/deletedItems/${user.id}/restore` },
    ]);
  });

  test('an app is restored with its service principal, in that order', async () => {
    const made = await write({ method: 'POST', endpoint: '/applications', body: { displayName: 'receipts' } });
    const { id, appId } = made.response.data;
    await write({ method: 'POST', endpoint: '/servicePrincipals', body: { appId } });
    const look = async () => [
      (await read('/applications?$select=id')).value.length,
      (await read('/servicePrincipals?$select=id')).value.length,
    ];
    const { meta } = await roundTrip([{ method: 'DELETE', endpoint: `/applications/${id}` }], look);
    expect(meta.undo.arguments.requests).toMatchObject([
      { endpoint: `/directory/deletedItems/${id}/restore` },
      { depends_on: ['1'] },
    ]);
  });

  test('a Microsoft 365 group and an administrative unit are restored', async () => {
    const group = await newGroup({ groupTypes: ['Unified'], mailEnabled: true, securityEnabled: false });
    const unit = await write({
      method: 'POST',
      endpoint: '/directory/administrativeUnits',
      body: { displayName: 'receipts' },
    });
    const count = async (path: string) => (await read(`${path}?$select=id`)).value.length;
    await roundTrip([{ method: 'DELETE', endpoint: `/groups/${group}` }], () => count('/groups'));
    await roundTrip([{ method: 'DELETE', endpoint: `/directory/administrativeUnits/${unit.response.data.id}` }], () =>
      count('/directory/administrativeUnits'),
    );
  });

  test('what is deleted for good says so', async () => {
    const group = await newGroup();
    const { meta } = await write({ method: 'DELETE', endpoint: `/groups/${group}` });
    expect(meta.undo).toEqual({
      receipt: expect.any(String),
      impossible: expect.stringContaining('not a Microsoft 365 group'),
    });
    await write({ method: 'DELETE', endpoint: `/users/${user.id}` });
    const purged = await write({ method: 'DELETE', endpoint: `/directory/deletedItems/${user.id}` });
    expect(purged.meta.undo.impossible).toContain('for good');
  });
});

describe('creations and actions', () => {
  test('what was made is deleted', async () => {
    const look = async () => (await read('/groups?$select=id')).value.length;
    const body = { displayName: 'new', mailEnabled: false, mailNickname: 'new', securityEnabled: true };
    const { meta, response } = await roundTrip([{ method: 'POST', endpoint: '/groups', body }], look);
    expect(meta.undo.arguments.requests).toEqual([{ method: 'DELETE', endpoint: `/groups/${response.data.id}` }]);
  });

  test('an upsert that made its object is undone by deleting it, one that changed it by the earlier values', async () => {
    const upsert = (displayName: string) => ({
      method: 'PATCH',
      endpoint: "/applications(uniqueName='receipts')",
      headers: { Prefer: 'create-if-missing' },
      body: { displayName },
    });
    const look = async () => (await read('/applications?$select=displayName')).value;
    await roundTrip([upsert('made')], look);
    await write(upsert('again'));
    await roundTrip([upsert('changed')], look);
  });

  test('members of a new group go with it, however many requests they take', async () => {
    const { value } = await read('/users?$select=id&$top=25');
    const body = {
      displayName: 'many',
      mailEnabled: false,
      mailNickname: 'many',
      securityEnabled: true,
      'members@odata.bind': value
        .slice(0, 25)
        .map(({ id }: typeof other) => `${tools.sandbox.cloud.graph}/v1.0/users/${id}`),
    };
    const look = async () => (await read('/groups?$select=id')).value.length;
    const { meta } = await roundTrip([{ method: 'POST', endpoint: '/groups', body }], look);
    expect(meta.undo.arguments.requests).toHaveLength(1);
  });

  test('actions say why not', async () => {
    const { meta } = await write({ method: 'POST', endpoint: `/users/${user.id}/revokeSignInSessions` });
    expect(meta.undo.impossible).toBe('sessions that were ended stay ended');
  });
});

describe('several requests', () => {
  test('are undone in reverse, each where it succeeded', async () => {
    const gone = { id: 'c', method: 'PATCH', endpoint: `/users/${nobody}`, body: { jobTitle: 'x' } };
    const body = { displayName: 'new', mailEnabled: false, mailNickname: 'new', securityEnabled: true };
    const requests = [
      { id: 'a', method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'First' } },
      { id: 'b', method: 'PATCH', endpoint: `/users/${user.id}`, body: { department: 'Space' }, depends_on: ['a'] },
      gone,
      { id: 'd', method: 'POST', endpoint: '/groups', body },
    ];
    const look = async () => [
      await read(`/users/${user.id}?$select=jobTitle,department`),
      (await read('/groups?$select=id')).value.length,
    ];
    const before = await look();
    const written = await tools.call('graph_write', { requests, continue_on_error: true });
    expect(written.response.success).toBe(false);
    expect(written.meta.undo.arguments.requests).toMatchObject([
      { method: 'DELETE' },
      { method: 'PATCH', body: { department: expect.anything() } },
      { method: 'PATCH', body: { jobTitle: user.jobTitle }, depends_on: ['2'] },
    ]);
    expect((await undo(written)).response.success).toBe(true);
    expect(await look()).toEqual(before);
  });

  test('long arguments stay in the receipt', async () => {
    const long = { method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'z'.repeat(100) } };
    const many = Array.from({ length: 20 }, () => long);
    const { meta } = await tools.call('graph_write', { requests: many });
    expect(meta.undo).toEqual({ receipt: meta.undo.receipt, run: `tenantry audit --undo ${meta.undo.receipt}` });
  });
});

describe('licences', () => {
  test('of a group, and of several users in one call', async () => {
    const { value } = await read('/subscribedSkus?$select=skuPartNumber,appliesTo,prepaidUnits,consumedUnits,skuId');
    const sku = value.find(
      // biome-ignore lint/suspicious/noExplicitAny: single fields of a product
      ({ appliesTo, prepaidUnits, consumedUnits }: any) =>
        appliesTo === 'User' && prepaidUnits.enabled > consumedUnits + 2,
    );
    const group = await newGroup();
    const add = [{ sku: sku.skuPartNumber }];
    const licensesOf = async (path: string) => (await read(`${path}?$select=assignedLicenses`)).assignedLicenses;
    const before = await licensesOf(`/groups/${group}`);
    const given = await tools.call('assign_license', { group, add });
    expect(await licensesOf(`/groups/${group}`)).toHaveLength(1);
    expect((await undo(given)).response.success).toBe(true);
    expect(await licensesOf(`/groups/${group}`)).toEqual(before);

    const look = () => Promise.all([user, other].map(({ id }) => licensesOf(`/users/${id}`)));
    const held = await look();
    const several = await tools.call('assign_license', { users: [user.id, other.id], add, usage_location: 'DE' });
    expect(several.response.success).toBe(true);
    const undone = await undo(several);
    expect(undone.response.success).toBe(true);
    expect(await look()).toEqual(held);
  });

  const look = async () => {
    const { assignedLicenses } = await read(`/users/${user.id}?$select=assignedLicenses`);
    return assignedLicenses
      .map(({ skuId, disabledPlans }: { skuId: string; disabledPlans: string[] }) => [skuId, disabledPlans.toSorted()])
      .toSorted();
  };
  const undone = async (input: object) => {
    const before = await look();
    const written = await tools.call('assign_license', { user: user.id, ...input });
    expect(written.response.success).toBe(true);
    expect(await look()).not.toEqual(before);
    const answer = await undo(written);
    expect(answer.response.success).toBe(true);
    expect(await look()).toEqual(before);
  };

  test('are taken away, given back, and have their service plans as they were', async () => {
    const { value } = await read('/subscribedSkus');
    const held = (await look()).map(([id]: [string]) => id);
    const free = value.find(
      // biome-ignore lint/suspicious/noExplicitAny: single fields of a product
      ({ skuId, appliesTo, prepaidUnits, consumedUnits, capabilityStatus }: any) =>
        appliesTo === 'User' &&
        capabilityStatus === 'Enabled' &&
        !held.includes(skuId) &&
        prepaidUnits.enabled > consumedUnits,
    );
    await undone({ add: [{ sku: free.skuPartNumber }], usage_location: 'DE' });
    await tools.call('assign_license', { user: user.id, add: [{ sku: free.skuPartNumber }], usage_location: 'DE' });
    await undone({ remove: [free.skuPartNumber] });
    const { servicePlans } = await read(`/subscribedSkus/${free.id}?$select=servicePlans`);
    const plan = servicePlans.find(({ appliesTo }: { appliesTo: string }) => appliesTo === 'User');
    await undone({ add: [{ sku: free.skuPartNumber, disabled_plans: [plan.servicePlanName] }] });
  });
});
