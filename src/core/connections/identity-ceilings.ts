import { guidPattern } from '../base/guid.ts';
import type { AuthType, ConnectionIdentity, ConnectionRecord } from '../record/connection.ts';

/** What a connection signs in as. */
export interface SignInIdentities {
  /** Apps by client id, in lower case; the tenant as it was named. */
  readonly apps: readonly { readonly client: string; readonly tenant: string | undefined }[];
  /** This machine, or a person who is signed in on it. */
  readonly isAmbient: boolean;
}

/** Kinds that sign in as this machine, or as a person at it. Which of them it will be, the name does not tell. */
const ambientTypes: ReadonlySet<AuthType> = new Set(['managed_identity', 'azure_cli', 'device_code', 'default']);

/** Whether a connection signs in as this machine or its user. The pipeline's own token is such an identity, too. */
export function isAmbient({ auth_type, status, secrets }: ConnectionRecord): boolean {
  if (ambientTypes.has(auth_type)) return true;
  return (
    auth_type === 'workload_identity' && status === 'ready' && !secrets.some(({ field }) => field === 'federated_token')
  );
}

/** `claimed` is what a secret says about its owner, whatever the caller named. */
export function identitiesOf(record: ConnectionRecord, claimed: ConnectionIdentity = {}): SignInIdentities {
  const apps = [record.identity, claimed].flatMap(({ client_id: client, tenant_id: tenant }) =>
    client === undefined ? [] : [{ client: client.toLowerCase(), tenant: tenant?.toLowerCase() }],
  );
  return { apps, isAmbient: ambientTypes.has(record.auth_type) };
}

/**
 * Whether two connections may sign in as the same identity. The cloud does not count: several names can lead to one login
 * host. Where a tenant is named by a domain, or not at all, the app alone decides: only the service knows whose it is.
 */
export function isSameIdentity(one: SignInIdentities, other: SignInIdentities): boolean {
  if (one.isAmbient && other.isAmbient) return true;
  return one.apps.some((app) =>
    other.apps.some(({ client, tenant }) => client === app.client && mayBeSameTenant(tenant, app.tenant)),
  );
}

function mayBeSameTenant(one: string | undefined, other: string | undefined): boolean {
  const areIds = [one, other].every((tenant) => tenant !== undefined && guidPattern.test(tenant));
  return !areIds || one === other;
}
