import type { SeenPlace } from '../core/connections/seen-places.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import type { ArgumentKind, ResourceContext } from './define-resource.ts';
import { issuerWords } from './prompts/issuers.ts';
import { topics } from './reference.ts';

// Completion answers while somebody types: from records, from what the caller's calls have seen, and from what is built
// in. It sends nothing.

/** The other arguments of the prompt, as far as they are filled in. */
type Given = Readonly<Record<string, string>>;

/** An argument that is being typed. */
export interface Typed {
  readonly kind: ArgumentKind;
  readonly text: string;
  readonly given: Given;
}

/** What the text may become: values that begin with it, whatever their case, then values that contain it. */
export async function completionsOf(
  { kind, text, given }: Typed,
  context: ResourceContext,
): Promise<readonly string[]> {
  if (kind === 'connections') return severalConnections(text, context);
  return matching(text, await candidatesOf(kind, given, context));
}

function matching(text: string, values: readonly string[]): readonly string[] {
  const typed = text.trim().toLowerCase();
  const places = [...new Set(values)].map((value) => ({ value, at: value.toLowerCase().indexOf(typed) }));
  const found = places.filter(({ at }) => at >= 0);
  return [...found.filter(({ at }) => at === 0), ...found.filter(({ at }) => at > 0)].map(({ value }) => value);
}

/** Connections of one call. */
const mostConnections = 64;
/** The names of so many connections with their commas. Each value repeats what was typed before. */
const longestList = mostConnections * 65;

/** The last of the names is being typed; a name is offered once. */
async function severalConnections(text: string, context: ResourceContext): Promise<readonly string[]> {
  const names = text.split(',', mostConnections + 1).map((name) => name.trim());
  if (text.length > longestList || names.length > mostConnections) return [];
  const typed = names.pop() ?? '';
  const free = (await connectionNames(context)).filter((name) => !names.includes(name));
  return matching(typed, free).map((name) => [...names, name].join(','));
}

async function candidatesOf(kind: ArgumentKind, given: Given, context: ResourceContext): Promise<readonly string[]> {
  switch (kind) {
    case 'connection':
    case 'connections':
      return connectionNames(context);
    case 'topic':
      return Object.keys(topics);
    case 'issuer':
      return issuerWords;
    case 'text':
      return [];
    case 'product':
      return products(await surroundings(given, context), context);
    case 'subscription':
      return subscriptions(await surroundings(given, context));
    case 'workspace':
      return workspaces(await surroundings(given, context), given['subscription_id']);
    case 'organization':
      return organizations(await surroundings(given, context));
    case 'project':
      return projects(await surroundings(given, context), given['organization']);
  }
}

async function connectionNames({ connections, caller }: ResourceContext): Promise<readonly string[]> {
  return (await connections.list(caller)).map(({ name }) => name);
}

/** The connections that an argument can be about, and where they have been. */
interface Surroundings {
  /** By id. */
  readonly records: ReadonlyMap<string, ConnectionRecord>;
  readonly places: readonly SeenPlace[];
}

/** With a connection or a tenant among the other arguments, only what belongs to it. */
async function surroundings(given: Given, context: ResourceContext): Promise<Surroundings> {
  const { connections, caller, places } = context;
  const named = (given['connection'] ?? '').split(',').flatMap((name) => name.trim() || []);
  const tenant = given['tenant_id']?.trim().toLowerCase();
  const own = (await connections.list(caller)).filter(
    ({ name, identity }) =>
      (named.length === 0 || named.includes(name)) && (!tenant || identity.tenant_id?.toLowerCase() === tenant),
  );
  const records = new Map(own.map((record) => [record.id, record]));
  return { records, places: places.list(caller.id).filter(({ connection }) => records.has(connection)) };
}

function subscriptions({ records, places }: Surroundings): readonly string[] {
  const seen = places.flatMap((place) => (place.kind === 'subscription' ? place.subscription : []));
  return [...identitiesOf(records, 'subscription_id'), ...seen];
}

function organizations({ records, places }: Surroundings): readonly string[] {
  const seen = places.flatMap((place) =>
    place.kind === 'organization' || place.kind === 'project' ? (place.organization ?? []) : [],
  );
  return [...identitiesOf(records, 'organization'), ...seen];
}

function projects({ records, places }: Surroundings, wanted: string | undefined): readonly string[] {
  return places.flatMap((place) => {
    if (place.kind !== 'project') return [];
    const organization = place.organization ?? records.get(place.connection)?.identity.organization;
    return isWanted(organization, wanted) ? place.project : [];
  });
}

function workspaces({ records, places }: Surroundings, wanted: string | undefined): readonly string[] {
  const own = [...records.values()].flatMap(({ identity }) => {
    const { resource_group: group, workspace_name: workspace, subscription_id: subscription } = identity;
    if (group === undefined || workspace === undefined || !isWanted(subscription, wanted)) return [];
    return `${group}/${workspace}`;
  });
  const seen = places.flatMap((place) => {
    if (place.kind !== 'workspace') return [];
    const subscription = place.subscription ?? records.get(place.connection)?.identity.subscription_id;
    return isWanted(subscription, wanted) ? `${place.group}/${place.workspace}` : [];
  });
  return [...own, ...seen];
}

/** Part numbers and display names: first of the products that the tenant was seen to have, then of all that are built in. */
async function products({ places }: Surroundings, context: ResourceContext): Promise<readonly string[]> {
  const all = (await context.licenseNames()).products();
  const seen = new Set(places.flatMap((place) => (place.kind === 'product' ? place.partNumber.toUpperCase() : [])));
  const known = new Set(all.map(({ partNumber }) => partNumber.toUpperCase()));
  const isSeen = ({ partNumber }: { readonly partNumber: string }) => seen.has(partNumber.toUpperCase());
  const sorted = [...all.filter(isSeen), ...all.filter((product) => !isSeen(product))];
  const unknown = [...seen].filter((partNumber) => !known.has(partNumber));
  return [...unknown, ...sorted.flatMap(({ partNumber, titles }) => [partNumber, ...titles])];
}

function identitiesOf(
  records: ReadonlyMap<string, ConnectionRecord>,
  field: 'subscription_id' | 'organization',
): readonly string[] {
  return [...records.values()].flatMap(({ identity }) => identity[field] ?? []);
}

/** Names of Azure and Azure DevOps ignore case. Without a wish, everything is wanted. */
function isWanted(value: string | undefined, wanted: string | undefined): boolean {
  return !wanted?.trim() || value?.toLowerCase() === wanted.trim().toLowerCase();
}
