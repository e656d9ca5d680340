import { isRecord, member, textOf } from '../../base/guards.ts';
import { type Address, splitPath, unknownRest, unknownSegment } from './address.ts';

// What a request to Azure Resource Manager reaches besides its own address: what a template deploys, and what is moved.

/** The canonical address of a path or an id; an absolute address loses its host. */
export function armAddress(path: string): Address {
  return splitPath(path.replace(/^https?:\/\/[^/]*/i, ''));
}

/** The path of a rule. `{id}` is any segment. */
export function armRuleAddress(path: string): Address {
  return armAddress(path).map((segment) => (/^\{.*\}$/.test(segment) ? '*' : segment));
}

/** A change that follows from the body of a request. */
export interface ImpliedChange {
  /** Default: Azure itself. */
  readonly service?: 'graph';
  readonly method: 'PUT' | 'DELETE';
  readonly address: Address;
  readonly body?: unknown;
}

const everywhere: ImpliedChange = { method: 'PUT', address: [unknownRest] };
const everywhereInGraph: ImpliedChange = { ...everywhere, service: 'graph' };

/** Most templates inside templates that are looked into. */
const deepest = 12;

/** What a write changes elsewhere. What cannot be looked into reaches everything. */
export function armImpliedChanges(
  address: Address,
  body: unknown,
  query: Readonly<Record<string, string>> = {},
): readonly ImpliedChange[] {
  if (address.at(-1) === 'moveresources') return movedResources(body);
  // Which resources the stack manages, only the service knows.
  if (deletesManaged(address, query)) return [{ method: 'DELETE', address: [unknownRest] }];
  if (!isTemplateHolder(address) || body === undefined || body === null) return [];
  if (!isRecord(body)) return [everywhere];
  const properties = body['properties'];
  const scope = address.slice(0, address.lastIndexOf('providers'));
  // What the template does not name is deleted.
  const emptied: readonly ImpliedChange[] = isComplete(properties) ? [{ method: 'DELETE', address: scope }] : [];
  return [...emptied, ...deployed(properties, scope, 0)];
}

/** https://learn.microsoft.com/azure/azure-resource-manager/bicep/deployment-stacks */
function deletesManaged(address: Address, query: Readonly<Record<string, string>>): boolean {
  return (
    address.at(-2) === 'deploymentstacks' &&
    Object.entries(query).some(([name, value]) => /^unmanageaction/i.test(name) && /delete/i.test(value))
  );
}

/** https://learn.microsoft.com/azure/azure-resource-manager/templates/deployment-modes */
function isComplete(properties: unknown): boolean {
  return /^complete$/i.test(textOf(member(properties, 'mode')));
}

/** https://learn.microsoft.com/azure/templates/microsoft.resources/deployments */
function isTemplateHolder(address: Address): boolean {
  const at = address.lastIndexOf('providers');
  return (
    at >= 0 &&
    address[at + 1] === 'microsoft.resources' &&
    (address[at + 2] === 'deployments' || address[at + 2] === 'deploymentstacks')
  );
}

/** https://learn.microsoft.com/rest/api/resources/resources/move-resources */
function movedResources(body: unknown): readonly ImpliedChange[] {
  const fields = isRecord(body) ? body : {};
  const ids = Array.isArray(fields['resources']) ? fields['resources'] : [];
  const target = armAddress(textOf(fields['targetresourcegroup']));
  const moved = ids.map((id) => armAddress(textOf(id)));
  if (target.length === 0 || moved.some((address) => !address.includes('providers'))) return [everywhere];
  return moved.flatMap((address): ImpliedChange[] => [
    { method: 'DELETE', address },
    { method: 'PUT', address: [...target, ...address.slice(address.indexOf('providers'))] },
  ]);
}

/** `scope` is where resources of the template go unless they say otherwise. */
function deployed(properties: unknown, scope: Address, depth: number): readonly ImpliedChange[] {
  const { template, templatelink, deploymentscope } = isRecord(properties) ? properties : {};
  if (depth > deepest || templatelink !== undefined || deploymentscope !== undefined) return [everywhere];
  if (template === undefined) return [];
  if (!isRecord(template)) return [everywhere];
  const resources = template['resources'];
  return resourcesOf(resources).flatMap((resource) => changesOf(resource, scope, '', [], depth));
}

