import type { ApiRequest, HttpMethod } from '../http/api-client.ts';
import { checkName, nameRules, readParentId } from './parse-parent.ts';
import type { ConnectionParent } from './workspace-connection.ts';

/** Where connections of one parent are, and how it is called in messages. */
export interface ParentAddress {
  /** Collection of connections. */
  readonly path: string;
  /** Exactly the versions whose specification we follow. */
  readonly apiVersion: '2024-04-01' | '2025-06-01';
  /** For messages: `the workspace ml-one`. */
  readonly title: string;
}

/**
 * The collection of connections of a parent. `subscriptionPath` is that of the connection in use, for a workspace that
 * names no subscription. Throws `invalid_argument` on names that break the rules of the specification.
 */
export function parentAddress(parent: ConnectionParent, subscriptionPath: () => string): ParentAddress {
  return parent.kind === 'workspace' ? workspaceAddress(parent, subscriptionPath) : foundryAddress(parent.resourceId);
}

function workspaceAddress(
  parent: Extract<ConnectionParent, { kind: 'workspace' }>,
  subscriptionPath: () => string,
): ParentAddress {
  const { subscriptionId, resourceGroup, workspaceName } = parent;
  if (subscriptionId !== undefined) checkName('subscription_id', subscriptionId, nameRules.subscription);
  checkName('resource_group', resourceGroup, nameRules.resourceGroup);
  checkName('workspace_name', workspaceName, nameRules.workspace);
  const subscription = subscriptionId === undefined ? subscriptionPath() : `/subscriptions/${subscriptionId}`;
  const group = encodeURIComponent(resourceGroup);
  return {
    path: `${subscription}/resourceGroups/${group}/providers/Microsoft.MachineLearningServices/workspaces/${workspaceName}/connections`,
    apiVersion: '2024-04-01',
    title: `the workspace ${workspaceName}`,
  };
}

function foundryAddress(resourceId: string): ParentAddress {
  const { subscription, resourceGroup, workspace, account, project } = readParentId(resourceId);
  if (workspace !== undefined) {
    const named = { subscriptionId: subscription, resourceGroup, workspaceName: workspace };
    return workspaceAddress({ kind: 'workspace', ...named }, () => `/subscriptions/${subscription}`);
  }
  const below = project === undefined ? '' : `/projects/${project}`;
  const group = `/subscriptions/${subscription}/resourceGroups/${encodeURIComponent(resourceGroup)}`;
  return {
    path: `${group}/providers/Microsoft.CognitiveServices/accounts/${account ?? ''}${below}/connections`,
    apiVersion: '2025-06-01',
    title: project === undefined ? `the account ${account ?? ''}` : `the project ${project}`,
  };
}

/**
 * A request for one connection. The address is built from its name: lists show ids that lead nowhere
 * (`…/linkedWorkspaces/{name}` in the examples of the specification).
 */
export function connectionRequest(method: HttpMethod, { path, apiVersion }: ParentAddress, name: string): ApiRequest {
  checkName('connection_name', name, nameRules.connection);
  return { method, path: `${path}/${name}`, apiVersion };
}
