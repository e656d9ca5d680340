import { invalidArgument } from '../../core/base/errors.ts';
import type { ConnectionIdentity, ScopeLevel } from '../../core/record/connection.ts';
import type { ServiceConnectionTarget } from '../../core/service-connections/service-connection.ts';
import type { ArgumentField, CredentialKind, ServiceConnectionArguments } from './service-connection-arguments.ts';

const targetFields: Readonly<Record<ScopeLevel, readonly ArgumentField[]>> = {
  subscription: ['subscription_id', 'subscription_name', 'resource_group'],
  management_group: ['management_group_id', 'management_group_name'],
  ml_workspace: ['subscription_id', 'subscription_name', 'resource_group', 'workspace_name', 'workspace_location'],
};
const levels = Object.keys(targetFields).filter((name): name is ScopeLevel => name in targetFields);
const allTargetFields = [...new Set(levels.flatMap((level) => targetFields[level]))];

/** What the arguments leave open is taken from the connection, as far as it is for the same level. */
export interface TargetDefaults {
  readonly scope_level: ScopeLevel;
  readonly identity: ConnectionIdentity;
}

/** What the service connection reaches. Throws `invalid_argument` where fields do not fit the level, or are missing. */
export function readTarget(
  given: ServiceConnectionArguments,
  kind: CredentialKind,
  { scope_level: usual, identity }: TargetDefaults,
): ServiceConnectionTarget {
  const level = given.scope_level ?? impliedLevel(given) ?? usualLevel(usual, kind);
  const stray = allTargetFields.find((field) => given[field] !== undefined && !targetFields[level].includes(field));
  if (stray !== undefined) {
    const home = levels.filter((one) => targetFields[one].includes(stray));
    throw invalidArgument(
      `${stray}: it does not go with scope_level ${level}.`,
      `That takes ${targetFields[level].join(', ')}; ${stray} goes with ${home.join(' and ')}.`,
    );
  }
  const own: Partial<ConnectionIdentity> = usual === level ? identity : withSubscription(identity);
  const subscriptionId = () => {
    const ofWebApp = /^\/subscriptions\/([0-9a-f-]{36})\//i.exec(given.web_app_id ?? '')?.[1];
    return required('subscription_id', given.subscription_id ?? ofWebApp ?? own.subscription_id);
  };
  switch (level) {
    case 'subscription':
      return {
        level: 'Subscription',
        subscriptionId: subscriptionId(),
        subscriptionName: given.subscription_name,
        // A limit is never taken over silently.
        resourceGroup: given.resource_group,
      };
    case 'management_group':
      return {
        level: 'ManagementGroup',
        managementGroupId: required('management_group_id', given.management_group_id ?? own.management_group_id),
        managementGroupName: given.management_group_name,
      };
    case 'ml_workspace':
      return {
        level: 'AzureMLWorkspace',
        subscriptionId: subscriptionId(),
        subscriptionName: given.subscription_name,
        resourceGroup: required('resource_group', given.resource_group ?? own.resource_group),
        workspaceName: required('workspace_name', given.workspace_name ?? own.workspace_name),
        workspaceLocation: given.workspace_location,
      };
  }
}

/** Of another level only the subscription means the same. */
function withSubscription({ subscription_id }: ConnectionIdentity): Partial<ConnectionIdentity> {
  return subscription_id === undefined ? {} : { subscription_id };
}

function impliedLevel(given: ServiceConnectionArguments): ScopeLevel | undefined {
  if (given.management_group_id !== undefined || given.management_group_name !== undefined) return 'management_group';
  if (given.workspace_name !== undefined || given.workspace_location !== undefined) return 'ml_workspace';
  const names = [given.subscription_id, given.subscription_name, given.resource_group];
  return names.some((name) => name !== undefined) ? 'subscription' : undefined;
}

const withoutWorkspaces: ReadonlySet<CredentialKind> = new Set(['key', 'certificate', 'agent']);

/** The level of the connection, where the credential can have it. */
function usualLevel(usual: ScopeLevel, kind: CredentialKind): ScopeLevel {
  if (kind === 'publish_profile') return 'subscription';
  return usual === 'ml_workspace' && withoutWorkspaces.has(kind) ? 'subscription' : usual;
}

function required(field: ArgumentField, value: string | undefined): string {
  if (value !== undefined) return value;
  throw invalidArgument(
    `${field}: it is needed, and the connection has none.`,
    `Pass ${field}, or supply it once with complete_connection.`,
  );
}
