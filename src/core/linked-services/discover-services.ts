import type { ApiConnection } from '../apis/api-connection.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Cloud } from '../base/clouds.ts';
import { AppError, type ErrorCode } from '../base/errors.ts';
import { isRecord, member, textOf } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { resolveEndpoint } from './endpoint.ts';
import { type LinkedService, type LinkedServiceKind, linkedServiceKinds } from './linked-service.ts';
import { serviceKinds } from './service-kinds.ts';

/** The most services to look for; nobody reads a longer list. */
const mostServices = 5_000;

/** Where the services of a connection are. */
interface Scope {
  readonly subscriptionIds: readonly string[];
  readonly managementGroupId?: string;
  /** Of a workspace: its services are the ones beside it. */
  readonly resourceGroup?: string;
}

/** Services of the given kinds in the connection's scope, in the order of kinds and names. */
export async function discoverServices(
  connection: ApiConnection,
  kinds: readonly LinkedServiceKind[],
  call: CallContext,
): Promise<readonly LinkedService[]> {
  const wanted = linkedServiceKinds.filter((kind) => kinds.includes(kind));
  if (wanted.length === 0) return [];
  const scope = scopeOf(connection);
  const resources = await fetchResources(connection, wanted, scope, call);
  const services = resources.flatMap((resource) => toService(resource, wanted, connection.cloud));
  const order = (kind: LinkedServiceKind) => linkedServiceKinds.indexOf(kind);
  return services.sort((a, b) => order(a.service) - order(b.service) || a.name.localeCompare(b.name, 'en'));
}

function scopeOf({ record, arm }: ApiConnection): Scope {
  const { identity, scope_level: level } = record;
  const managementGroupId = level === 'management_group' ? identity.management_group_id : undefined;
  const subscriptionIds =
    managementGroupId === undefined ? [identity.subscription_id ?? arm.subscriptionPath.split('/').at(-1) ?? ''] : [];
  const resourceGroup = level === 'ml_workspace' ? identity.resource_group : undefined;
  return withoutUndefined({ subscriptionIds, managementGroupId, resourceGroup });
}

/** Failures of Resource Graph after which the providers are asked instead. */
const fallbackCodes: readonly ErrorCode[] = [
  'permission_denied',
  'not_found',
  'unsupported',
  'invalid_argument',
  'throttled',
  'upstream_error',
  'upstream_unavailable',
];

async function fetchResources(
  connection: ApiConnection,
  kinds: readonly LinkedServiceKind[],
  scope: Scope,
  call: CallContext,
): Promise<readonly unknown[]> {
  try {
    return await queryResourceGraph(connection, kinds, scope, call);
  } catch (error) {
    if (!(error instanceof AppError) || !fallbackCodes.includes(error.code) || call.signal.aborted) throw error;
    call.note(
      `Resource Graph did not answer (${quoted(String(error.upstream?.code ?? error.status ?? error.code))}); the services were listed type by type.`,
    );
    return listByType(connection, kinds, scope, call);
  }
}

/** https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language */
function writeQuery(kinds: readonly LinkedServiceKind[], { resourceGroup }: Scope): string {
  const types = kinds.map((kind) => `'${serviceKinds[kind].type.toLowerCase()}'`);
  const group =
    resourceGroup === undefined ? '' : ` | where resourceGroup =~ '${resourceGroup.replaceAll("'", "\\'")}'`;
  return `resources | where type in~ (${types.join(', ')})${group} | project id, name, type, location, kind, resourceGroup, subscriptionId, sku, properties | order by id asc`;
}

async function queryResourceGraph(
  { arm }: ApiConnection,
  kinds: readonly LinkedServiceKind[],
  scope: Scope,
  call: CallContext,
): Promise<readonly unknown[]> {
  const body = {
    query: writeQuery(kinds, scope),
    ...(scope.managementGroupId === undefined
      ? { subscriptions: scope.subscriptionIds }
      : { managementGroups: [scope.managementGroupId] }),
    options: { resultFormat: 'objectArray', $top: 1000 },
  };
  const path = '/providers/Microsoft.ResourceGraph/resources';
  const found: unknown[] = [];
  for await (const page of arm.pages(
    { method: 'POST', path, body, readOnly: true },
    { maxItems: mostServices },
    call,
  )) {
    found.push(...page.items);
  }
  return found;
}

/** The same with a list for each type and subscription, in parallel as far as the limiter lets them. */
async function listByType(
  connection: ApiConnection,
  kinds: readonly LinkedServiceKind[],
  scope: Scope,
  call: CallContext,
): Promise<readonly unknown[]> {
  const subscriptionIds =
    scope.managementGroupId === undefined
      ? scope.subscriptionIds
      : await listSubscriptions(connection, scope.managementGroupId, call);
  const group = scope.resourceGroup === undefined ? '' : `/resourceGroups/${encodeURIComponent(scope.resourceGroup)}`;
  const lists = subscriptionIds.flatMap((subscriptionId) =>
    kinds.map((kind) =>
      listItems(connection, `/subscriptions/${subscriptionId}${group}/providers/${serviceKinds[kind].type}`, call),
    ),
  );
  return (await Promise.all(lists)).flat();
}

async function listItems({ arm }: ApiConnection, path: string, call: CallContext): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  try {
    for await (const page of arm.pages({ method: 'GET', path }, { maxItems: mostServices }, call)) {
      found.push(...page.items);
    }
  } catch (error) {
    // A subscription that was never registered for a provider has none of its resources.
    if (!(error instanceof AppError && error.upstream?.code === 'MissingSubscriptionRegistration')) throw error;
  }
  return found;
}

/** https://learn.microsoft.com/rest/api/managementgroups/management-groups/get-descendants */
async function listSubscriptions(
  connection: ApiConnection,
  managementGroupId: string,
  call: CallContext,
): Promise<readonly string[]> {
  const group = encodeURIComponent(managementGroupId);
  const path = `/providers/Microsoft.Management/managementGroups/${group}/descendants`;
  const descendants = await listItems(connection, path, call);
  return descendants
    .filter((entry) => /\/subscriptions$/i.test(textOf(member(entry, 'type'))))
    .map((entry) => textOf(member(entry, 'name')))
    .filter((name) => name !== '');
}

function toService(resource: unknown, kinds: readonly LinkedServiceKind[], cloud: Cloud): readonly LinkedService[] {
  const id = textOf(member(resource, 'id'));
  const type = textOf(member(resource, 'type')).toLowerCase();
  const kind = kinds.find((one) => serviceKinds[one].type.toLowerCase() === type);
  const name = textOf(member(resource, 'name'));
  if (id === '' || name === '' || kind === undefined) return [];
  const { plane, shown, ownAddress, isInstance } = serviceKinds[kind];
  const own = member(resource, 'properties');
  const all: Record<string, unknown> = {
    ...(isRecord(own) ? own : {}),
    kind: member(resource, 'kind'),
    sku: member(resource, 'sku'),
  };
  if (isInstance?.(all) === false) return [];
  const [, subscriptionId = '', resourceGroup = ''] =
    /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?/i.exec(id) ?? [];
  const entries = shown.map((property) => [property, all[property]]);
  return [
    {
      service: kind,
      id,
      name,
      resource_group: resourceGroup,
      subscription_id: subscriptionId,
      location: textOf(member(resource, 'location')),
      endpoint: resolveEndpoint(ownAddress(all), name, plane, cloud),
      properties: Object.fromEntries(
        entries.filter(([, value]) => value !== undefined && value !== null && value !== ''),
      ),
    },
  ];
}
