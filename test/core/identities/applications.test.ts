import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { type OpenIdentities, openIdentities } from './open-identities.ts';

const wanted = { uniqueName: 'tenantry-test', displayName: 'Tenantry test' };

let open: OpenIdentities;

beforeEach(async () => {
  open = await openIdentities();
});
afterEach(() => open.close());

async function list(endpoint: string, $filter: string): Promise<readonly { id: string }[]> {
  const { response } = await open.tools.call('graph_query', { endpoint, params: { $filter } });
  return response.data.value;
}

const appsNamed = (name: string) => list('/applications', `displayName eq '${name}'`);

/** Replicas that are this many seconds behind. */
function lag(seconds: number): void {
  open.tools.sandbox.placeObject('graph', 'replicationLag', { seconds });
}

describe('app registrations', () => {
  it('are made once, however often they are asked for', async () => {
    const { identities } = open;
    const first = await identities.ensureApplication(wanted, testCall());
    const second = await identities.ensureApplication({ ...wanted, displayName: 'Other' }, testCall());

    expect(first.isNew).toBe(true);
    expect(second).toEqual({ value: first.value, isNew: false });
    expect(first.value).toMatchObject({ displayName: 'Tenantry test', passwords: [] });
    expect(await appsNamed('Tenantry test')).toHaveLength(1);
  });

  it('are found by unique name and by client id', async () => {
    const { identities } = open;
    const { value } = await identities.ensureApplication(wanted, testCall());

    expect(await identities.findApplication({ uniqueName: wanted.uniqueName }, testCall())).toEqual(value);
    expect(await identities.findApplication({ appId: value.appId }, testCall())).toEqual(value);
    expect(await identities.findApplication({ uniqueName: "nobody's #1?" }, testCall())).toBeUndefined();
  });

  it('carry the service management reference', async () => {
    await open.identities.ensureApplication({ ...wanted, serviceManagementReference: 'cmdb-7' }, testCall());

    expect(await appsNamed('Tenantry test')).toMatchObject([{ serviceManagementReference: 'cmdb-7' }]);
  });

  it.each([0, 20])('are made once when the answer is lost and replicas are %i s behind', async (seconds) => {
    lag(seconds);
    open.tools.sandbox.fault({ service: 'graph', match: 'PATCH *', reset: 'after' });

    const { value } = await open.identities.ensureApplication(wanted, testCall());
    const again = await open.identities.ensureApplication(wanted, testCall());

    open.tools.sandbox.advance(60);
    expect(await appsNamed('Tenantry test')).toMatchObject([{ id: value.id }]);
    expect(again.value.id).toBe(value.id);
  });

  it('that were deleted and keep their name are named, with the way to get it back', async () => {
    const { identities, tools } = open;
    const { value } = await identities.ensureApplication(wanted, testCall());
    await identities.removeApplication(value.id, testCall());
    await identities.removeApplication(value.id, testCall());
    // The sandbox gives the name away again; the directory may not.
    const message = 'Another object with the same value for property uniqueName already exists.';
    tools.sandbox.fault({
      service: 'graph',
      match: 'PATCH *',
      status: 400,
      body: { error: { code: 'Request_BadRequest', message } },
    });

    await expect(identities.ensureApplication(wanted, testCall())).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has been deleted'),
      hint: expect.stringContaining(`/directory/deletedItems/${value.id}/restore`),
    });
  });

  it('whose name something else has are a conflict', async () => {
    const message = 'Another object with the same value for property uniqueName already exists.';
    open.tools.sandbox.fault({
      service: 'graph',
      match: 'PATCH *',
      status: 400,
      body: { error: { code: 'Request_BadRequest', message } },
    });

    await expect(open.identities.ensureApplication(wanted, testCall())).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('taken'),
    });
  });

  it('need a permission that the refusal names', async () => {
    const identities = await open.as(seededCredentials('readOnly'));

    await expect(identities.ensureApplication(wanted, testCall())).rejects.toMatchObject({
      code: 'permission_denied',
      hint: expect.stringContaining('Application.ReadWrite.OwnedBy'),
    });
  });

  it('are not taken from a gateway that answers something else', async () => {
    open.tools.sandbox.fault({ service: 'graph', match: 'GET /v1.0/applications*', status: 200, body: {} });

    await expect(open.identities.findApplication(wanted, testCall())).rejects.toMatchObject({ code: 'upstream_error' });
  });
});

