import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { GraphApi } from '../apis/graph/graph-api.ts';
import { exchangeAudience } from '../auth/federated-token.ts';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import { readApplicationAccess } from './application-access.ts';
import { applicationCredentials } from './application-federation.ts';
import { ensureApplication, ensureServicePrincipal, findApplication, removeApplication } from './applications.ts';
import { Directory } from './directory.ts';
import { ensureCredential } from './federated-credentials.ts';
import type { FederatedParent, Identities } from './identities.ts';
import { createTurns } from './in-turn.ts';
import { getUserAssignedIdentity, managedIdentityCredentials } from './managed-identity-federation.ts';
import { addPassword, removePassword } from './passwords.ts';
import { ensureRoleAssignment, findRole, removeRoleAssignment } from './role-assignments.ts';

export interface IdentitiesOptions {
  readonly graph: GraphApi;
  readonly arm: ArmApi;
  readonly cloud: Cloud;
  readonly clock: Clock;
}

/** App registrations, managed identities, their credentials and roles, with the rights of one connection. */
export function createIdentities({ graph, arm, cloud, clock }: IdentitiesOptions): Identities {
  const directory = new Directory(graph, clock);
  const managed = { arm, clock, inTurn: createTurns() };
  const credentialsOf = (parent: FederatedParent) =>
    parent.kind === 'application'
      ? applicationCredentials(directory, parent.objectId)
      : managedIdentityCredentials(managed, parent.resourceId);
  return {
    findApplication: (key, call) => findApplication(directory, key, call),
    ensureApplication: (wanted, call) => ensureApplication(directory, wanted, call),
    readApplicationAccess: (objectId, call) => readApplicationAccess(directory, objectId, call),
    removeApplication: (objectId, call) => removeApplication(directory, objectId, call),
    ensureServicePrincipal: (appId, call) => ensureServicePrincipal(directory, appId, call),
    listFederatedCredentials: async (parent, call) => credentialsOf(parent).list(call),
    ensureFederatedCredential: async (parent, wanted, call) => {
      const audience = wanted.audience === '' ? exchangeAudience(cloud) : wanted.audience;
      return ensureCredential(credentialsOf(parent), { ...wanted, audience }, call);
    },
    removeFederatedCredential: async (parent, name, call) => credentialsOf(parent).remove(name, call),
    addPassword: (objectId, password, call) => addPassword(directory, clock, objectId, password, call),
    removePassword: (objectId, keyId, call) => removePassword(directory, objectId, keyId, call),
    getUserAssignedIdentity: async (resourceId, call) => getUserAssignedIdentity(managed, resourceId, call),
    findRole: (role, scope, call) => findRole(arm, role, scope, call),
    ensureRoleAssignment: (wanted, call) => ensureRoleAssignment({ arm, clock }, wanted, call),
    removeRoleAssignment: (id, call) => removeRoleAssignment(arm, id, call),
  };
}
