import type { GraphHandler } from '../parsed-path.ts';
import { credentialRoutes } from './app-credentials.ts';
import { applicationRoutes } from './application-writes.ts';
import { deletedItemRoutes } from './deletion.ts';
import { deviceRoutes, directoryObjectRoutes } from './directory-object-writes.ts';
import { federatedCredentialRoutes } from './federated-credential-writes.ts';
import { appRoleAssignmentRoutes, permissionGrantRoutes } from './grant-writes.ts';
import { administrativeUnitRoutes, groupRoutes } from './group-writes.ts';
import { assignLicenceToUser } from './licensing/assign-licences.ts';
import type { GroupLicensing } from './licensing/group-licensing.ts';
import { referenceRoutes } from './references.ts';
import { invitationRoutes, userRoutes } from './user-writes.ts';
import { routeWrites } from './write-routes.ts';

/** All emulated directory writes, and the POSTs that read. */
export function createWriteHandler(licensing: GroupLicensing): GraphHandler {
  return routeWrites([
    userRoutes,
    invitationRoutes,
    groupRoutes(licensing.membershipChanged),
    administrativeUnitRoutes,
    deviceRoutes,
    applicationRoutes,
    credentialRoutes,
    federatedCredentialRoutes,
    appRoleAssignmentRoutes,
    permissionGrantRoutes,
    directoryObjectRoutes(),
    deletedItemRoutes,
    referenceRoutes(licensing.membershipChanged),
    {
      'POST /users/{id}/assignLicense': assignLicenceToUser,
      'POST /groups/{id}/assignLicense': licensing.assign,
      'POST /users/{id}/reprocessLicenseAssignment': licensing.reprocess,
    },
  ]);
}
