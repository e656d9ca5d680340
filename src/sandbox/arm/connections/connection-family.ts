import type { ArmCall } from '../arm-call.ts';
import { idKey, isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';

const groupPath = '/subscriptions/{subscription}/resourceGroups/{group}/providers';

/** A kind of resource that has connections. */
export interface ConnectionFamily {
  /** Type of a connection. */
  readonly type: string;
  /** Path of the parent, with its names as parameters. */
  readonly parentPath: string;
  /** What lists write before the name in an item's id, in place of `{parent}/connections`. */
  linkedId(parent: ArmResource): string;
  readonly hasListSecrets: boolean;
  hasPatch(apiVersion: string): boolean;
  /** Whether `value` and `valueFormat` exist. */
  hasValue(apiVersion: string): boolean;
  /** The auth types that a version can write; undefined for all. */
  authTypes(apiVersion: string): readonly string[] | undefined;
  /** Pattern of a connection's name. */
  readonly ownName: RegExp;
  /** Pattern of the parent's name, if the service checks it together with the connection's name. */
  readonly parentName?: RegExp;
  /** The resource whose shared connections are also visible here. */
  sharingParent(call: ArmCall, parent: ArmResource): ArmResource | undefined;
}

/** Names of workspaces and of connections: 3 to 33 characters. */
const connectionName = /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$/;

const firstAuthTypes = ['PAT', 'ManagedIdentity', 'UsernamePassword', 'None', 'SAS'];

/** Source: `WorkspaceConnectionPropertiesV2` of the stable versions 2022-10-01 to 2023-10-01 and of the previews. */
function workspaceAuthTypes(apiVersion: string): readonly string[] | undefined {
  if (apiVersion === '2023-06-01-preview' || apiVersion === '2023-08-01-preview') {
    return [...firstAuthTypes, 'AccessKey', 'ApiKey', 'CustomKeys', 'ServicePrincipal'];
  }
  return apiVersion < '2024-01-01' ? firstAuthTypes : undefined;
}

const workspaces: ConnectionFamily = {
  type: 'Microsoft.MachineLearningServices/workspaces/connections',
  parentPath: `${groupPath}/Microsoft.MachineLearningServices/workspaces/{parent}`,
  linkedId: ({ id }) => `${id}/linkedWorkspaces`,
  hasListSecrets: true,
  hasPatch: (apiVersion) => apiVersion >= '2024-10-01' || apiVersion === '2024-07-01-preview',
  hasValue: (apiVersion) => apiVersion < '2024-10-01',
  authTypes: workspaceAuthTypes,
  ownName: connectionName,
  parentName: connectionName,
  sharingParent({ store }, { kind, properties }) {
    if (kind === undefined || idKey(kind) !== 'project') return undefined;
    return store.resource(String(properties['hubResourceId'] ?? ''));
  },
};

const accounts: ConnectionFamily = {
  type: 'Microsoft.CognitiveServices/accounts/connections',
  parentPath: `${groupPath}/Microsoft.CognitiveServices/accounts/{parent}`,
  linkedId: ({ id }) => `${id}/linkedaccounts`,
  hasListSecrets: false,
  hasPatch: () => true,
  hasValue: () => false,
  authTypes: () => undefined,
  // Tools of agents have names with dots.
  ownName: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/,
  sharingParent: () => undefined,
};

const projects: ConnectionFamily = {
  ...accounts,
  type: 'Microsoft.CognitiveServices/accounts/projects/connections',
  parentPath: `${accounts.parentPath}/projects/{project}`,
  linkedId: ({ id }) => `${id.replace(/\/projects\/[^/]+$/i, '')}/linkedaccounts`,
  // The account's connections appear only in lists that ask for indirect connections.
  sharingParent({ query, method, store }, { id }) {
    const isAsked = method === 'GET' && query.get('includeall')?.toLowerCase() === 'true';
    return isAsked ? store.resource(id.replace(/\/projects\/[^/]+$/i, '')) : undefined;
  },
};

/** Source: "Connections" of Microsoft.MachineLearningServices and of Microsoft.CognitiveServices. */
export const connectionFamilies: readonly ConnectionFamily[] = [workspaces, accounts, projects];

/** The parent's id as spelled in the request. */
export function parentIdOf(family: ConnectionFamily, { params }: ArmCall): string {
  return family.parentPath.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
}

export function connectionsOf({ store }: ArmCall, { type }: ConnectionFamily, parent: ArmResource): ArmResource[] {
  return [...store.resources(`${parent.id}/connections`)].filter((one) => isSameId(one.type, type));
}

/** Connections that another parent shares with everyone, except those whose names are taken here. */
export function sharedWith(call: ArmCall, family: ConnectionFamily, parent: ArmResource): readonly ArmResource[] {
  const source = family.sharingParent(call, parent);
  if (!source) return [];
  const own = new Set(connectionsOf(call, family, parent).map(({ name }) => idKey(name)));
  const sourceFamily = connectionFamilies.find(({ type }) => isSameId(type, `${source.type}/connections`)) ?? family;
  return connectionsOf(call, sourceFamily, source).filter(
    ({ name, properties }) => properties['isSharedToAll'] === true && !own.has(idKey(name)),
  );
}
