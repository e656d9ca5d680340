import { invalidArgument } from '../base/errors.ts';
import type { ConnectionParent } from './workspace-connection.ts';

/** Parameter rules of the specification, and of resource groups. */
export const nameRules = {
  connection: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$/,
    rule: '3 to 33 letters, digits, _ and -, beginning with a letter or digit',
  },
  workspace: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$/,
    rule: '3 to 33 letters, digits, _ and -, beginning with a letter or digit',
  },
  resourceGroup: {
    pattern: /^[\p{L}\p{N}._()-]{0,89}[\p{L}\p{N}_()-]$/u,
    rule: '1 to 90 letters, digits, ., _, -, ( and ), not ending with a period',
  },
  subscription: {
    pattern: /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/,
    rule: 'a GUID such as 00000000-0000-0000-0000-000000000001',
  },
  /** Azure AI Foundry: accounts and projects. */
  foundry: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,63}$/,
    rule: '2 to 64 letters, digits, ., _ and -, beginning with a letter or digit',
  },
} as const;

/** The address of a parent, taken apart: nothing of the text itself goes into a request. */
export interface ParentId {
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
export function readParentId(text: string): ParentId {
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
  return {
    subscription,
    resourceGroup,
    ...(workspace === undefined ? {} : { workspace }),
    ...(account === undefined ? {} : { account }),
    ...(project === undefined ? {} : { project }),
  };
}

/** The parent that a resource id names, whichever kind it is of. */
export function parseParent(resourceId: string): ConnectionParent {
  const { subscription, resourceGroup, workspace } = readParentId(resourceId);
  return workspace === undefined
    ? { kind: 'foundry', resourceId: resourceId.trim() }
    : { kind: 'workspace', subscriptionId: subscription, resourceGroup, workspaceName: workspace };
}

/** Throws `invalid_argument` when a name breaks its rule; says nothing of the name itself. */
export function checkName(
  what: string,
  name: unknown,
  { pattern, rule }: { readonly pattern: RegExp; readonly rule: string },
): asserts name is string {
  if (typeof name !== 'string' || !pattern.test(name)) throw invalidArgument(`${what} is not valid.`, `Use ${rule}.`);
}