describe('service principals', () => {
  it.each([0, 20])('are made once for an app while replicas are %i s behind', async (seconds) => {
    lag(seconds);
    const { identities } = open;
    const call = testCall();
    const { value: app } = await identities.ensureApplication(wanted, call);
    open.tools.sandbox.fault({ service: 'graph', match: 'PATCH /v1.0/servicePrincipals*', reset: 'after' });
    const first = await identities.ensureServicePrincipal(app.appId, call);
    const second = await identities.ensureServicePrincipal(app.appId, call);

    open.tools.sandbox.advance(60);
    expect(second.value).toBe(first.value);
    expect(await list('/servicePrincipals', `appId eq '${app.appId}'`)).toMatchObject([{ id: first.value }]);
    if (seconds > 0) expect(call.record.notes.join()).toContain('too new');
  });

  it('of an app that does not exist are refused at once', async () => {
    const call = testCall();

    await expect(
      open.identities.ensureServicePrincipal('00000000-0000-0000-0000-00000000000a', call),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect(call.record.notes.join()).not.toContain('too new');
  });

  const notBacked = {
    code: 'Request_BadRequest',
    message: 'The appId does not reference a valid application object.',
    details: [{ code: 'NoBackingApplicationObject' }],
  };

  it('of an app that another process made a moment ago are waited for', async () => {
    const { value: app } = await open.identities.ensureApplication(wanted, testCall());
    const others = await open.afresh();
    await others.findApplication({ appId: app.appId }, testCall());
    const match = 'PATCH /v1.0/servicePrincipals*';
    open.tools.sandbox.fault({ service: 'graph', match, status: 400, times: 2, body: { error: notBacked } });

    expect(await others.ensureServicePrincipal(app.appId, testCall())).toMatchObject({ isNew: true });
  });

  it('of a new app are waited for although the clocks differ', async () => {
    const id = '00000000-0000-0000-0000-00000000000a';
    const body = { id, appId: id, createdDateTime: '2020-01-01T00:00:00Z' };
    open.tools.sandbox.fault({ service: 'graph', match: 'PATCH /v1.0/applications*', status: 201, body });
    await open.identities.ensureApplication(wanted, testCall());
    const call = testCall();

    await expect(open.identities.ensureServicePrincipal(id, call)).rejects.toMatchObject({ status: 400 });
    expect(call.record.notes.join()).toContain('too new');
  });

  it('that another process makes at the same time are the same', async () => {
    const { value: app } = await open.identities.ensureApplication(wanted, testCall());
    const { value: id } = await open.identities.ensureServicePrincipal(app.appId, testCall());
    const at = '/v1.0/servicePrincipals*';
    const error = { code: 'Request_MultipleObjectsWithSameKeyValue', message: 'The name is already in use.' };
    // A replica that is behind, before and after the directory has said that there is one.
    open.tools.sandbox.fault({ service: 'graph', match: `GET ${at}`, status: 404, times: 2 });
    open.tools.sandbox.fault({ service: 'graph', match: `PATCH ${at}`, status: 409, body: { error } });

    expect(await (await open.afresh()).ensureServicePrincipal(app.appId, testCall())).toEqual({
      value: id,
      isNew: false,
    });
  });

  it('are waited for no longer than the call lasts', async () => {
    lag(600);
    const { sandbox } = open.tools;
    const call = testCall({ deadlineAt: sandbox.clock.now() + 10_000 });
    const { value: app } = await open.identities.ensureApplication(wanted, call);

    await expect(open.identities.ensureServicePrincipal(app.appId, call)).rejects.toMatchObject({ status: 400 });
    expect(sandbox.clock.now()).toBeLessThanOrEqual(call.deadlineAt);
  });

  it('are waited for two minutes at most', async () => {
    lag(6_000);
    const { sandbox } = open.tools;
    const startedAt = sandbox.clock.now();
    const { value: app } = await open.identities.ensureApplication(wanted, testCall());

    await expect(open.identities.ensureServicePrincipal(app.appId, testCall())).rejects.toMatchObject({ status: 400 });
    expect(sandbox.clock.now() - startedAt).toBeGreaterThan(100_000);
    expect(sandbox.clock.now() - startedAt).toBeLessThanOrEqual(120_000);
  });

  it('are not waited for after a cancellation', async () => {
    lag(600);
    const controller = new AbortController();
    const call = testCall({ signal: controller.signal });
    const { value: app } = await open.identities.ensureApplication(wanted, call);
    // The note is made right before the wait.
    const cancelling = { ...call, note: () => controller.abort() };
    const before = open.tools.graphRequests().length;

    await expect(open.identities.ensureServicePrincipal(app.appId, cancelling)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(open.tools.graphRequests().length - before).toBe(2);
  });
});

describe('secrets', () => {
  it('are added and removed by their id, the removal as often as one likes', async () => {
    const { identities, tools } = open;
    const { value: app } = await identities.ensureApplication(wanted, testCall());
    const password = await identities.addPassword(app.id, { displayName: 'one', lifetimeDays: 30 }, testCall());

    expect(password.secret.reveal()).not.toBe('');
    expect(password.expiresAt).toBe('2026-12-20T10:00:00.000Z');
    const { passwords = [] } = (await identities.findApplication({ appId: app.appId }, testCall())) ?? {};
    expect(passwords).toMatchObject([{ keyId: password.keyId, displayName: 'one' }]);
    await identities.removePassword(app.id, password.keyId, testCall());
    await identities.removePassword(app.id, password.keyId, testCall());
    expect(await identities.findApplication({ appId: app.appId }, testCall())).toMatchObject({ passwords: [] });
    expect(JSON.stringify(tools.seen())).not.toContain(password.secret.reveal());
  });

  it('are removed although the answer is lost', async () => {
    const { identities, tools } = open;
    const { value: app } = await identities.ensureApplication(wanted, testCall());
    const password = await identities.addPassword(app.id, { displayName: 'one', lifetimeDays: 30 }, testCall());
    tools.sandbox.fault({ service: 'graph', match: 'POST *removePassword', reset: 'after' });
    await identities.removePassword(app.id, password.keyId, testCall());

    expect(await identities.findApplication({ appId: app.appId }, testCall())).toMatchObject({ passwords: [] });
  });

  it('are not added a second time when the answer is lost', async () => {
    const { identities, tools } = open;
    const { value: app } = await identities.ensureApplication(wanted, testCall());
    tools.sandbox.fault({ service: 'graph', match: 'POST *addPassword', reset: 'after' });

    await expect(
      identities.addPassword(app.id, { displayName: 'one', lifetimeDays: 30 }, testCall()),
    ).rejects.toMatchObject({ code: 'outcome_unknown' });
    const found = await identities.findApplication({ appId: app.appId }, testCall());
    expect(found?.passwords).toHaveLength(1);
  });

  it('of an app that is too new are added once it is known', async () => {
    lag(20);
    const { identities } = open;
    const { value: app } = await identities.ensureApplication(wanted, testCall());
    open.tools.sandbox.fault({ service: 'graph', match: 'POST *addPassword', status: 404, times: 2 });
    await identities.addPassword(app.id, { displayName: 'one', lifetimeDays: 30 }, testCall());

    open.tools.sandbox.advance(60);
    expect((await identities.findApplication({ appId: app.appId }, testCall()))?.passwords).toHaveLength(1);
  });

  it('of an app that does not exist are refused at once', async () => {
    await expect(
      open.identities.addPassword(
        '00000000-0000-0000-0000-00000000000a',
        { displayName: 'x', lifetimeDays: 1 },
        testCall(),
      ),
    ).rejects.toMatchObject({ code: 'not_found' });
    expect(open.tools.graphRequests()).toHaveLength(1);
  });
});
