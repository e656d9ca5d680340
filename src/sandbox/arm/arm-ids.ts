/** Ids are case-insensitive. Every map of them uses this key. */
export function idKey(id: string): string {
  const key = id.toLowerCase();
  return key.length > 1 && key.endsWith('/') ? key.slice(0, -1) : key;
}

export function isSameId(left: string, right: string): boolean {
  return idKey(left) === idKey(right);
}

/** Whether `id` is `scope` or lies below it, judged only by the ids. */
export function isWithin(id: string, scope: string): boolean {
  const [inner, outer] = [idKey(id), idKey(scope)];
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`);
}

export function subscriptionIdOf(id: string): string | undefined {
  return /^\/subscriptions\/([^/]+)/i.exec(id)?.[1];
}

export function resourceGroupOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(id)?.[1];
}

export function subscriptionScope(subscriptionId: string): string {
  return `/subscriptions/${subscriptionId}`;
}

export function groupScope(subscriptionId: string, group: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
}

export function managementGroupScope(name: string): string {
  return `/providers/Microsoft.Management/managementGroups/${name}`;
}

/** Id of a child resource's parent; undefined for a top-level resource. */
export function parentIdOf(id: string): string | undefined {
  const [, parent, rest = ''] = /^(.*)\/providers\/[^/]+\/(.+)$/i.exec(id) ?? [];
  const parts = rest.split('/');
  if (parent === undefined || parts.length <= 2) return undefined;
  return id.slice(0, id.length - parts.slice(-2).join('/').length - 1);
}

/** A resource id, split at its last `/providers/`. */
export interface ResourcePath {
  /** Everything before `/providers/`: the scope, or the resource that an extension belongs to. */
  readonly parent: string;
  readonly namespace: string;
  /** `Microsoft.Storage/storageAccounts/blobServices`, as the path spells it. */
  readonly type: string;
  /** One name per part of the type; one fewer for a collection. */
  readonly names: readonly string[];
  /** The path ends with a type or the name of an action. */
  readonly isCollection: boolean;
  /** The resource, or the resource that a collection or action belongs to. */
  readonly resourceId: string;
  /** Last segment of a collection or action. */
  readonly last: string;
}

export function parseResourcePath(path: string): ResourcePath | undefined {
  const at = path.toLowerCase().lastIndexOf('/providers/');
  if (at < 0) return undefined;
  const [namespace = '', ...parts] = path.slice(at + '/providers/'.length).split('/');
  if (namespace === '' || parts.length === 0 || parts.includes('')) return undefined;
  const types = parts.filter((_, index) => index % 2 === 0);
  const names = parts.filter((_, index) => index % 2 === 1);
  const isCollection = parts.length % 2 === 1;
  const last = parts.at(-1) ?? '';
  return {
    parent: path.slice(0, at) || '/',
    namespace,
    type: [namespace, ...types].join('/'),
    names,
    isCollection,
    resourceId: isCollection ? path.slice(0, path.length - last.length - 1) : path,
    last,
  };
}
