import { describe, expect, test } from 'vitest';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { federation, identity, nobody, reader, useCreation, webApp } from './creation-tools.ts';

const { devops, create, posted, sent } = useCreation();
type Input = Readonly<Record<string, unknown>>;

const profile = '<publishData><publishProfile profileName="shop" userPWD="password-of-nobody" /></publishData>';

/** A connection of the sandbox app with another level or identity; the files of the process outlive a test. */
async function connect(name: string, created: Input, supplied: Input): Promise<void> {
  fakeTime();
  const { tools } = devops;
  const { clientId, clientSecret, tenantId } = tools.sandbox.credentials;
  const base = { name, scopes: ['devops', 'resources', 'directory'], cloud: tools.sandbox.cloud.name };
  await passTime(tools.call('create_connection', { ...base, access: 'read_write', ...created }));
  const completed = await passTime(
    tools.call('complete_connection', {
      connection: name,
      tenant_id: tenantId,
      client_id: clientId,
      client_secret: clientSecret,
      ...supplied,
    }),
  );
  expect(completed.text).toContain('"success":true');
  tools.forget();
}

const workspace = {
  subscription_id: tenant.subscriptionId,
  resource_group: 'rg-contoso-ml',
  workspace_name: 'mlw-contoso-research',
};
const asWorkspace = () => connect('workspace', { scope_level: 'ml_workspace' }, workspace);
const asGroup = () =>
  connect('group', { scope_level: 'management_group' }, { management_group_id: 'mg-contoso-development' });

describe('what is not said is taken from the connection', () => {
  test('its workspace', async () => {
    await asWorkspace();
    const { response } = await create({ connection: 'workspace', scheme: federation, client_id: reader });
    expect(response.data).toMatchObject({ scope_level: 'AzureMLWorkspace', workspace_name: 'mlw-contoso-research' });
  });

  test('its management group', async () => {
    await asGroup();
    const { response } = await create({ connection: 'group', scheme: federation, client_id: reader, verify: false });
    expect(response.data).toMatchObject({
      scope_level: 'ManagementGroup',
      management_group_id: 'mg-contoso-development',
    });
  });

  test('its subscription, without its group: a limit is only what was asked for', async () => {
    await asWorkspace();
    const input = { connection: 'workspace', scheme: federation, client_id: reader, scope_level: 'subscription' };
    const { response } = await create(input);
    expect(response.data).toMatchObject({ scope_level: 'Subscription', subscription_id: tenant.subscriptionId });
    expect(response.data).not.toHaveProperty('resource_group');
  });

  test('its subscription alone, even where it knows a group', async () => {
    await connect('limited', {}, { subscription_id: tenant.subscriptionId, resource_group: 'rg-contoso-web' });
    const { response } = await create({ connection: 'limited', scheme: federation, client_id: reader });
    expect(response.data).toMatchObject({ scope_level: 'Subscription' });
    expect(response.data).not.toHaveProperty('resource_group');
  });

  test('its subscription for a key, which takes no workspace', async () => {
    await asWorkspace();
    const key = { scheme: 'ServicePrincipal', client_id: nobody, client_secret: 'not-the-key-of-anybody' };
    const { response } = await create({ connection: 'workspace', ...key, verify: false });
    expect(response.data).toMatchObject({ scope_level: 'Subscription', subscription_id: tenant.subscriptionId });
  });

  test('the subscription of a web app, whatever the connection is for', async () => {
    await asGroup();
    const { response } = await create({
      connection: 'group',
      scheme: 'PublishProfile',
      web_app_id: webApp,
      publish_profile: profile,
    });
    expect(response.data).toMatchObject({ scope_level: 'Subscription', subscription_id: tenant.subscriptionId });
  });

  test('nothing where the level is another', async () => {
    await asGroup();
    const { response } = await create({
      connection: 'group',
      scheme: federation,
      client_id: reader,
      scope_level: 'subscription',
    });
    expect(response.error.message).toContain('subscription_id: missing, and the connection has none');
  });

  test('its tenant by id, although it names it by a domain', async () => {
    await connect('domain', {}, { tenant_id: tenant.initialDomain, subscription_id: tenant.subscriptionId });
    const { response } = await create({ connection: 'domain', scheme: federation, client_id: reader });
    expect(response).toMatchObject({ success: true, data: { tenant_id: tenant.id } });
  });
});

describe('another tenant', () => {
  const tenant_id = '11111111-1111-4111-8111-111111111111';

  test('takes an app that exists there, and says what is left to do', async () => {
    const { response, meta } = await create({ scheme: federation, client_id: reader, tenant_id });
    expect(response).toMatchObject({ success: false, data: { tenant_id, verification: { ok: false } } });
    expect(meta.notes.join(' ')).toContain('add it there with the issuer and subject of this answer');
    expect(devops.tools.graphRequests()).toEqual([]);
    expect(posted()[0]?.body).toMatchObject({ isReady: true });
  });

  test('gets no app of ours', async () => {
    const { response } = await create({ scheme: federation, automatic: true, tenant_id });
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('tenant_id: ') });
    expect(devops.tools.graphRequests()).toEqual([]);
    expect(posted()).toEqual([]);
  });

  test('is not that of the managed identity', async () => {
    const { response } = await create({ scheme: federation, managed_identity_id: identity, tenant_id });
    expect(response.error.message).toContain(`the managed identity is in the tenant \`${tenant.id}\``);
    expect(posted()).toEqual([]);
  });
});

test('on an Azure Stack the app is that of the cloud around it', async () => {
  const { response } = await create({
    scheme: federation,
    client_id: reader,
    environment: 'AzureStack',
    environment_url: 'https://management.local.azurestack.external',
    verify: false,
  });
  expect(response.success).toBe(true);
  expect(sent('PATCH', 'federatedIdentityCredentials')).toHaveLength(1);
  expect(devops.tools.armRequests()).toEqual([]);
});

describe('a role that was just assigned', () => {
  const forbidden = { statusCode: 'forbidden', errorMessage: "Status Code: 'Forbidden'" };

  test('is waited for', async () => {
    devops.tools.sandbox.fault({ match: 'POST *endpointproxy*', status: 200, body: forbidden, times: 3 });
    const { response } = await create({ scheme: federation, automatic: true });
    expect(response.data.verification).toEqual({ ok: true, status: 'ok' });
    expect(sent('POST', 'endpointproxy')).toHaveLength(4);
  });

  test('is told to need ten minutes when it needs more than one', async () => {
    devops.tools.sandbox.fault({ match: 'POST *endpointproxy*', status: 200, body: forbidden, times: 50 });
    const { response } = await create({ scheme: federation, automatic: true });
    expect(response.data.verification).toMatchObject({
      status: 'forbidden',
      hint: expect.stringContaining('ten minutes'),
    });
    expect(sent('POST', 'endpointproxy')).toHaveLength(7);
  });
});
