import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdentities } from '../../../src/core/identities/create-identities.ts';
import type { Identities } from '../../../src/core/identities/identities.ts';
import { testCall } from '../../support/call.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let identities: Identities;

beforeEach(async () => {
  fakeTime();
  tools = await openSandboxTools();
  identities = await openIdentities(tools);
});

afterEach(async () => {
  await tools.close();
  vi.useRealTimers();
});

async function openIdentities({ runtime, sandbox }: SandboxTools): Promise<Identities> {
  const { graph, arm, cloud } = await runtime.opener.open(await runtime.connections.get('sandbox', 'local'));
  return createIdentities({ graph, arm, cloud, clock: sandbox.clock });
}

const wanted = { uniqueName: 'tenantry-test', displayName: 'Tenantry test' };

async function appsNamed(name: string): Promise<readonly { id: string; appId: string }[]> {
  const { response } = await passTime(
    tools.call('graph_query', { endpoint: '/applications', params: { $filter: `displayName eq '${name}'` } }),
  );
  return response.data.value;
}

describe('app registrations', () => {
  it('are made once, however often they are asked for', async () => {
    const first = await passTime(identities.ensureApplication(wanted, testCall()));
    const second = await passTime(identities.ensureApplication(wanted, testCall()));

    expect(first.isNew).toBe(true);
    expect(second.isNew).toBe(false);
    expect(second.value).toEqual(first.value);
    expect(first.value).toMatchObject({ displayName: 'Tenantry test', passwords: [] });
    expect(await appsNamed('Tenantry test')).toHaveLength(1);
  });

  it('are found by unique name and by client id', async () => {
    const { value } = await passTime(identities.ensureApplication(wanted, testCall()));

    expect(await passTime(identities.findApplication({ uniqueName: wanted.uniqueName }, testCall()))).toEqual(value);
    expect(await passTime(identities.findApplication({ appId: value.appId }, testCall()))).toEqual(value);
    expect(await passTime(identities.findApplication({ uniqueName: "nobody's #1?" }, testCall()))).toBeUndefined();
  });

  it('are made once when the answer is lost', async () => {
    tools.sandbox.fault({ service: 'graph', match: 'PATCH *', reset: 'after' });

    const { value } = await passTime(identities.ensureApplication(wanted, testCall()));

    expect(await appsNamed('Tenantry test')).toMatchObject([{ id: value.id }]);
  });

  it('get a service principal and a secret although the directory lags behind', async () => {
    tools.sandbox.placeObject('graph', 'replicationLag', { seconds: 20 });
    const call = testCall();

    const app = await passTime(identities.ensureApplication(wanted, call));
    const principal = await passTime(identities.ensureServicePrincipal(app.value.appId, call));
    const again = await passTime(identities.ensureServicePrincipal(app.value.appId, call));
    const password = await passTime(
      identities.addPassword(app.value.id, { displayName: 'one', lifetimeDays: 30 }, call),
    );

    expect(principal.isNew).toBe(true);
    expect(again).toEqual({ value: principal.value, isNew: false });
    expect(password.secret.reveal()).not.toBe('');
    expect(call.record.notes.join()).toContain('so new');
  });
});
