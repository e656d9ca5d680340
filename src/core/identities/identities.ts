import type { CallContext } from '../base/call-context.ts';
import type { Secret } from '../secrets/secret.ts';

/** An app registration, reduced to what we use. */
export interface Application {
  /** Object id: the address in Microsoft Graph. */
  readonly id: string;
  /** Client id: the address everywhere else. */
  readonly appId: string;
  readonly displayName: string;
  readonly passwords: readonly ApplicationPassword[];
}

/** A client secret of an app, without its text. */
export interface ApplicationPassword {
  readonly keyId: string;
  readonly displayName: string | undefined;
  /** First three characters of the secret. */
  readonly hint: string | undefined;
  /** ISO 8601. */
  readonly endDateTime: string | undefined;
}

/** Who can sign in as an app, or let others do so, apart from directory administrators and federated credentials. */
export interface ApplicationAccess {
  /** Object ids in lower case. */
  readonly owners: readonly string[];
  /** How many client secrets and certificates it has. */
  readonly secrets: number;
}

/** Something found or made. */
export interface Ensured<T> {
  readonly value: T;
  /** Whether this call made it; an undo removes only what was made. */
  readonly isNew: boolean;
}

/** What a federated credential belongs to. */
export type FederatedParent =
  | { readonly kind: 'application'; readonly objectId: string }
  /** ARM id of a user-assigned managed identity. */
  | { readonly kind: 'managed_identity'; readonly resourceId: string };

/** Trust in tokens of another issuer. Matching is exact: case, slashes and all. */
export interface FederatedCredential {
  /** 3 to 120 url-friendly characters, unique in its parent, immutable. */
  readonly name: string;
  readonly issuer: string;
  readonly subject: string;
  /** `api://AzureADTokenExchange` in the public cloud. */
  readonly audience: string;
  readonly description?: string;
}

/** A user-assigned managed identity. */
export interface UserAssignedIdentity {
  readonly resourceId: string;
  readonly name: string;
  readonly clientId: string;
  readonly principalId: string;
  readonly tenantId: string;
}

export interface EnsureApplication {
  /** Alternate key in the tenant: the same name is the same app, however often it is asked for. */
  readonly uniqueName: string;
  readonly displayName: string;
  readonly serviceManagementReference?: string | undefined;
}

export interface NewPassword {
  readonly keyId: string;
  readonly secret: Secret;
  /** ISO 8601. */
  readonly expiresAt: string;
}

export interface EnsureRoleAssignment {
  /** Object id of the service principal. */
  readonly principalId: string;
  /** Name of a role, or the GUID of its definition. */
  readonly role: string;
  /** ARM scope: `/subscriptions/{id}`, a group, a resource, or a management group. */
  readonly scope: string;
}

export interface RoleAssignment {
  readonly id: string;
  readonly role: string;
  readonly roleDefinitionId: string;
  readonly scope: string;
}

/**
 * Makes and finds app registrations, their credentials and role assignments, with the rights of one connection. Every
 * `ensure…` may be repeated: what exists is found again by its natural key, and nothing is made twice. Waits for
 * replication of the directory are part of it.
 */
export interface Identities {
  /** By client id or object id; undefined when the tenant has none. */
  findApplication(
    key: { readonly appId: string } | { readonly uniqueName: string },
    call: CallContext,
  ): Promise<Application | undefined>;
  ensureApplication(wanted: EnsureApplication, call: CallContext): Promise<Ensured<Application>>;
  readApplicationAccess(objectId: string, call: CallContext): Promise<ApplicationAccess>;
  removeApplication(objectId: string, call: CallContext): Promise<void>;
  /** Object id of the service principal of an app. */
  ensureServicePrincipal(appId: string, call: CallContext): Promise<Ensured<string>>;
  listFederatedCredentials(parent: FederatedParent, call: CallContext): Promise<readonly FederatedCredential[]>;
  /**
   * Finds a credential with the same issuer and subject, whatever its name; throws `conflict` where the parent is full
   * or the name is taken by another.
   */
  ensureFederatedCredential(
    parent: FederatedParent,
    wanted: FederatedCredential,
    call: CallContext,
  ): Promise<Ensured<FederatedCredential>>;
  removeFederatedCredential(parent: FederatedParent, name: string, call: CallContext): Promise<void>;
  /** Never sent twice: each success makes another secret. */
  addPassword(
    objectId: string,
    password: { readonly displayName: string; readonly lifetimeDays: number },
    call: CallContext,
  ): Promise<NewPassword>;
  removePassword(objectId: string, keyId: string, call: CallContext): Promise<void>;
  getUserAssignedIdentity(resourceId: string, call: CallContext): Promise<UserAssignedIdentity>;
  /** The role of a name or GUID at a scope; throws `not_found` with the nearest names. Only reads. */
  findRole(role: string, scope: string, call: CallContext): Promise<{ readonly id: string; readonly name: string }>;
  ensureRoleAssignment(wanted: EnsureRoleAssignment, call: CallContext): Promise<Ensured<RoleAssignment>>;
  removeRoleAssignment(id: string, call: CallContext): Promise<void>;
}
