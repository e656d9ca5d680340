import { getPersonalAccessTokenHandler, WebApi } from 'azure-devops-node-api';
import type { ServiceEndpoint } from 'azure-devops-node-api/interfaces/ServiceEndpointInterfaces.js';
import type { IServiceEndpointApi } from 'azure-devops-node-api/ServiceEndpointApi.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { seededAccessToken, seededProjects } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';

const { payments, empty } = seededProjects;
let sandbox: Sandbox;
let web: WebApi;
let api: IServiceEndpointApi;

beforeAll(async () => {
  sandbox = createSandbox({ users: 5 });
  sandbox.placeObject('devops', 'readyAfter', { polls: 0 });
  const { cloud } = await sandbox.listen(0);
  web = new WebApi(`${cloud.devops}/contoso`, getPersonalAccessTokenHandler(seededAccessToken), {
    allowRetries: false,
  });
  api = await web.getServiceEndpointApi();
});

afterAll(() => sandbox.close());

function newEndpoint(name: string): ServiceEndpoint {
  const { tenantId, clientId, clientSecret, subscriptionId } = sandbox.credentials;
  return {
    name,
    type: 'azurerm',
    url: 'https://management.azure.com/',
    owner: 'library',
    authorization: {
      scheme: 'ServicePrincipal',
      parameters: {
        tenantid: tenantId,
        serviceprincipalid: clientId,
        authenticationType: 'spnKey',
        serviceprincipalkey: clientSecret,
      },
    },
    data: {
      environment: 'AzureCloud',
      scopeLevel: 'Subscription',
      subscriptionId,
      subscriptionName: 'Contoso Production',
      creationMode: 'Manual',
    },
    serviceEndpointProjectReferences: [{ projectReference: { ...payments }, name }],
  };
}

describe('the client library of Microsoft', () => {
  test('signs in with a personal access token, and finds the routes by itself', async () => {
    const { instanceId } = await web.connect();
    expect(instanceId).toMatch(/^[0-9a-f-]{36}$/);
    const projects = await (await web.getCoreApi()).getProjects();
    expect(projects.map(({ name }) => name)).toEqual(['Empty', 'Payments', 'Space game web agent']);
  });

  test('lists service endpoints, reads one, and gets null for one that there is not', async () => {
    const listed = await api.getServiceEndpoints(payments.name, 'azurerm', ['ServicePrincipal']);
    expect(listed.map(({ name }) => name)).toContain('azure-production');
    expect(listed.every(({ authorization }) => authorization?.scheme === 'ServicePrincipal')).toBe(true);
    const one = await api.getServiceEndpointDetails(payments.name, listed[0]?.id ?? '');
    expect(one.name).toBe(listed[0]?.name);
    expect(await api.getServiceEndpointDetails(payments.name, '00000000-0000-0000-0000-000000000009')).toBeNull();
  });

  test('reads the schemes of the type', async () => {
    const [azure] = await api.getServiceEndpointTypes('azurerm');
    expect(azure?.authenticationSchemes?.map(({ scheme }) => scheme)).toContain('WorkloadIdentityFederation');
  });

  test('makes one, whose secret does not come back, tests it, shares it and deletes it', async () => {
    const made = await api.createServiceEndpoint(newEndpoint('from-client'));
    expect(made.authorization?.parameters).toMatchObject({ serviceprincipalkey: null });
    const id = made.id ?? '';
    const tested = await api.executeServiceEndpointRequest(
      // The library's types require members that the service does not.
      {
        dataSourceDetails: { dataSourceName: 'TestConnection' },
        resultTransformationDetails: {},
        serviceEndpointDetails: { type: made.type, url: made.url, data: made.data, authorization: made.authorization },
      } as never,
      payments.name,
      id,
    );
    expect(tested.statusCode).toBe('ok');
    await api.shareServiceEndpoint([{ projectReference: { ...empty }, name: 'from-client' }], id);
    expect((await api.getServiceEndpointDetails(empty.name, id)).isShared).toBe(true);
    await api.deleteServiceEndpoint(id, [payments.id, empty.id]);
    const left = await api.getServiceEndpointsByNames(payments.name, ['from-client']);
    expect(left).toEqual([]);
  });

  test('is told of a name that is taken by a 500', async () => {
    await expect(api.createServiceEndpoint(newEndpoint('azure-production'))).rejects.toMatchObject({
      statusCode: 500,
      message: expect.stringContaining('DuplicateServiceConnectionException'),
    });
  });

  test('converts one to federation with a deadline for the way back, and reverts it', async () => {
    const read = async () => {
      const found = await api.getServiceEndpoints(
        payments.name,
        'azurerm',
        undefined,
        undefined,
        undefined,
        true,
        true,
      );
      return found.find(({ name }) => name === 'azure-development') ?? {};
    };
    const before = await read();
    const asked = { ...before, authorization: { ...before.authorization, scheme: 'WorkloadIdentityFederation' } };
    await api.updateServiceEndpoint(asked, before.id ?? '', 'ConvertAuthenticationScheme');
    const converted = await read();
    expect(converted.authorization?.scheme).toBe('WorkloadIdentityFederation');
    const { revertSchemeDeadline, ...data } = converted.data ?? {};
    expect(Date.parse(revertSchemeDeadline ?? '') - sandbox.clock.now()).toBeGreaterThan(6.9 * 86_400_000);
    const back = { ...converted, data, authorization: { ...converted.authorization, scheme: 'ServicePrincipal' } };
    await api.updateServiceEndpoint(back, before.id ?? '', 'ConvertAuthenticationScheme');
    expect((await read()).authorization?.scheme).toBe('ServicePrincipal');
  });
});
