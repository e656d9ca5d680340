import type { Entity, EntityType, Relation } from '../entity-store.ts';
import { newApplication, newGroup } from '../graph/writes/new-objects.ts';
import { applicationSeed } from './applications.ts';
import { directoryAuditCollection, signInCollection } from './audit.ts';
import { deviceCollection, deviceCount, deviceOwners } from './devices.ts';
import {
  administrativeUnits,
  directoryRoles,
  domainEntities,
  organizationEntity,
  orgContacts,
  roleMemberPairs,
  subscribedSkus,
} from './directory.ts';
import { groupMembers, groupOwners } from './group-relations.ts';
import { groupCollection, groupIndex, licenceGroupName } from './groups.ts';
import { mailSeed } from './mail.ts';
import { managerRelation } from './manager-relation.ts';
import {
  lazyCollection,
  listCollection,
  pairRelation,
  type Seed,
  type SeedCollection,
  type SeedRelation,
} from './seed.ts';
import { createSeedIds, type SeedIds } from './seed-ids.ts';
import { tenant } from './tenant.ts';
import { userCollection } from './users.ts';

export interface SeedOptions {
  /** Number of users. Default 240. */
  readonly users?: number;
  /** Seed of the generator. Default 1. */
  readonly seed?: number;
  /** Start of the sandbox clock, milliseconds: expiry dates, sign-ins and mail are placed around it. */
  readonly now: number;
}

/** The tenant `contoso.example`. Nothing is made before it is looked at. */
export function createSeed({ users = 240, seed = 1, now }: SeedOptions): Seed {
  const ids = createSeedIds(seed);
  const collections = createCollections(users, seed, ids, now);
  const relations = createRelations(users, seed, ids, now);
  return {
    collection: (type) => collections[type],
    relation: (relation) => relations.get(relation),
    locate(id) {
      // The organization's id is the tenant's, which carries no position.
      const type = id === tenant.id ? 'organization' : ids.locate(id)?.type;
      const position = type && collections[type].positionOf(id);
      return type && position !== undefined ? { type, position } : undefined;
    },
    deletedItems: deletedItems(users, seed, ids, now),
  };
}

function createCollections(users: number, seed: number, ids: SeedIds, now: number): Record<EntityType, SeedCollection> {
  const apps = once(() => applicationSeed(ids, now));
  const mail = mailSeed(users, seed, ids, now);
  const audit = { users, seed, ids, now };
  const list = (create: () => readonly Entity[], keys?: readonly string[]) =>
    lazyCollection(() => listCollection(create(), keys));
  return {
    user: userCollection({ size: users, seed, ids, licenceGroupId: ids.idOf('group', groupIndex(licenceGroupName)) }),
    group: lazyCollection(() => groupCollection(ids)),
    device: deviceCollection(users, seed, ids),
    application: list(() => apps().applications, ['appId', 'uniqueName']),
    servicePrincipal: list(() => apps().servicePrincipals, ['appId']),
    federatedIdentityCredential: list(() => apps().federatedIdentityCredentials),
    appRoleAssignment: list(() => apps().appRoleAssignments),
    oAuth2PermissionGrant: list(() => apps().oAuth2PermissionGrants),
    directoryRole: list(() => directoryRoles(ids), ['roleTemplateId']),
    administrativeUnit: list(() => administrativeUnits(ids)),
    orgContact: list(() => orgContacts(ids)),
    subscribedSku: list(() => subscribedSkus(users, seed, ids), ['skuId', 'skuPartNumber']),
    organization: list(() => [organizationEntity()]),
    domain: list(domainEntities),
    invitation: listCollection([]),
    signIn: signInCollection(audit),
    directoryAudit: directoryAuditCollection(audit),
    mailFolder: mail.mailFolders,
    message: mail.messages,
  };
}

function createRelations(users: number, seed: number, ids: SeedIds, now: number): ReadonlyMap<Relation, SeedRelation> {
  const apps = once(() => applicationSeed(ids, now));
  const mail = mailSeed(users, seed, ids, now);
  const groups = { users, devices: deviceCount(users), seed, ids };
  const owners = deviceOwners(users, ids);
  const pairs = (create: () => readonly (readonly [string, string])[]) => lazyRelation(() => pairRelation(create()));
  return new Map<Relation, SeedRelation>([
    ['user.manager', managerRelation(users, ids)],
    ['user.mailFolders', mail.userFolders],
    ['mailFolder.messages', mail.folderMessages],
    ['group.members', groupMembers(groups)],
    ['group.owners', lazyRelation(() => groupOwners(groups))],
    ['device.registeredOwners', owners],
    ['device.registeredUsers', owners],
    ['directoryRole.members', pairs(() => roleMemberPairs(users, ids))],
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

/** Deleted in the last weeks, restorable. Their ids lie beyond the live ones. */
function deletedItems(users: number, seed: number, ids: SeedIds, now: number): Seed['deletedItems'] {
  const beyond = 1_000_000;
  const people = userCollection({ size: beyond + 3, seed, ids, licenceGroupId: '' });
  const day = 86_400_000;
  const entries = [
    ...[0, 1, 2].map((number) => ({
      type: 'user' as const,
      entity: { ...people.at(beyond + number), ...unlicensed, accountEnabled: false },
      deletedAt: now - (number + 2) * day,
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
      deletedAt: now - 5 * day,
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
      deletedAt: now - 9 * day,
    },
  ];
  return users === 0
    ? []
    : entries.map(({ type, entity, deletedAt }) => ({
        type,
        deletedAt,
        entity: { ...entity, deletedDateTime: new Date(deletedAt).toISOString().replace(/\.\d+/, '') },
      }));
}

const unlicensed = { assignedLicenses: [], assignedPlans: [], provisionedPlans: [], licenseAssignmentStates: [] };

function lazyRelation(create: () => SeedRelation): SeedRelation {
  const relation = once(create);
  return { links: (id) => relation().links(id), backlinks: (id) => relation().backlinks(id) };
}

function once<T>(create: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: create() };
    return made.value;
  };
}
