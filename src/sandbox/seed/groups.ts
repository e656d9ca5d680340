import { newGroup } from '../graph/writes/new-objects.ts';
import { deviceCount } from './devices.ts';
import { assignedPlansFor, licenceProducts } from './licence-products.ts';
import { departments, offices } from './people.ts';
import { lastSyncOf, listCollection, type SeedCollection, type SeedRelation, type SeedScope } from './seed.ts';
import { tenant } from './tenant.ts';
import { type UserTraits, userTraits } from './user-traits.ts';

/** A seeded group with its users, groups, and devices. */
interface GroupDefinition {
  readonly name: string;
  readonly kind: 'security' | 'unified' | 'distribution' | 'mailSecurity';
  readonly description?: string;
  /** Membership rule of a dynamic group. */
  readonly rule?: string;
  readonly roleAssignable?: boolean;
  readonly synced?: boolean;
  readonly hasUser?: (traits: UserTraits) => boolean;
  /** Names of member groups. */
  readonly groups?: readonly string[];
  /** Devices whose position is a multiple of this are members. */
  readonly everyNthDevice?: number;
  readonly licensed?: boolean;
}

export const licenceGroupName = 'License - Microsoft 365 E3 - Sales';

const isEmployee = ({ kind }: UserTraits) => kind === 'employee';

const departmentGroups: readonly GroupDefinition[] = departments.map(({ name }) => ({
  name,
  kind: 'unified',
  description: `Everybody in ${name}`,
  hasUser: ({ department }) => department === name,
}));

const officeGroups: readonly GroupDefinition[] = offices.map(({ city }) => ({
  name: `Office ${city}`,
  kind: 'security',
  description: `Badge and printer access in ${city}`,
  hasUser: (traits) => isEmployee(traits) && traits.office.city === city,
}));

const groupDefinitions: readonly GroupDefinition[] = [
  {
    name: 'All Employees',
    kind: 'security',
    rule: '(user.userType -eq "Member")',
    hasUser: ({ kind }) => kind !== 'guest',
  },
  { name: licenceGroupName, kind: 'security', hasUser: ({ inheritsE3 }) => inheritsE3, licensed: true },
  ...departmentGroups,
  ...officeGroups,
  {
    name: 'Product Development',
    kind: 'security',
    description: 'Nested: Engineering and Research',
    groups: ['Engineering', 'Research'],
  },
  {
    name: 'VPN Users',
    kind: 'security',
    groups: ['Product Development', 'IT'],
    hasUser: ({ index, kind }) => kind === 'employee' && index % 6 === 1,
  },
  { name: 'External Partners', kind: 'security', hasUser: ({ kind }) => kind === 'guest' },
  { name: 'Conditional Access Exclusions', kind: 'security', hasUser: ({ kind }) => kind === 'emergency' },
  {
    name: 'Role - Helpdesk Administrators',
    kind: 'security',
    roleAssignable: true,
    hasUser: ({ index, department }) => department === 'IT' && index < 240,
  },
  { name: 'Pilot Devices', kind: 'security', everyNthDevice: 10 },
  { name: 'Windows Devices', kind: 'security', rule: '(device.deviceOSType -eq "Windows")', everyNthDevice: 2 },
  { name: 'Leadership', kind: 'unified', hasUser: ({ index, kind }) => kind === 'employee' && index < 12 },
  { name: 'All Staff News', kind: 'distribution', groups: departments.map(({ name }) => name) },
  {
    name: 'Finance Approvals',
    kind: 'mailSecurity',
    synced: true,
    hasUser: ({ index, department }) => department === 'Finance' && index % 2 === 0,
  },
];

export function groupIndex(name: string): number {
  return groupDefinitions.findIndex((group) => group.name === name);
}

export function groupCollection(scope: SeedScope): SeedCollection {
  const lastSync = lastSyncOf(scope);
  const groups = groupDefinitions.map((definition, index) => ({
    ...groupOf(definition, scope.ids.idOf('group', index), index),
    onPremisesLastSyncDateTime: definition.synced ? lastSync : null,
  }));
  return listCollection(groups, ['uniqueName', 'mailNickname', 'mail', 'displayName']);
}

