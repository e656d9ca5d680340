import { connection, defineTask } from '../agent-task.ts';

interface AppSecrets {
  readonly passwordCredentials: readonly { readonly keyId: string }[];
}

export const rotation = defineTask({
  name: 'rotate-a-secret',
  asks: 'Rotate the client secret of the connection "nightly", and take the old one off its app.',
  mostCalls: 5,
  async before(_, agent) {
    await agent.call('provision_connection', {
      connection,
      name: 'nightly',
      credential: 'secret',
      scope_level: 'subscription',
      roles: [{ role: 'Reader' }],
    });
  },
  async work(agent) {
    type Details = { readonly value: readonly { readonly identity: { readonly client_id: string } }[] };
    const { data: nightly } = await agent.call<Details>('list_connections', { name: 'nightly' });
    const endpoint = `/applications(appId='${nightly.value[0]?.identity.client_id}')`;
    const old = await agent.call<AppSecrets>('graph_query', {
      connection,
      endpoint,
      params: { $select: 'passwordCredentials' },
      project: '{passwordCredentials:passwordCredentials[].{keyId:keyId}}',
    });
    const added = await agent.call<{ keyId: string; secretText: { secret: string } }>('graph_write', {
      connection,
      requests: [
        {
          method: 'POST',
          endpoint: `${endpoint}/addPassword`,
          body: { passwordCredential: { displayName: 'nightly' } },
        },
      ],
    });
    await agent.call('complete_connection', { connection: 'nightly', client_secret: added.data.secretText });
    await agent.call('graph_write', {
      connection,
      requests: old.data.passwordCredentials.map(({ keyId }) => ({
        method: 'POST',
        endpoint: `${endpoint}/removePassword`,
        body: { keyId },
      })),
    });
    return [added.data.keyId];
  },
  async truth({ tenant }) {
    const path = "/applications?$filter=startswith(displayName,'tenantry-nightly')&$select=passwordCredentials";
    const [app] = await tenant.list<AppSecrets>('graph', path);
    return app?.passwordCredentials.map(({ keyId }) => keyId);
  },
});

interface Endpoint {
  readonly name: string;
  readonly authorization: { readonly scheme: string };
}

export const federating = defineTask({
  name: 'service-connection-to-federation',
  asks: 'Move the service connections of Payments that still use a secret to federation, as far as possible.',
  mostCalls: 1,
  // The service takes a while to convert, which is not what is measured.
  before: async ({ place }) => place('devops', 'readyAfter', { polls: 0, seconds: 0 }),
  async work(agent) {
    type Outcome = { readonly name: string; readonly outcome: string };
    const { data } = await agent.call<{ value: readonly Outcome[] }>('convert_service_connection', {
      connection,
      project: 'Payments',
      all: true,
    });
    return data.value.flatMap(({ name, outcome }) => (outcome === 'converted' ? [name] : [])).sort();
  },
  async truth({ tenant }) {
    const path = '/Payments/_apis/serviceendpoint/endpoints?api-version=7.1';
    const { value } = await tenant.send<{ readonly value: readonly Endpoint[] }>('devops', 'GET', path);
    const wanted = ['azure-development', 'azure-expired-secret', 'azure-production', 'azure-web-group'];
    const isFederated = ({ authorization }: Endpoint) => authorization.scheme === 'WorkloadIdentityFederation';
    return value.flatMap((one) => (wanted.includes(one.name) && isFederated(one) ? [one.name] : [])).sort();
  },
});

const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };

export const workspaceConnection = defineTask({
  name: 'create-a-workspace-connection',
  asks: 'Connect the research workspace to the storage account stcontosodata, with its own identity.',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ properties: { authType: string; target: string } }>(
      'create_workspace_connection',
      {
        connection,
        ...workspace,
        connection_name: 'research-data',
        properties: {
          authType: 'AAD',
          category: 'AzureBlob',
          target: 'https://stcontosodata.blob.core.windows.net',
          metadata: { ContainerName: 'exports', AccountName: 'stcontosodata' },
        },
      },
    );
    return { authType: data.properties.authType, target: data.properties.target };
  },
  async truth({ tenant }) {
    const group = `/subscriptions/${tenant.credentials.subscriptionId}/resourceGroups/${workspace.resource_group}`;
    const path = `providers/Microsoft.MachineLearningServices/workspaces/${workspace.workspace_name}/connections/research-data`;
    const { properties } = await tenant.send<{ properties: { authType: string; target: string } }>(
      'arm',
      'GET',
      `${group}/${path}?api-version=2025-06-01`,
    );
    return { authType: properties.authType, target: properties.target };
  },
});
