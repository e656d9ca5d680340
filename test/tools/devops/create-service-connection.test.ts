import { describe, expect, test } from 'vitest';
import { federation, identity, nobody, production, reader, useCreation, webGroup } from './creation-tools.ts';

const { create, devops, listed, posted, sent } = useCreation();

describe('federation with an app registration', () => {
  test('is made end to end: draft, credential, finish, test', async () => {
    const { isError, response, meta } = await create({ scheme: federation, client_id: reader, description: 'Reads' });
    expect(isError).toBe(false);
    expect(response).toMatchObject({ success: true, status: 200 });
    expect(response.data).toMatchInlineSnapshot(`
      {
        "client_id": "5a11d0c5-7e4a-4c0d-8b0a-de0500000005",
        "convertible": false,
        "creation_mode": "Manual",
        "description": "Reads",
        "id": "03cf1b09-2d49-492c-ad9b-eea63b7f58a7",
        "is_ready": true,
        "issuer": "https://login.microsoftonline.com/5a11d0c5-7e4a-4c0d-8b0a-c04705000001/v2.0",
        "name": "azure-new",
        "not_convertible_because": "It already uses workload identity federation.",
        "scheme": "WorkloadIdentityFederation",
        "scope_level": "Subscription",
        "subject": "/eid1/c/pub/t/WhHQxX5KTA2LCsBHBQAAAQ/a/SZuErBMhQn-qFyZ8ppdXmA/sc/5a11d0c5-7e4a-4c0d-8b0a-de0000000001/03cf1b09-2d49-492c-ad9b-eea63b7f58a7",
        "subscription_id": "5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001",
        "subscription_name": "Contoso Production",
        "tenant_id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
        "verification": {
          "ok": true,
          "status": "ok",
        },
      }
    `);
    expect(meta.notes).toBeUndefined();
    const writes = devops.tools
      .seen()
      .filter(({ method, service }) => method !== 'GET' && service !== 'login')
      .map(
        ({ service, method, url }) =>
          `${service} ${method} ${url.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '{id}').split('?')[0]}`,
      );
    expect(writes).toEqual([
      'devops POST /contoso/_apis/serviceendpoint/endpoints',
      "graph PATCH /v1.0/applications/{id}/federatedIdentityCredentials(name='azure-devops-{id}')",
      'devops PUT /contoso/_apis/serviceendpoint/endpoints/{id}',
      'devops POST /contoso/Payments/_apis/serviceendpoint/endpointproxy',
    ]);
  });

  test('gives the credential exactly the issuer and subject that the service answered', async () => {
    const { response } = await create({ scheme: federation, client_id: reader });
    const { issuer, subject } = response.data;
    expect(sent('PATCH', 'federatedIdentityCredentials')[0]?.body).toMatchObject({
      issuer,
      subject,
      audiences: ['api://AzureADTokenExchange'],
    });
  });

  test('a draft is finished by leaving out its mark', async () => {
    await create({ scheme: federation, client_id: reader });
    const [draft] = posted();
    const [finish] = sent('PUT', '/serviceendpoint/endpoints/');
    expect(draft?.body).toMatchObject({ isReady: false, data: { isDraft: 'true' } });
    expect(finish?.body).toMatchObject({ isReady: true });
    expect(finish?.body).not.toHaveProperty('data.isDraft');
  });

  test('an app that the tenant does not have is refused before anything is made', async () => {
    const { response } = await create({ scheme: federation, client_id: '00000000-0000-4000-8000-000000000001' });
    expect(response.error).toMatchObject({ code: 'not_found', hint: expect.stringContaining('automatic') });
    expect(posted()).toEqual([]);
  });

  test('a missing role is named with its scope, and the connection stays', async () => {
    const { isError, response, meta } = await create({
      scheme: federation,
      client_id: nobody,
      resource_group: 'rg-contoso-web',
      grant_all_pipelines: true,
    });
    expect(isError).toBe(true);
    expect(response.success).toBe(false);
    expect(response.data.verification).toMatchObject({
      ok: false,
      status: 'forbidden',
      hint: expect.stringContaining(`role at ${webGroup}: Reader`),
    });
    expect(response.data.all_pipelines).toBe(false);
    expect(meta.notes.join(' ')).toMatch(/was made and stays.*not granted to all pipelines/);
    expect(sent('PATCH', 'pipelinepermissions')).toEqual([]);
    expect(await listed()).toHaveLength(1);
    // Federation works, and a role does not appear by waiting.
    expect(sent('POST', 'endpointproxy')).toHaveLength(1);
  });

  test('federation that is seconds old is tried again', async () => {
    devops.tools.sandbox.placeObject('devops', 'federationPropagation', { seconds: 25 });
    const { response } = await create({ scheme: federation, client_id: reader });
    expect(response.data.verification).toEqual({ ok: true, status: 'ok' });
    expect(sent('POST', 'endpointproxy').length).toBeGreaterThan(1);
  });

  test('one that stays unknown is given up after a minute, and told', async () => {
    devops.tools.sandbox.placeObject('devops', 'federationPropagation', { seconds: 3_600 });
    const { response } = await create({ scheme: federation, client_id: reader });
    expect(response.success).toBe(false);
    expect(response.data.verification.message).toContain('AADSTS70021');
    expect(sent('POST', 'endpointproxy')).toHaveLength(7);
  });

  test('verify: false tests nothing', async () => {
    const { response } = await create({ scheme: federation, client_id: nobody, verify: false });
    expect(response).toMatchObject({ success: true });
    expect(response.data).not.toHaveProperty('verification');
    expect(sent('POST', 'endpointproxy')).toEqual([]);
  });

  test('all pipelines may use it when asked, after the test', async () => {
    const { response } = await create({ scheme: federation, client_id: reader, grant_all_pipelines: true });
    expect(response.data.all_pipelines).toBe(true);
    const order = devops.requests().map((request) => /endpointproxy|pipelinepermissions/.exec(request)?.[0]);
    expect(order.indexOf('endpointproxy')).toBeLessThan(order.indexOf('pipelinepermissions'));
  });

  test('a grant that is refused is told, and the connection stays', async () => {
    devops.tools.sandbox.fault({ match: 'PATCH *pipelinepermissions*', service: 'devops', status: 403, times: 10 });
    const { response, meta } = await create({ scheme: federation, client_id: reader, grant_all_pipelines: true });
    expect(response).toMatchObject({ success: false, data: { all_pipelines: false, verification: { ok: true } } });
    expect(meta.notes.join(' ')).toContain('not granted to all pipelines');
  });
});

