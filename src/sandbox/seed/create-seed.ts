import type { Clock } from '../../core/base/clock.ts';
import type { Entity, EntityType, Relation } from '../base/entity-store.ts';
import { newApplication, newGroup } from '../graph/writes/new-objects.ts';
import { applicationSeed } from './applications.ts';
import { directoryAuditCollection, signInCollection } from './audit.ts';
import { deviceCollection, deviceOwners } from './devices.ts';
import {
  administrativeUnits,
  directoryRoles,
  domainEntities,
  organizationEntity,
  orgContacts,
  roleMemberPairs,
  subscribedSkus,
} from './directory.ts';
import { groupCollection, groupIndex, groupMembers, groupOwners, licenceGroupName } from './groups.ts';
import { mailSeed } from './mail.ts';
import {
  lazyCollection,
  lazyRelation,
  listCollection,
  once,
  pairRelation,
  type Seed,
  type SeedCollection,
  type SeedRelation,
  type SeedScope,
} from './seed.ts';
import { createSeedIds } from './seed-ids.ts';
import { tenant } from './tenant.ts';
import { timestamp } from './timestamp.ts';
import { managerRelation, userCollection } from './users.ts';

export interface SeedOptions {
  /** Number of users. Default 240. */
  readonly users?: number;
  /** Seed of the generator. Default 1. */
  readonly seed?: number;
  /** Start of the sandbox clock, milliseconds: expiry dates, sign-ins and mail are placed around it. */
  readonly now: number;
  /** The clock itself, for what moves on with it. */
  readonly clock?: Clock;
}

const dayMs = 86_400_000;

/** The tenant `contoso.example`. Objects are created only when they are read. */
export function createSeed({ users = 240, seed = 1, now, clock }: SeedOptions): Seed {
  const ids = createSeedIds(seed);
  const daysPassed = () => Math.floor(Math.max(0, (clock?.now() ?? now) - now) / dayMs) * dayMs;
  const scope: SeedScope = { users, seed, ids, now, daysPassed };
  const parts: SharedParts = { apps: once(() => applicationSeed(scope)), mail: mailSeed(scope) };
  const collections = createCollections(scope, parts);
  const relations = createRelations(scope, parts);
  return {
    collection: (type) => collections[type],
    relation: (relation) => relations.get(relation),
    locate(id) {
      // The organization's id is the tenant id, which does not encode a position.
      const type = id === tenant.id ? 'organization' : ids.locate(id)?.type;
      const position = type && collections[type].positionOf(id);
      return type && position !== undefined ? { type, position } : undefined;
    },
    deletedItems: deletedItems(scope),
  };
}

/** What collections and relations share. */
interface SharedParts {
  readonly apps: () => ReturnType<typeof applicationSeed>;
  readonly mail: ReturnType<typeof mailSeed>;
}

function createCollections(scope: SeedScope, { apps, mail }: SharedParts): Record<EntityType, SeedCollection> {
  const { ids } = scope;
  const list = (create: () => readonly Entity[], keys?: readonly string[]) =>
    lazyCollection(() => listCollection(create(), keys));
  return {
    user: userCollection(scope, ids.idOf('group', groupIndex(licenceGroupName))),
    group: lazyCollection(() => groupCollection(scope)),
    device: deviceCollection(scope),
    application: list(() => apps().applications, ['appId', 'uniqueName']),
    servicePrincipal: list(() => apps().servicePrincipals, ['appId']),
    federatedIdentityCredential: list(() => apps().federatedIdentityCredentials),
    appRoleAssignment: list(() => apps().appRoleAssignments),
    oAuth2PermissionGrant: list(() => apps().oAuth2PermissionGrants),
    directoryRole: list(() => directoryRoles(ids), ['roleTemplateId']),
    administrativeUnit: list(() => administrativeUnits(ids)),
    orgContact: list(() => orgContacts(ids)),
    subscribedSku: list(() => subscribedSkus(scope), ['skuId', 'skuPartNumber']),
    organization: list(() => [organizationEntity(scope)]),
    domain: list(domainEntities),
    invitation: listCollection([]),
    signIn: signInCollection(scope),
    directoryAudit: directoryAuditCollection(scope),
    mailFolder: mail.mailFolders,
    message: mail.messages,
  };
}

function createRelations(scope: SeedScope, { apps, mail }: SharedParts): ReadonlyMap<Relation, SeedRelation> {
  const owners = deviceOwners(scope);
  const pairs = (create: () => readonly (readonly [string, string])[]) => lazyRelation(() => pairRelation(create()));
  return new Map<Relation, SeedRelation>([
    ['user.manager', managerRelation(scope)],
    ['user.mailFolders', mail.userFolders],
    ['mailFolder.messages', mail.folderMessages],
    ['group.members', groupMembers(scope)],
    ['group.owners', lazyRelation(() => groupOwners(scope))],
    ['device.registeredOwners', owners],
    ['device.registeredUsers', owners],
    ['directoryRole.members', pairs(() => roleMemberPairs(scope))],
    ['application.owners', pairs(() => apps().ownerPairs)],
    ['application.federatedIdentityCredentials', pairs(() => apps().federatedPairs)],
    [
      'servicePrincipal.appRoleAssignments',
      pairs(() => apps().appRoleAssignments.map(({ id, principalId }) => [String(principalId), id])),
    ],
    [
      'servicePrincipal.appRoleAssignedTo',
      pairs(() => apps().appRoleAssignments.map(({ id, resourceId }) => [String(resourceId), id])),
    ],
    [
      'servicePrincipal.oauth2PermissionGrants',
      pairs(() => apps().oAuth2PermissionGrants.map(({ id, clientId }) => [String(clientId), id])),
    ],
  ]);
}

/** Deleted in recent weeks and restorable. Their ids follow those of live objects. */
function deletedItems(scope: SeedScope): Seed['deletedItems'] {
  const { users, ids, now } = scope;
  if (users === 0) return [];
  const beyond = 1_000_000;
  const people = userCollection({ ...scope, users: beyond + 3 }, '');
  const entries = [
    ...[0, 1, 2].map((number) => ({
      type: 'user' as const,
      entity: { ...people.at(beyond + number), ...unlicensed, accountEnabled: false },
      deletedAt: now - (number + 2) * dayMs,
    })),
    {
      type: 'group' as const,
      entity: newGroup({
        id: ids.idOf('group', beyond),
        displayName: 'Project Atlas',
        mailNickname: 'project-atlas',
        mail: `project-atlas@${tenant.domain}`,
        mailEnabled: true,
        securityEnabled: false,
        groupTypes: ['Unified'],
        createdDateTime: '2023-02-01T09:00:00Z',
        visibility: 'Private',
      }),
      deletedAt: now - 5 * dayMs,
    },
    {
      type: 'application' as const,
      entity: newApplication({
        id: ids.idOf('application', beyond),
        appId: ids.idOf('appId', beyond),
        displayName: 'Legacy Sync',
        createdDateTime: '2021-09-01T09:00:00Z',
        publisherDomain: tenant.domain,
      }),
      deletedAt: now - 9 * dayMs,
    },
  ];
  return entries.map(({ entity, ...rest }) => ({
    ...rest,
    entity: { ...entity, deletedDateTime: timestamp(rest.deletedAt) },
  }));
}

const unlicensed = { assignedLicenses: [], assignedPlans: [], provisionedPlans: [], licenseAssignmentStates: [] };
