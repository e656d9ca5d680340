import type { ConnectionRecord, ConnectionScope } from '../../record/connection.ts';

const azureScopes: readonly ConnectionScope[] = ['resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml'];

/** Whether a connection is for anything that Azure Resource Manager manages. */
export function usesAzure({ scopes }: Pick<ConnectionRecord, 'scopes'>): boolean {
  return scopes.some((scope) => azureScopes.includes(scope));
}

/** What a connection is about in Azure: the place where its roles belong. */
export interface AzureScope {
  /** Resource id without a slash at the end. */
  readonly path: string;
  /** For people: `subscription 1234…`. */
  readonly title: string;
  /** Where data roles belong: storage accounts and the like are not inside a workspace, but in its resource group. */
  readonly dataPath: string;
}

/** The scope as the connection names it; undefined as long as it names none. */
export function azureScopeOf({
  scope_level,
  identity,
}: Pick<ConnectionRecord, 'scope_level' | 'identity'>): AzureScope | undefined {
  const { subscription_id: subscription, management_group_id: group, resource_group, workspace_name } = identity;
  switch (scope_level) {
    case 'subscription':
      return subscription === undefined
        ? undefined
        : scopeAt(`/subscriptions/${subscription}`, `subscription ${subscription}`);
    case 'management_group':
      return group === undefined
        ? undefined
        : scopeAt(`/providers/Microsoft.Management/managementGroups/${group}`, `management group ${group}`);
    case 'ml_workspace': {
      if (subscription === undefined || resource_group === undefined || workspace_name === undefined) return undefined;
      const dataPath = `/subscriptions/${subscription}/resourceGroups/${resource_group}`;
      const path = `${dataPath}/providers/Microsoft.MachineLearningServices/workspaces/${workspace_name}`;
      return { path, title: `workspace ${workspace_name}`, dataPath };
    }
  }
}

function scopeAt(path: string, title: string): AzureScope {
  return { path, title, dataPath: path };
}

/** The command that lists the workspaces which a connection could be about. */
export const listWorkspaces =
  'az resource list --resource-type Microsoft.MachineLearningServices/workspaces --query "[].id"';
