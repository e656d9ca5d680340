import type { GraphHandler } from '../parsed-path.ts';
import { administrativeUnitRoutes } from './administrative-unit-writes.ts';
import { credentialRoutes } from './app-credentials.ts';
import { appRoleAssignmentRoutes } from './app-role-assignment-writes.ts';
import { applicationRoutes } from './application-writes.ts';
import { deletedItemRoutes } from './deleted-item-writes.ts';
import { deviceRoutes } from './device-writes.ts';
import { directoryObjectRoutes } from './directory-object-writes.ts';
import { federatedCredentialRoutes } from './federated-credential-writes.ts';
import { groupRoutes } from './group-writes.ts';
import { invitationRoutes } from './invitation-writes.ts';
import { keyRoutes } from './key-writes.ts';
import { assignLicenceToUser } from './licensing/assign-to-user.ts';
import type { GroupLicensing } from './licensing/group-licensing.ts';
import { permissionGrantRoutes } from './permission-grant-writes.ts';
import { referenceRoutes } from './references.ts';
import { servicePrincipalRoutes } from './service-principal-writes.ts';
import { userRoutes } from './user-writes.ts';
import { routeWrites } from './write-handler.ts';

/** Every write of the directory that the sandbox emulates, and the POSTs that read. */
export function createWriteHandler(licensing: GroupLicensing): GraphHandler {
  return routeWrites([
    userRoutes,
    groupRoutes(licensing.membershipChanged),
    deviceRoutes,
    applicationRoutes,
    credentialRoutes,
    keyRoutes,
    administrativeUnitRoutes,
    federatedCredentialRoutes,
    servicePrincipalRoutes,
    appRoleAssignmentRoutes,
    permissionGrantRoutes,
    directoryObjectRoutes(),
    deletedItemRoutes,
    invitationRoutes,
    referenceRoutes(licensing.membershipChanged),
    {
      'POST /users/{id}/assignLicense': assignLicenceToUser,
      'POST /groups/{id}/assignLicense': licensing.assign,
      'POST /users/{id}/reprocessLicenseAssignment': licensing.reprocess,
    },
  ]);
}