/** A list, or an object by symbolic name; anything else cannot be looked into. */
function resourcesOf(resources: unknown): readonly unknown[] {
  if (resources === undefined || resources === null) return [];
  if (Array.isArray(resources)) return resources;
  return isRecord(resources) ? Object.values(resources) : [undefined];
}

function changesOf(
  resource: unknown,
  scope: Address,
  parentType: string,
  parentNames: readonly string[],
  depth: number,
): readonly ImpliedChange[] {
  if (!isRecord(resource) || typeof resource['type'] !== 'string' || depth > deepest) return [everywhere];
  // A computed type may be any, and an extension writes to another service: Microsoft Graph is one of them.
  if (isExpression(resource['type']) || isExtension(resource)) return [everywhere, everywhereInGraph];
  const given = resource['type'].toLowerCase();
  // A child inside its parent may give only its own part of the type and the name.
  const isChild = parentType !== '' && !given.includes('.');
  const type = isChild ? `${parentType}/${given}` : given;
  const names = isChild
    ? [...parentNames, ...namesOf(resource['name'], 1)]
    : namesOf(resource['name'], type.split('/').length - 1);
  const at = placeOf(resource, scope);
  const own: ImpliedChange = { method: 'PUT', address: addressOf(type, names, at), body: resource };
  const children = resourcesOf(resource['resources']).flatMap((child) => changesOf(child, at, type, names, depth + 1));
  const nested = type === 'microsoft.resources/deployments' ? deployed(resource['properties'], at, depth + 1) : [];
  return [own, ...children, ...nested];
}

/** https://learn.microsoft.com/graph/templates/overview-bicep-templates-for-graph */
function isExtension({ extension, import: imported, provider, type }: Readonly<Record<string, unknown>>): boolean {
  return (
    [extension, imported, provider].some((one) => one !== undefined) || /@|^microsoft\.graph\//i.test(String(type))
  );
}

function isExpression(value: unknown): boolean {
  return typeof value !== 'string' || value.startsWith('[');
}

function namesOf(name: unknown, count: number): readonly string[] {
  const parts = isExpression(name) ? [] : String(name).toLowerCase().split('/');
  return Array.from({ length: count }, (_, at) =>
    parts.length === count ? (parts[at] ?? unknownSegment) : unknownSegment,
  );
}

/** Where a resource goes: `scope`, `subscriptionId` and `resourceGroup` lead away from the deployment's own place. */
function placeOf(
  { scope: named, subscriptionid: subscriptionId, resourcegroup: resourceGroup }: Readonly<Record<string, unknown>>,
  scope: Address,
): Address {
  if (named !== undefined) return isExpression(named) ? [unknownRest] : armAddress(String(named));
  const [, own] = scope;
  const isOwn = subscriptionId === undefined || /^\[subscription\(\)\.subscriptionId\]$/i.test(String(subscriptionId));
  const subscription = isOwn
    ? (own ?? unknownSegment)
    : isExpression(subscriptionId)
      ? unknownSegment
      : String(subscriptionId).toLowerCase();
  if (resourceGroup !== undefined) {
    return [
      'subscriptions',
      subscription,
      'resourcegroups',
      isExpression(resourceGroup) ? unknownSegment : String(resourceGroup).toLowerCase(),
    ];
  }
  return isOwn ? scope : ['subscriptions', subscription];
}

function addressOf(type: string, names: readonly string[], scope: Address): Address {
  const [namespace = '', ...types] = type.split('/');
  if (type === 'microsoft.resources/resourcegroups' && scope[0] === 'subscriptions') {
    return [...scope.slice(0, 2), 'resourcegroups', names[0] ?? unknownSegment];
  }
  return [...scope, 'providers', namespace, ...types.flatMap((one, at) => [one, names[at] ?? unknownSegment])];
}