function groupOf(definition: GroupDefinition, id: string, index: number) {
  const { name, kind, rule, licensed } = definition;
  const mailNickname = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const mailEnabled = kind !== 'security';
  const licences = licensed ? [{ disabledPlans: [], skuId: licenceProducts.SPE_E3.skuId }] : [];
  const createdDateTime = `20${17 + (index % 8)}-0${1 + (index % 9)}-1${index % 10}T10:15:00Z`;
  return newGroup({
    id,
    displayName: name,
    description: definition.description ?? null,
    createdDateTime,
    renewedDateTime: createdDateTime,
    groupTypes: [...(kind === 'unified' ? ['Unified'] : []), ...(rule ? ['DynamicMembership'] : [])],
    membershipRule: rule ?? null,
    membershipRuleProcessingState: rule ? 'On' : null,
    isAssignableToRole: definition.roleAssignable ?? null,
    mailEnabled,
    mailNickname,
    mail: mailEnabled ? `${mailNickname}@${tenant.domain}` : null,
    proxyAddresses: mailEnabled ? [`SMTP:${mailNickname}@${tenant.domain}`] : [],
    securityEnabled: kind === 'security' || kind === 'mailSecurity',
    securityIdentifier: `S-1-12-1-${3_000_000_000 + index}-1203-3141592653-${27_182 + index}`,
    visibility: kind === 'unified' ? 'Private' : null,
    onPremisesSyncEnabled: definition.synced ? true : null,
    assignedLicenses: licences,
    licenseProcessingState: licensed ? { state: 'ProcessingComplete' } : null,
    ...(licensed ? { assignedPlans: assignedPlansFor(licences, tenant.createdAt) } : {}),
  });
}

/** Group memberships. A group's member list is created on first use; a user's groups never need the lists. */
export function groupMembers({ users, seed, ids }: SeedScope): SeedRelation {
  const devices = deviceCount(users);
  const lists = new Map<number, readonly string[]>();
  const membersOf = (definition: GroupDefinition): string[] => {
    const members = (definition.groups ?? []).map((name) => ids.idOf('group', groupIndex(name)));
    if (definition.hasUser) {
      for (const index of usersWhere(definition.hasUser, users, seed)) members.push(ids.idOf('user', index));
    }
    const step = definition.everyNthDevice;
    for (let index = 0; step && index < devices; index += step) members.push(ids.idOf('device', index));
    return members;
  };
  return {
    links(id) {
      const index = ids.indexOf('group', id);
      const definition = index === undefined ? undefined : groupDefinitions[index];
      if (index === undefined || !definition) return [];
      const members = lists.get(index) ?? membersOf(definition);
      lists.set(index, members);
      return members;
    },
    backlinks(id) {
      const found = ids.locate(id);
      if (!found) return [];
      const groups: string[] = [];
      const traits = found.type === 'user' && found.index < users ? userTraits(found.index, seed) : undefined;
      for (const [index, definition] of groupDefinitions.entries()) {
        if (isMember(definition, found, traits)) groups.push(ids.idOf('group', index));
      }
      return groups;
    },
  };
}

function isMember(
  definition: GroupDefinition,
  found: { readonly type: string; readonly index: number },
  traits: UserTraits | undefined,
): boolean {
  if (traits) return definition.hasUser?.(traits) ?? false;
  if (found.type === 'group') return definition.groups?.some((name) => groupIndex(name) === found.index) ?? false;
  if (found.type === 'device') return definition.everyNthDevice ? found.index % definition.everyNthDevice === 0 : false;
  return false;
}

/** The first two employees of a group own it. */
export function groupOwners({ users, seed, ids }: SeedScope): SeedRelation {
  const lookAt = Math.min(users, 240);
  const ownersOf = groupDefinitions.map(({ hasUser = ({ department }) => department === 'IT' }) => {
    const isOwner = (traits: UserTraits) => traits.kind === 'employee' && traits.enabled && hasUser(traits);
    return [...usersWhere(isOwner, lookAt, seed)].slice(0, 2);
  });
  return {
    links: (id) => (ownersOf[ids.indexOf('group', id) ?? -1] ?? []).map((index) => ids.idOf('user', index)),
    backlinks(id) {
      const user = ids.indexOf('user', id);
      if (user === undefined) return [];
      return ownersOf.flatMap((owners, index) => (owners.includes(user) ? [ids.idOf('group', index)] : []));
    },
  };
}

function* usersWhere(test: (traits: UserTraits) => boolean, users: number, seed: number): Generator<number> {
  for (let index = 0; index < users; index++) {
    if (test(userTraits(index, seed))) yield index;
  }
}
