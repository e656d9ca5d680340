import { isRecord, textOf } from '../base/guards.ts';
import { isGuid } from '../base/guid.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { type Address, type PolicyRequest, signedInUser, unknownRest, unknownSegment } from './addresses/address.ts';
import { armAddress } from './addresses/arm-address.ts';
import { graphAddresses } from './addresses/graph-address.ts';
import type { AskedObject, KnownObject, ObjectNames } from './object-names.ts';
import type { ProtectedObjects } from './policy.ts';
import { deletesObject } from './risks/graph-risks.ts';
import { authority, type Risk } from './risks/risk.ts';

const listed = authority('protected', 'touches an object that the operator protects');
const synced = authority('protected', 'changes an object that is synchronised from an on-premises directory');
const roleGroup = authority('protected', 'changes a group that can hold roles');
const lastAdministrator = authority('protected', 'takes the last Global Administrator away');
const ownApp = authority('own_app', 'changes the app that Tenantry itself signs in as');
const unchecked = authority('protected', 'touches an object of which could not be read whether it is protected');

/** https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference#global-administrator */
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';

export interface ProtectionOptions {
  readonly rules: ProtectedObjects;
  readonly connection: ConnectionRecord;
}

/** What a write of the directory is about. */
interface Target extends AskedObject {
  readonly request: PolicyRequest;
  /** Segments below the object. */
  readonly rest: Address;
  /** It is only referred to: a member that is added, or taken away. */
  readonly isReference?: true;
}

/** What the service keeps for on-premises users in the cloud: changing it changes nothing that is synchronised. */
const cloudProperties = new Set([
  'usagelocation',
  'passwordpolicies',
  'agegroup',
  'consentprovidedforminor',
  'employeetype',
  'employeehiredate',
  'employeeleavedatetime',
  'onpremisesextensionattributes',
  'preferreddatalocation',
]);

/** Collections whose objects may be protected. */
const holders = new Set([
  'users',
  'groups',
  'applications',
  'serviceprincipals',
  'devices',
  'directoryobjects',
  'contacts',
]);

/**
 * The risks of writes that come from what they point to, one list for each request. Reads what it has to know, all
 * requests at once; what cannot be read counts as protected.
 */
export async function protectionRisks(
  requests: readonly PolicyRequest[],
  { rules, connection }: ProtectionOptions,
  names: ObjectNames,
): Promise<ReadonlyMap<PolicyRequest, readonly Risk[]>> {
  const targets = requests.flatMap((request) => [
    ...targetsOf(request),
    ...(rules.objects.length > 0 ? referencesOf(request) : []),
  ]);
  const facts = await readFacts(targets, rules, connection, names);
  const found = new Map<PolicyRequest, Risk[]>();
  const add = (request: PolicyRequest, risk: Risk | undefined) => {
    if (risk !== undefined) found.set(request, [...(found.get(request) ?? []), risk]);
  };
  for (const target of targets) {
    add(target.request, ofList(target, rules, facts));
    if (target.isReference) continue;
    add(target.request, ofOwnApp(target, rules, facts));
    add(target.request, ofState(target, rules, facts));
  }
  for (const request of requests) add(request, ofArm(request, rules));
  for (const target of lostAdministrators(targets, facts))
    add(target.request, target.isKnown ? lastAdministrator : unchecked);
  return found;
}

function targetsOf(request: PolicyRequest): readonly Target[] {
  if (request.service !== 'graph') return [];
  return request.addresses.flatMap((address): Target[] => {
    const [collection = '', key, ...rest] = address;
    if (collection === 'directory' && key === 'deleteditems' && rest[0] !== undefined) {
      return [{ collection: 'deleteditems', key: rest[0], rest: rest.slice(1), request }];
    }
    const isObject = holders.has(collection) && key !== undefined && !key.startsWith('$');
    return isObject ? [{ collection, key, rest, request }] : [];
  });
}

/** Taking an object out of a group, or into one, touches it: an exception from a policy may hang on it. */
function referencesOf(request: PolicyRequest): readonly Target[] {
  const { service, addresses, body } = request;
  if (service !== 'graph') return [];
  const [own] = addresses;
  const [relation = '', key] = own.slice(-3);
  const isMember = own.at(-1) === '$ref' && own.length > 4 && key !== undefined;
  const removed: readonly Address[] = isMember ? [[collectionOf(relation, key), key]] : [];
  return [...removed, ...referredIn(body)].flatMap(([collection = '', id]): Target[] =>
    id !== undefined && holders.has(collection) ? [{ collection, key: id, rest: [], request, isReference: true }] : [],
  );
}

/** A name with an @ is that of a user; what an id belongs to does not matter here. */
function collectionOf(relation: string, key: string): string {
  return key.includes('@') ? 'users' : holders.has(relation) ? relation : 'directoryobjects';
}