describe('federation with a managed identity', () => {
  test('finds client and tenant by the ARM id', async () => {
    const { response } = await create({ scheme: federation, managed_identity_id: identity });
    expect(response).toMatchObject({
      success: true,
      data: { client_id: '5a11d0c5-7e4a-4c0d-8b0a-3a4c00000001', verification: { ok: true } },
    });
    const [credential] = sent('PUT', 'federatedIdentityCredentials');
    const { issuer, subject } = response.data;
    expect(credential?.body).toMatchObject({ properties: { issuer, subject } });
  });

  test('one that does not exist is refused before anything is made', async () => {
    const { response } = await create({ scheme: federation, managed_identity_id: `${identity}-other` });
    expect(response.error.code).toBe('not_found');
    expect(posted()).toEqual([]);
  });
});

describe('automatic', () => {
  test('with the token of an app, app, principal and role are made by us', async () => {
    const { response, meta } = await create({
      scheme: federation,
      automatic: true,
      service_management_reference: 'CHG-7',
    });
    expect(response).toMatchObject({
      success: true,
      data: { creation_mode: 'Manual', verification: { ok: true }, convertible: false },
    });
    expect(meta.notes).toEqual([
      expect.stringMatching(/Azure DevOps makes apps for people only.*contoso-Payments-azure-new.*Contributor at/),
    ]);
    const [app] = sent('PATCH', '/applications(uniqueName');
    expect(app?.body).toMatchObject({ displayName: 'contoso-Payments-azure-new', serviceManagementReference: 'CHG-7' });
    expect(sent('PUT', '/roleAssignments/')).toHaveLength(1);
  });

  test('each service connection has an app of its own', async () => {
    const one = await create({ name: 'azure-one', scheme: federation, automatic: true });
    const other = await create({ name: 'azure-other', scheme: federation, automatic: true });
    expect([one.response.success, other.response.success]).toEqual([true, true]);
    expect(one.response.data.client_id).not.toBe(other.response.data.client_id);
  });

  test('a missing right to assign roles is told with what exists, and nothing is made at Azure DevOps', async () => {
    devops.tools.sandbox.fault({ match: 'PUT *roleAssignments*', service: 'arm', status: 403, times: 10 });
    const { isError, response } = await create({ scheme: federation, automatic: true });
    expect(isError).toBe(true);
    expect(response.error.message).toMatch(
      /There is now the app registration `contoso-Payments-azure-new` \(client id/,
    );
    expect(response.error.hint).toContain('call again with the same arguments');
    expect(posted()).toEqual([]);
  });

  test('an app with a secret is not made for an app', async () => {
    const { response } = await create({ scheme: 'ServicePrincipal', automatic: true });
    expect(response.error).toMatchObject({ code: 'unsupported', hint: expect.stringContaining(federation) });
    expect(posted()).toEqual([]);
  });
});

describe('scope levels', () => {
  test('a management group', async () => {
    const { response } = await create({
      scheme: federation,
      automatic: true,
      management_group_id: 'mg-contoso-development',
    });
    expect(response.data).toMatchObject({ scope_level: 'ManagementGroup', verification: { ok: true } });
    expect(posted()[0]?.body).toMatchObject({
      data: { managementGroupId: 'mg-contoso-development', managementGroupName: 'Development' },
    });
    expect(sent('PUT', '/roleAssignments/')[0]?.url).toContain('/managementGroups/mg-contoso-development/');
  });

  test('a workspace, with its location', async () => {
    const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
    const { response } = await create({ scheme: federation, automatic: true, ...workspace });
    expect(response.data).toMatchObject({ scope_level: 'AzureMLWorkspace', ...workspace, verification: { ok: true } });
    expect(posted()[0]?.body).toMatchObject({ data: { mlWorkspaceLocation: 'swedencentral' } });
    expect(sent('PUT', '/roleAssignments/')[0]?.url).toContain('/workspaces/mlw-contoso-research/');
  });

  test('a workspace that does not exist is refused', async () => {
    const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-nowhere' };
    const { response } = await create({ scheme: federation, client_id: reader, ...workspace });
    expect(response.error.code).toBe('not_found');
    expect(posted()).toEqual([]);
  });

  test('a name that cannot be read is replaced by the id, with a note', async () => {
    devops.tools.sandbox.fault({ match: `GET ${production}`, service: 'arm', status: 403, times: 3 });
    const { response, meta } = await create({ scheme: federation, client_id: reader });
    expect(response.data.subscription_name).toBe('5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001');
    expect(meta.notes).toEqual([expect.stringContaining('pass subscription_name')]);
  });

  test('a name that is given is not looked up', async () => {
    await create({ scheme: federation, client_id: reader, subscription_name: 'Ours' });
    expect(posted()[0]?.body).toMatchObject({ data: { subscriptionName: 'Ours' } });
    expect(devops.tools.armRequests()).toEqual([]);
  });

  test('a resource group that does not exist is refused', async () => {
    const { response } = await create({ scheme: federation, client_id: reader, resource_group: 'rg-nowhere' });
    expect(response.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('rg-nowhere') });
    expect(posted()).toEqual([]);
  });

  test('a resource group limits a subscription', async () => {
    const { response } = await create({ scheme: federation, client_id: reader, resource_group: 'rg-contoso-web' });
    expect(response.data).toMatchObject({
      scope_level: 'Subscription',
      resource_group: 'rg-contoso-web',
      scope: `${production}/resourcegroups/rg-contoso-web`,
    });
  });
});

