import { connection, defineTask } from '../agent-task.ts';
import type { Tenant } from '../tenant.ts';

interface Resource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, unknown>>;
}

const resourcesVersion = 'api-version=2022-12-01';

/** Resources of all subscriptions as Resource Manager lists them, without children. */
async function resourcesOf(tenant: Tenant): Promise<readonly Resource[]> {
  const subscriptions = await tenant.list<{ readonly id: string }>('arm', `/subscriptions?${resourcesVersion}`);
  const lists = subscriptions.map(({ id }) => tenant.list<Resource>('arm', `${id}/resources?${resourcesVersion}`));
  return (await Promise.all(lists)).flat();
}

export const untaggedResources = defineTask({
  name: 'resources-without-tag',
  asks: 'How many resources of each type lack the tag "environment", in all subscriptions?',
  mostCalls: 1,
  async work(agent) {
    type Row = { readonly type: string; readonly count_: number };
    const { data } = await agent.call<{ value: readonly Row[] }>('resource_graph_query', {
      connection,
      query: 'resources | where isempty(tags.environment) | summarize count() by type',
      subscriptions: ['all'],
      format: 'json',
    });
    return Object.fromEntries(data.value.map(({ type, count_ }) => [type, count_]));
  },
  async truth({ tenant }) {
    const counts: Record<string, number> = {};
    for (const { type, tags = {} } of await resourcesOf(tenant)) {
      if (tags['environment'] === undefined) counts[type.toLowerCase()] = (counts[type.toLowerCase()] ?? 0) + 1;
    }
    return counts;
  },
});

export const openStorage = defineTask({
  name: 'storage-open-to-the-internet',
  asks: 'Which storage accounts are reachable from the public internet?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly { readonly name: string }[] }>('resource_graph_query', {
      connection,
      query:
        "resources | where type =~ 'microsoft.storage/storageaccounts' and properties.publicNetworkAccess =~ 'Enabled' | project name, resourceGroup",
      subscriptions: ['all'],
    });
    return data.value.map(({ name }) => name).sort();
  },
  async truth({ tenant }) {
    const isStorage = ({ type }: Resource) => type === 'Microsoft.Storage/storageAccounts';
    const accounts = (await resourcesOf(tenant)).filter(isStorage);
    const whole = accounts.map(({ id }) => tenant.send<Resource>('arm', 'GET', `${id}?api-version=2025-06-01`));
    const open = (await Promise.all(whole)).filter(
      ({ properties }) => properties?.['publicNetworkAccess'] === 'Enabled',
    );
    return open.map(({ name }) => name).sort();
  },
});

const protectedGroup = '/resourceGroups/rg-contoso-protected';

export const taggingGroup = defineTask({
  name: 'tag-a-resource-group',
  asks: 'Tag rg-contoso-protected with owner platform, and keep its other tags.',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<Resource>('arm_write', {
      connection,
      method: 'PATCH',
      path: `/subscriptions/{subscriptionId}${protectedGroup}/providers/Microsoft.Resources/tags/default`,
      body: { operation: 'Merge', properties: { tags: { owner: 'platform' } } },
    });
    return data.properties?.['tags'];
  },
  async truth({ tenant }) {
    const path = `/subscriptions/${tenant.credentials.subscriptionId}${protectedGroup}?${resourcesVersion}`;
    return (await tenant.send<Resource>('arm', 'GET', path)).tags;
  },
});

interface RoleAssignment {
  readonly properties: { readonly principalId: string; readonly roleDefinitionId: string };
}

const contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
const authorization = 'providers/Microsoft.Authorization';

export const contributors = defineTask({
  name: 'contributors-of-a-subscription',
  asks: 'Who is Contributor of the production subscription?',
  mostCalls: 3,
  async work(agent) {
    const path = `/subscriptions/{subscriptionId}/${authorization}`;
    const role = await agent.call<{ value: readonly string[] }>('arm_query', {
      connection,
      path: `${path}/roleDefinitions`,
      params: { $filter: "roleName eq 'Contributor'" },
      project: 'value[].name',
    });
    const held = await agent.call<{ value: readonly string[] }>('arm_query', {
      connection,
      path: `${path}/roleAssignments`,
      params: { $filter: 'atScope()' },
      project: `value[?ends_with(properties.roleDefinitionId, '${role.data.value[0]}')].properties.principalId`,
    });
    type Names = { readonly responses: readonly { readonly body: { readonly displayName: string } }[] };
    const names = await agent.call<Names>('graph_batch', {
      connection,
      requests: held.data.value.map((id) => ({ url: `/directoryObjects/${id}?$select=displayName` })),
      project: '{displayName:displayName}',
    });
    return names.data.responses.map(({ body }) => body.displayName).sort();
  },
  async truth({ tenant }) {
    const root = `/subscriptions/${tenant.credentials.subscriptionId}/${authorization}/roleAssignments`;
    const all = await tenant.list<RoleAssignment>('arm', `${root}?api-version=2022-04-01&$filter=atScope()`);
    const principals = await tenant.list<{ readonly id: string; readonly displayName: string }>(
      'graph',
      '/servicePrincipals?$top=999',
    );
    const nameOf = (id: string) => principals.find((principal) => principal.id === id)?.displayName;
    return all
      .filter(({ properties }) => properties.roleDefinitionId.endsWith(contributor))
      .map(({ properties }) => nameOf(properties.principalId))
      .sort();
  },
});

interface Service {
  readonly resources: readonly { readonly name: string; readonly stages: readonly { readonly code?: string }[] }[];
}

export const unusableStorage = defineTask({
  name: 'storage-that-cannot-be-used',
  asks: 'Which storage accounts of the subscription can our app not use, and what stands in the way?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<{ value: readonly Service[] }>('list_linked_services', {
      connection,
      services: ['blob'],
      probe: true,
      only_failing: true,
    });
    return data.value.flatMap(({ resources }) => resources.map(({ name, stages }) => `${name}: ${stages[0]?.code}`));
  },
  // The sandbox switches the public network off for this one account of production, which has no private endpoint.
  truth: async () => ['stcontosoarchive: AuthorizationFailure'],
});
