import { isRecord, member, textOf } from '../base/guards.ts';
import { guidSource, isGuid } from '../base/guid.ts';
import { quoted } from '../base/plain-text.ts';
import { type PolicyRequest, unknownRest, unknownSegment } from './addresses/address.ts';

const inText = new RegExp(`/subscriptions/(${guidSource})`, 'gi');

/** Most levels of a body that are looked into; more than arguments may have. */
const deepest = 40;

/**
 * Why a request reaches beyond the allowed subscriptions; undefined when it stays inside. A request that does not say
 * which subscription it reaches may reach any.
 */
export function beyondSubscriptions(allowed: ReadonlySet<string>, request: PolicyRequest): string | undefined {
  if (request.service === 'devops') return beyondByEndpoint(allowed, request);
  if (request.service !== 'arm') return undefined;
  const [first, subscription] = request.addresses[0];
  if (first === 'subscriptions' && subscription !== undefined) {
    if (!allowed.has(subscription)) return `the subscription ${named(subscription)}`;
    return beyondByBody(allowed, request.body);
  }
  if (isResourceGraph(request)) return beyondByQuery(allowed, request.body);
  if (isManagementGroup(request)) return 'a management group, which holds other subscriptions';
  if (first === unknownRest) return 'what cannot be looked into';
  // Reads of the tenant are lists of its subscriptions, providers and places.
  return request.isRead ? undefined : 'the tenant itself';
}

function named(subscription: string): string {
  return subscription === unknownSegment ? 'that a template computes' : quoted(subscription);
}

function isManagementGroup({ addresses: [own] }: PolicyRequest): boolean {
  return own[0] === 'providers' && own[1] === 'microsoft.management';
}

function isResourceGraph({ addresses: [own] }: PolicyRequest): boolean {
  return own[0] === 'providers' && own[1] === 'microsoft.resourcegraph';
}

/** https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources */
function beyondByQuery(allowed: ReadonlySet<string>, body: unknown): string | undefined {
  const subscriptions = member(body, 'subscriptions');
  const groups = member(body, 'managementgroups');
  if (Array.isArray(groups) && groups.length > 0) return 'a management group, which holds other subscriptions';
  if (!Array.isArray(subscriptions) || subscriptions.length === 0) return 'every subscription: the query names none';
  const beyond = subscriptions.find((one) => !allowed.has(textOf(one).toLowerCase()));
  return beyond === undefined ? undefined : `the subscription ${quoted(textOf(beyond))}`;
}

/** Scopes, targets and references inside a body, and `subscriptionId` of a template's parts. */
function beyondByBody(allowed: ReadonlySet<string>, body: unknown): string | undefined {
  for (const id of subscriptionsIn(body, 0)) {
    if (id === undefined) return 'what is nested too deep to be looked into';
    if (!allowed.has(id.toLowerCase())) return `the subscription ${quoted(id)}`;
  }
  return undefined;
}

/** Ids of the subscriptions that a body names; undefined for what is not looked into. */
function* subscriptionsIn(value: unknown, depth: number): Generator<string | undefined> {
  if (depth > deepest) yield undefined;
  if (typeof value === 'string') yield* Array.from(value.matchAll(inText), ([, id]) => id);
  if (typeof value !== 'object' || value === null || depth > deepest) return;
  for (const [name, one] of Object.entries(value)) {
    if (/^subscriptionid$/i.test(name) && typeof one === 'string' && isGuid(one)) yield one;
    yield* subscriptionsIn(one, depth + 1);
  }
}

/** A service connection of Azure DevOps reaches the subscription or management group in its `data`. */
function beyondByEndpoint(allowed: ReadonlySet<string>, { isRead, body }: PolicyRequest): string | undefined {
  const data = member(body, 'data');
  if (isRead || !isRecord(data)) return undefined;
  const lower = Object.fromEntries(Object.entries(data).map(([name, value]) => [name.toLowerCase(), textOf(value)]));
  const { subscriptionid = '', managementgroupid = '' } = lower;
  if (managementgroupid !== '') return 'a management group, which holds other subscriptions';
  const isInside = subscriptionid === '' || allowed.has(subscriptionid.toLowerCase());
  return isInside ? undefined : `the subscription ${quoted(subscriptionid)}`;
}
