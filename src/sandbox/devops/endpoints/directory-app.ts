import { roleIds } from '../../arm/access/role-definitions.ts';
import { type ArmStore, assignmentKey } from '../../arm/arm-store.ts';
import { type Entity, type EntityStore, linkedEntities } from '../../base/entity-store.ts';
import { clientSecretOf, secretHint } from '../../entra/client-secret.ts';
import { newApplication, newServicePrincipal } from '../../graph/writes/new-objects.ts';
import type { Tenant } from '../../seed/tenant.ts';
import { timestamp } from '../../seed/timestamp.ts';
import type { DevOpsStore, EndpointRecord, TextMap } from '../devops-store.ts';
import { textAt } from '../text-map.ts';
import { assertionAudience, type Federation, federationOf } from './federation.ts';

export const dayMs = 86_400_000;
/** Lifetime of an automatic endpoint's secret: "3 months". */
export const automaticSecretDays = 90;
const relation = 'application.federatedIdentityCredentials';

interface NewApp {
  readonly appId: string;
  readonly objectId: string;
  readonly principalId: string;
  readonly displayName: string;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly tenant: Tenant;
}

/** The app registration and service principal of an endpoint. */
export function makeApp(
  { appId, objectId, principalId, displayName, createdAt, tenant }: NewApp,
  directory: EntityStore,
): void {
  const createdDateTime = timestamp(createdAt);
  directory.insert(
    'application',
    newApplication({ id: objectId, appId, displayName, createdDateTime, publisherDomain: tenant.domain }),
  );
  directory.insert(
    'servicePrincipal',
    newServicePrincipal({
      id: principalId,
      appId,
      displayName,
      createdDateTime,
      appOwnerOrganizationId: tenant.id,
      servicePrincipalNames: [appId],
    }),
  );
}

/** What an automatic endpoint records about its app. */
export function dataOfApp(
  { objectId, principalId }: Pick<NewApp, 'objectId' | 'principalId'>,
  assignment: string,
): TextMap {
  return {
    appObjectId: objectId,
    spnObjectId: principalId,
    azureSpnRoleAssignmentId: assignment,
    azureSpnPermissions: JSON.stringify([
      { roleAssignmentId: assignment, resourceProvider: 'Microsoft.RoleAssignment', provisioned: true },
    ]),
  };
}

/** Gives the app a secret and returns its text. */
export function addSecret(
  objectId: string,
  { keyId, endsAt, startsAt }: { readonly keyId: string; readonly startsAt: number; readonly endsAt: number },
  directory: EntityStore,
): string {
  const application = directory.get('application', objectId);
  const credentials = Array.isArray(application?.['passwordCredentials']) ? application['passwordCredentials'] : [];
  const secretText = clientSecretOf(keyId);
  const credential = {
    customKeyIdentifier: null,
    displayName: 'Azure DevOps',
    endDateTime: timestamp(endsAt),
    hint: secretHint(secretText),
    keyId,
    secretText: null,
    startDateTime: timestamp(startsAt),
  };
  directory.update('application', objectId, { passwordCredentials: [...credentials, credential] });
  return secretText;
}

export function secretEnd(now: number): number {
  return now + automaticSecretDays * dayMs;
}

/** Makes the endpoint's app trust its issuer and subject. Returns the reason if that is not possible. */
export function federate(
  endpoint: EndpointRecord,
  newId: () => string,
  { directory, store }: { readonly directory: EntityStore; readonly store: DevOpsStore },
): string | undefined {
  const appId = textAt(endpoint.authorization.parameters, 'serviceprincipalid') ?? '';
  const application = directory.findByKey('application', 'appId', appId);
  if (!application) {
    return `Application with identifier '${appId}' was not found in the directory '${store.tenant.id}'.`;
  }
  const { issuer, subject } = federationOf(endpoint, store);
  const id = newId();
  const existing = federationsOf(application, directory);
  if (existing.some((one) => one['issuer'] === issuer && one['subject'] === subject)) return undefined;
  if (existing.length >= 20) {
    return `Failed to add the federated credential to the app '${String(application['appId'])}': the number of federated identity credentials cannot exceed 20.`;
  }
  const audiences = [assertionAudience(textAt(endpoint.data, 'environment'))];
  const credential = { id, name: endpoint.id, issuer, subject, audiences, description: 'Made by Azure DevOps' };
  directory.insert('federatedIdentityCredential', credential);
  directory.link(relation, application.id, id);
  return undefined;
}

export function removeFederation(application: Entity, { issuer, subject }: Federation, directory: EntityStore): void {
  for (const one of federationsOf(application, directory)) {
    if (one['issuer'] !== issuer || one['subject'] !== subject) continue;
    directory.unlink(relation, application.id, one.id);
    directory.purge('federatedIdentityCredential', one.id);
  }
}

function federationsOf({ id }: Entity, directory: EntityStore): readonly Entity[] {
  return linkedEntities(directory, relation, id, 'federatedIdentityCredential');
}

interface NewAssignment {
  /** GUID of the assignment. */
  readonly name: string;
  readonly principalId: string;
  readonly scope: string;
  readonly role?: keyof typeof roleIds;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** Assigns a role; default: Contributor. */
export function assignRole(
  { name, principalId, scope, role = 'contributor', createdAt }: NewAssignment,
  arm: ArmStore,
): void {
  const assignment = {
    name,
    scope,
    roleId: roleIds[role],
    principalId,
    principalType: 'ServicePrincipal',
    createdOn: new Date(createdAt).toISOString(),
  };
  arm.roleAssignments.set(assignmentKey(assignment), assignment);
}

/** Soft-deletes an app with its principal and removes its role assignments. */
export function removeApp(appId: string, directory: EntityStore, arm: ArmStore): void {
  const principal = directory.findByKey('servicePrincipal', 'appId', appId);
  for (const [key, { principalId }] of [...arm.roleAssignments]) {
    if (principalId === principal?.id) arm.roleAssignments.delete(key);
  }
  const application = directory.findByKey('application', 'appId', appId);
  if (principal) directory.softDelete('servicePrincipal', principal.id);
  if (application) directory.softDelete('application', application.id);
}
