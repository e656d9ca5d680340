import { type AzureRole, azureRoles, dataRoles } from '../../apis/arm/built-in-roles.ts';
import type { Access, ConnectionScope } from '../../record/connection.ts';

/** Something a connection does in Azure, and the roles that allow it. */
export interface RoleNeed {
  /** End of the line's name: `role_assignments.storage`. */
  readonly name: string;
  /** Completes "to …". */
  readonly purpose: string;
  /** The same for a connection that only reads, where a part is enough for that. */
  readonly readPurpose?: string;
  /** A common misunderstanding, corrected. */
  readonly remark?: string;
  readonly plane: 'control' | 'data';
  /** Any of these is enough; the first is the one to ask for. */
  readonly anyOf: readonly [AzureRole, ...AzureRole[]];
  /** Roles that allow a part of it, and that part in words: "reads, but does not change". */
  readonly partly: { readonly roles: readonly AzureRole[]; readonly means: string };
  /** Whether that part is enough for a connection with access `read_only`. */
  readonly isPartEnoughForReading: boolean;
}

const { owner, contributor, reader, accessAdministrator, rbacAdministrator, mlDataScientist } = azureRoles;
const readers: readonly AzureRole[] = [reader, accessAdministrator, rbacAdministrator];
const nothing = { roles: [], means: '' };

const resourcesNeed: RoleNeed = {
  name: 'resources',
  purpose: 'manage resources',
  readPurpose: 'read resources',
  plane: 'control',
  anyOf: [contributor, owner],
  partly: { roles: readers, means: 'reads, and does not change anything' },
  isPartEnoughForReading: true,
};

const discoveryNeed: RoleNeed = {
  name: 'discovery',
  purpose: 'find the linked services',
  plane: 'control',
  anyOf: [reader, contributor, owner, accessAdministrator, rbacAdministrator],
  partly: nothing,
  isPartEnoughForReading: false,
};

const needsOfScope: Readonly<Partial<Record<ConnectionScope, readonly RoleNeed[]>>> = {
  storage: [
    {
      name: 'storage',
      purpose: 'read and write blobs',
      readPurpose: 'read blobs',
      remark: 'Owner and Contributor do not give access to data.',
      plane: 'data',
      anyOf: [dataRoles.blobContributor, dataRoles.blobOwner],
      partly: { roles: [dataRoles.blobReader], means: 'reads blobs, and does not write them' },
      isPartEnoughForReading: true,
    },
  ],
  broker: [
    {
      name: 'broker',
      purpose: 'manage queues, send and receive',
      readPurpose: 'receive from queues',
      remark: 'Owner and Contributor do not give access to data.',
      plane: 'data',
      anyOf: [dataRoles.serviceBusOwner],
      partly: {
        roles: [dataRoles.serviceBusReceiver, dataRoles.serviceBusSender],
        means: 'only one direction, and no list of queues',
      },
      isPartEnoughForReading: true,
    },
  ],
  vector: [
    {
      name: 'vector_data',
      purpose: 'read and write documents of indexes',
      readPurpose: 'query indexes',
      plane: 'data',
      anyOf: [dataRoles.searchIndexContributor],
      partly: { roles: [dataRoles.searchIndexReader], means: 'queries indexes, and does not write to them' },
      isPartEnoughForReading: true,
    },
    {
      name: 'vector_service',
      purpose: 'manage indexes',
      readPurpose: 'see indexes',
      plane: 'data',
      // The search service takes those of the control plane as well.
      anyOf: [dataRoles.searchService, contributor, owner],
      partly: { roles: [reader], means: 'sees indexes, and does not change them' },
      isPartEnoughForReading: true,
    },
  ],
  ml: [
    {
      name: 'ml',
      purpose: 'work in the workspace',
      readPurpose: 'read the workspace',
      plane: 'control',
      anyOf: [mlDataScientist, contributor, owner],
      partly: { roles: readers, means: 'reads, and does not change anything' },
      isPartEnoughForReading: true,
    },
  ],
};

const discovered: readonly ConnectionScope[] = ['storage', 'broker', 'database', 'graph', 'vector'];

/** What a connection with these scopes needs to have assigned. Who manages resources finds the services anyway. */
export function roleNeedsOf(scopes: readonly ConnectionScope[]): readonly RoleNeed[] {
  const managesResources = scopes.includes('resources');
  return [
    ...(managesResources ? [resourcesNeed] : []),
    ...(!managesResources && scopes.some((scope) => discovered.includes(scope)) ? [discoveryNeed] : []),
    ...scopes.flatMap((scope) => needsOfScope[scope] ?? []),
  ];
}

/** What to ask for: for a connection that only reads, the role that is enough for reading. */
export function wantedOf(
  { anyOf, purpose, partly, isPartEnoughForReading, readPurpose = purpose }: RoleNeed,
  access: Access,
): { readonly roles: RoleNeed['anyOf']; readonly purpose: string } {
  const [reader] = partly.roles;
  return access === 'read_only' && isPartEnoughForReading && reader !== undefined
    ? { roles: [reader], purpose: readPurpose }
    : { roles: anyOf, purpose };
}

/** Data planes that keep their own list of who may come in: no Azure role opens them. */
export const ownAccessControl: Readonly<
  Partial<Record<ConnectionScope, { readonly detail: string; readonly how: string }>>
> = {
  database: {
    detail:
      'No Azure role opens a PostgreSQL server: the server needs a database role for the identity, which data_plane tries.',
    how: "As an Entra administrator of the server, in database postgres: select * from pgaadauth_create_principal('<name of the app>', false, false);",
  },
  graph: {
    detail:
      'No Azure role opens a Gremlin account: it has role assignments of its own (or takes keys only), which data_plane tries.',
    how: 'Run list_linked_services with services ["cosmos-gremlin"] and probe: it names what is missing at each account.',
  },
};