/** Objects that a body refers to with `@odata.id` and `…@odata.bind`. */
function referredIn(body: unknown): readonly Address[] {
  if (!isRecord(body)) return [];
  return Object.entries(body)
    .filter(([name]) => /@odata\.(?:id|bind)$/i.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .map((address) => graphAddresses(textOf(address).replace(/^https?:\/\/[^/]*/i, ''))[0]);
}

interface Facts {
  /** Ids of the protected objects; `unknown` when a name among them could not be read. */
  readonly protectedIds: ReadonlySet<string>;
  readonly hasUnread: boolean;
  /** Ids of our own app and its principal, and its client id; undefined when they could not be read. */
  readonly own: ReadonlySet<string> | undefined;
  /** State of the targets for which it matters. */
  readonly objects: ReadonlyMap<string, KnownObject>;
  /** Ids of the enabled Global Administrators; undefined when they could not be read. */
  readonly administrators: ReadonlySet<string> | undefined;
}

const noFacts: Facts = {
  protectedIds: new Set(),
  hasUnread: false,
  own: new Set(),
  objects: new Map(),
  administrators: new Set(),
};

function keyOf({ collection, key }: AskedObject): string {
  return `${collection}/${key}`;
}

async function readFacts(
  targets: readonly Target[],
  rules: ProtectedObjects,
  connection: ConnectionRecord,
  names: ObjectNames,
): Promise<Facts> {
  if (targets.length === 0) return noFacts;
  const listedObjects = rules.objects.filter((one) => !one.startsWith('/'));
  const wanted = [
    ...new Map(
      targets.filter((target) => needsState(target, rules, listedObjects.length > 0)).map((one) => [keyOf(one), one]),
    ).values(),
  ];
  const people = listedObjects
    .filter((one) => !isGuid(one))
    .map((key) => ({ collection: 'users', key: key.toLowerCase() }));
  const [read, own, administrators] = await Promise.all([
    names.read([...wanted, ...people], stateOf),
    rules.own_app && targets.some((one) => !one.isReference && isApp(one))
      ? readOwn(connection, names)
      : new Set<string>(),
    rules.last_global_administrator && targets.some(mayEndAdministrator)
      ? readAdministrators(names)
      : new Set<string>(),
  ]);
  const states = read.slice(0, wanted.length);
  const ids = read
    .slice(wanted.length)
    .map((person) => (typeof person === 'string' ? person : textOf(person['id']).toLowerCase()));
  return {
    protectedIds: new Set([
      ...listedObjects.filter(isGuid).map((id) => id.toLowerCase()),
      ...people.map(({ key }) => key),
      ...ids.filter(isGuid),
    ]),
    hasUnread: ids.includes('unknown'),
    own,
    objects: new Map(wanted.map((target, at) => [keyOf(target), states[at] ?? 'unknown'])),
    administrators,
  };
}

/** Properties of users and groups that decide; each type ignores what it does not have only without `$select`. */
const stateOf: (collection: string) => string = (collection) =>
  collection === 'users'
    ? 'id,userPrincipalName,onPremisesSyncEnabled'
    : collection === 'groups'
      ? 'id,onPremisesSyncEnabled,isAssignableToRole'
      : collection === 'applications' || collection === 'serviceprincipals'
        ? 'id,appId'
        : 'id';

function isApp({ collection }: AskedObject): boolean {
  return collection === 'applications' || collection === 'serviceprincipals' || collection === 'deleteditems';
}

/** Whether the target has to be read: what it is decides, or its key is not its id. */
function needsState(target: Target, rules: ProtectedObjects, hasList: boolean): boolean {
  const { collection, key } = target;
  if (key === unknownSegment || collection === 'deleteditems') return false;
  if (target.isReference) return !isGuid(key);
  const isPerson =
    collection === 'users' &&
    ((rules.synced && changesSynced(target)) || (rules.last_global_administrator && mayEndAdministrator(target)));
  const isGroup = collection === 'groups' && (rules.synced || rules.role_assignable_groups);
  const hasOtherKey = !isGuid(key) && (hasList || (rules.own_app && isApp(target)));
  return isPerson || isGroup || hasOtherKey;
}

/** Whether a write is about what the on-premises directory is the master of. */
function changesSynced({ collection, request, rest }: Target): boolean {
  const { body, method } = request;
  if (collection === 'groups') return rest.length === 0 || rest[0] === 'members' || rest[0] === 'owners';
  if (rest.length > 0) return rest[0] === 'manager';
  if (method === 'DELETE' || !isRecord(body)) return true;
  return Object.keys(body).some((name) => !cloudProperties.has(name.toLowerCase()) && !name.startsWith('@'));
}

/** Deleting a person or switching the account off. */
function mayEndAdministrator({ collection, request, rest, isReference }: Target): boolean {
  if (isReference) return false;
  if (collection !== 'users' && collection !== 'serviceprincipals' && collection !== 'directoryobjects') return false;
  if (rest.length > 0) return false;
  if (deletesObject(request)) return true;
  const { body } = request;
  return (
    isRecord(body) &&
    Object.entries(body).some(([name, value]) => name.toLowerCase() === 'accountenabled' && value !== true)
  );
}

async function readOwn({ identity }: ConnectionRecord, names: ObjectNames): Promise<ReadonlySet<string> | undefined> {
  const { client_id: clientId } = identity;
  if (clientId === undefined) return new Set();
  const key = `appid=${clientId.toLowerCase()}`;
  const found = await names.read(
    [
      { collection: 'applications', key },
      { collection: 'serviceprincipals', key },
    ],
    'id',
  );
  if (found.includes('unknown')) return undefined;
  const ids = found.flatMap((one) => (typeof one === 'string' ? [] : [textOf(one['id']).toLowerCase()]));
  return new Set([...ids, clientId.toLowerCase(), key]);
}

async function readAdministrators(names: ObjectNames): Promise<ReadonlySet<string> | undefined> {
  const members = await names.readMembers('directoryroles', `roletemplateid=${globalAdministrator}`);
  return members && new Set(members);
}

function ofList({ collection, key }: Target, { objects }: ProtectedObjects, facts: Facts): Risk | undefined {
  if (objects.length === 0) return undefined;
  const id = idOf({ collection, key }, facts);
  if (facts.protectedIds.has(key) || (id !== undefined && facts.protectedIds.has(id))) return listed;
  const isUnclear =
    facts.hasUnread && (collection === 'users' || collection === 'directoryobjects' || collection === 'deleteditems');
  if (key === unknownSegment) return undefined;
  return isUnclear || (id === undefined && isUnread({ collection, key }, facts)) ? unchecked : undefined;
}

function ofOwnApp(target: Target, { own_app: isGuarded }: ProtectedObjects, facts: Facts): Risk | undefined {
  if (!isGuarded || !isApp(target)) return undefined;
  if (facts.own === undefined) return unchecked;
  const id = idOf(target, facts);
  if (facts.own.has(target.key) || (id !== undefined && facts.own.has(id))) return ownApp;
  return id === undefined && facts.own.size > 0 && isUnread(target, facts) ? unchecked : undefined;
}

function ofState(target: Target, rules: ProtectedObjects, facts: Facts): Risk | undefined {
  const { collection } = target;
  if (collection !== 'users' && collection !== 'groups') return undefined;
  const isGroup = collection === 'groups';
  const isAsked = isGroup ? rules.synced || rules.role_assignable_groups : rules.synced && changesSynced(target);
  if (!isAsked || target.key === unknownSegment) return undefined;
  // An address that may be several things is read as each of them: one that is not there is none.
  const state = facts.objects.get(keyOf(target));
  if (state === 'absent') return undefined;
  if (state === undefined || state === 'unknown') return unchecked;
  if (isGroup && rules.role_assignable_groups && state['isAssignableToRole'] === true) return roleGroup;
  return rules.synced && state['onPremisesSyncEnabled'] === true && changesSynced(target) ? synced : undefined;
}

function isUnread(object: AskedObject, facts: Facts): boolean {
  return object.key === signedInUser || facts.objects.get(keyOf(object)) === 'unknown';
}

function idOf({ collection, key }: AskedObject, facts: Facts): string | undefined {
  if (isGuid(key)) return key;
  const state = facts.objects.get(keyOf({ collection, key }));
  return state === undefined || typeof state === 'string' ? undefined : textOf(state['id']).toLowerCase();
}

/** An Azure resource of the list, what is below it, and what it would be deleted with. */
function ofArm(request: PolicyRequest, { objects }: ProtectedObjects): Risk | undefined {
  if (request.service !== 'arm') return undefined;
  const [address] = request.addresses;
  const isTouched = objects.some((one) => {
    if (!one.startsWith('/')) return false;
    const wanted = armAddress(one);
    return startsWith(address, wanted) || (request.method === 'DELETE' && startsWith(wanted, address));
  });
  return isTouched ? listed : undefined;
}

function startsWith(address: Address, beginning: Address): boolean {
  return beginning.every((segment, at) => {
    const given = address[at];
    return given === segment || given === unknownSegment || address.slice(0, at + 1).includes(unknownRest);
  });
}

/** The writes after which no Global Administrator would be left, taken together. */
function lostAdministrators(
  targets: readonly Target[],
  facts: Facts,
): readonly (Target & { readonly isKnown: boolean })[] {
  const ending = targets.filter(mayEndAdministrator);
  if (facts.administrators === undefined) return ending.map((target) => ({ ...target, isKnown: false }));
  const lost = ending.filter((target) => {
    const id = idOf(target, facts);
    return id !== undefined && facts.administrators?.has(id);
  });
  const left = facts.administrators.size - new Set(lost.map((target) => idOf(target, facts))).size;
  const unread = ending.filter((target) => idOf(target, facts) === undefined && isUnread(target, facts));
  return [
    ...(left <= 0 ? lost.map((target) => ({ ...target, isKnown: true })) : []),
    ...unread.map((target) => ({ ...target, isKnown: false })),
  ];
}
