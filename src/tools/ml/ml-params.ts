import type { Cloud } from '../../core/base/clouds.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { nameRules, parseParent } from '../../core/workspace-connections/parent-address.ts';
import type { ConnectionParent } from '../../core/workspace-connections/workspace-connection.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { guid, shortText, text } from '../params.ts';

// Parameters that the ML tools share.

function named({ pattern, rule }: { readonly pattern: RegExp; readonly rule: string }) {
  return text(pattern, `use ${rule}`);
}

/** Which rule holds is known with the parent. */
export const workspaceConnectionName = named({
  pattern: nameRules.foundryConnection.pattern,
  rule: `${nameRules.connection.rule}; in AI Foundry ${nameRules.foundryConnection.rule}`,
}).describe('Of the workspace connection.');

/** Where the connections are: a workspace by name, or a workspace, account or project by its resource id. */
export const parentParams = {
  resource_group: named(nameRules.resourceGroup).optional(),
  workspace_name: named(nameRules.workspace).optional(),
  subscription_id: guid.optional().describe('Default that of connection.'),
  parent: shortText(2_000).optional().describe('Instead of the three: resource id; also AI Foundry.'),
};

interface ParentArguments {
  readonly resource_group?: string | undefined;
  readonly workspace_name?: string | undefined;
  readonly subscription_id?: string | undefined;
  readonly parent?: string | undefined;
}

/** The parent that the arguments name; what is left out comes from a connection whose scope level is a workspace. */
export function parentOf(args: ParentArguments, { record, cloud }: Pick<ConnectionToolContext, 'record' | 'cloud'>) {
  const { resource_group, workspace_name, subscription_id, parent } = args;
  if (parent !== undefined) {
    if (resource_group !== undefined || workspace_name !== undefined || subscription_id !== undefined) {
      throw invalidArgument(
        'parent: cannot be combined with resource_group, workspace_name and subscription_id.',
        'Pass either parent, or resource_group and workspace_name.',
      );
    }
    return parseParent(belowCloud(parent, cloud));
  }
  const { identity, scope_level } = record;
  const own = scope_level === 'ml_workspace' ? identity : {};
  const resourceGroup = resource_group ?? own.resource_group;
  const workspaceName = workspace_name ?? own.workspace_name;
  if (resourceGroup === undefined || workspaceName === undefined) {
    const missing = resourceGroup === undefined ? 'resource_group' : 'workspace_name';
    throw invalidArgument(
      `${missing}: missing, and the connection ${record.name} is not limited to a workspace.`,
      'Pass resource_group and workspace_name, or parent with a resource id.',
    );
  }
  const workspace: ConnectionParent = { kind: 'workspace', resourceGroup, workspaceName };
  return subscription_id === undefined ? workspace : { ...workspace, subscriptionId: subscription_id };
}

/** The resource id in an address of the cloud's own API; the same text where it is no address. */
function belowCloud(parent: string, { resourceManager }: Pick<Cloud, 'resourceManager'>): string {
  const text = parent.trim();
  if (!/^https?:/i.test(text)) return text;
  const root = `${resourceManager.replace(/\/$/, '')}/`;
  if (text.toLowerCase().startsWith(root.toLowerCase())) return text.slice(root.length - 1);
  throw invalidArgument(
    'parent: the address is not one of the cloud of the connection.',
    `Pass the resource id, /subscriptions/…, or an address that begins with ${root}.`,
  );
}

/** Where a change is made, for a question. */
export function describeParent(parent: ConnectionParent): string {
  return `in ${Object.entries(parent)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => `${name} ${quoted(String(value), 2_000)}`)
    .join(', ')}`;
}
