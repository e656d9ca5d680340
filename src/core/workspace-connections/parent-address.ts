import { invalidArgument } from '../base/errors.ts';
import { guidPattern } from '../base/guid.ts';
import { badCharacter } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiRequest, HttpMethod } from '../http/api-client.ts';
import { resourceGroupSource } from '../record/connection.ts';
import type { ConnectionParent } from './workspace-connection.ts';

const shortName = {
  pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$/,
  rule: '3 to 33 letters, digits, _ and -, beginning with a letter or digit',
};

/** Parameter rules of the specification, and of resource groups. */
export const nameRules = {
  connection: shortName,
  /** Tools of agents have names with dots, and longer ones; the service decides. */
  foundryConnection: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/,
    rule: '1 to 64 letters, digits, ., _ and -, beginning with a letter or digit',
  },
  workspace: shortName,
  resourceGroup: {
    pattern: new RegExp(`^${resourceGroupSource}$`, 'u'),
    rule: '1 to 90 letters, digits, ., _, -, ( and ), not ending with a period',
  },
  subscription: {
    pattern: guidPattern,
    rule: 'a GUID such as 00000000-0000-0000-0000-000000000001',
  },
  /** Azure AI Foundry: accounts and projects. */
  foundry: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$/,
    rule: '2 to 64 letters, digits, ., _ and -, beginning with a letter or digit',
  },
} as const;

/** The parent that a resource id names, whichever kind it is of. */
export function parseParent(resourceId: string): ConnectionParent {
  const { subscription, resourceGroup, workspace } = readParentId(resourceId);
  return workspace === undefined
    ? { kind: 'foundry', resourceId: resourceId.trim() }
    : { kind: 'workspace', subscriptionId: subscription, resourceGroup, workspaceName: workspace };
}

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
  checkConnectionName(name, apiVersion === '2025-06-01' ? 'foundry' : 'workspace');
  return { method, path: `${path}/${name}`, apiVersion };
}

/** Throws `invalid_argument` for what cannot be the name of a connection there. */
export function checkConnectionName(name: string, parent: ConnectionParent['kind']): void {
  checkName('connection_name', name, parent === 'foundry' ? nameRules.foundryConnection : nameRules.connection);
}

/** The address of a parent, taken apart: nothing of the text itself goes into a request. */
interface ParentId {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly workspace?: string;
  readonly account?: string;
  readonly project?: string;
}

const shape =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/(?:Microsoft\.MachineLearningServices\/workspaces\/([^/]+)|Microsoft\.CognitiveServices\/accounts\/([^/]+)(?:\/projects\/([^/]+))?)\/?$/i;

const forms =
  '/subscriptions/{id}/resourceGroups/{group}/providers/ followed by ' +
  'Microsoft.MachineLearningServices/workspaces/{name}, Microsoft.CognitiveServices/accounts/{name} or ' +
  'Microsoft.CognitiveServices/accounts/{name}/projects/{name}';

/** Takes the resource id of a workspace, an account or a project apart. Throws `invalid_argument`. */
function readParentId(text: string): ParentId {
  const match = text.length <= 2_000 ? shape.exec(text.trim()) : null;
  if (match === null) {
    const reason = /\/connections(?:\/|$)/i.test(text) ? 'is that of a connection, not of what it belongs to' : '';
    throw invalidArgument(
      `parent: the resource id ${reason || 'is not that of a workspace, an AI Foundry account or a project'}.`,
      `Pass ${forms}.`,
    );
  }
  const [, subscription = '', resourceGroup = '', workspace, account, project] = match;
  checkName('parent: the subscription', subscription, nameRules.subscription);
  checkName('parent: the resource group', resourceGroup, nameRules.resourceGroup);
  if (workspace !== undefined) checkName('parent: the workspace name', workspace, nameRules.workspace);
  if (account !== undefined) checkName('parent: the account name', account, nameRules.foundry);
  if (project !== undefined) checkName('parent: the project name', project, nameRules.foundry);
  return withoutUndefined({ subscription, resourceGroup, workspace, account, project });
}

/** Throws `invalid_argument` when a name breaks its rule; quotes no more of the name than a character that is not allowed. */
function checkName(
  what: string,
  name: unknown,
  { pattern, rule }: { readonly pattern: RegExp; readonly rule: string },
): asserts name is string {
  if (typeof name === 'string' && pattern.test(name)) return;
  const bad = typeof name === 'string' ? badCharacter(name, pattern) : undefined;
  throw invalidArgument(`${what} is not valid${bad === undefined ? '' : `: ${bad}`}.`, `Use ${rule}.`);
}