describe('other clouds', () => {
  const tenant_id = '11111111-1111-4111-8111-111111111111';
  test('a government takes an app that exists, and says what is left to do', async () => {
    const { response, meta } = await create({
      scheme: federation,
      client_id: reader,
      environment: 'AzureUSGovernment',
      tenant_id,
      verify: false,
    });
    expect(response.data).toMatchObject({
      environment: 'AzureUSGovernment',
      url: 'https://management.usgovcloudapi.net/',
    });
    expect(meta.notes.join(' ')).toContain('add it there with the issuer and subject of this answer');
    expect(devops.tools.graphRequests()).toEqual([]);
    expect(devops.tools.armRequests()).toEqual([]);
  });

  test('an Azure Stack keeps its address as text, and nothing is sent there', async () => {
    const environment_url = 'https://management.local.azurestack.external';
    const { response } = await create({
      scheme: 'ServicePrincipal',
      client_id: reader,
      client_secret: 'not-the-key-of-anybody',
      environment: 'AzureStack',
      environment_url,
      verify: false,
    });
    expect(response.data.url).toBe(`${environment_url}/`);
  });
});

test('progress is told in steps', async () => {
  const told: number[] = [];
  await devops.call(
    'create_service_connection',
    { name: 'azure-new', scheme: federation, client_id: reader },
    { progress: ({ progress }) => told.push(progress) },
  );
  expect(told).toEqual([1, 2, 3, 4]);
});
