import type { ConnectionRecord } from '../connection.ts';
import { appOf, type ConversionContext } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';

/** Whether another connection of the same app signs in with this trust, or with one that we do not know. */
export async function isReliedOn(
  record: ConnectionRecord,
  trust: FederationTrust,
  { options }: ConversionContext,
): Promise<boolean> {
  const { clientId } = appOf(record);
  const isDeclared = options.declared.some(
    ({ auth_type, identity }) => auth_type === 'workload_identity' && identity.client_id === clientId,
  );
  return isDeclared || (await options.store.list()).some((other) => isUser(other));

  function isUser(other: ConnectionRecord): boolean {
    const credential = other.conversion?.federatedCredential;
    return (
      other.id !== record.id &&
      other.auth_type === 'workload_identity' &&
      other.identity.client_id === clientId &&
      (credential === undefined || (credential.issuer === trust.issuer && credential.subject === trust.subject))
    );
  }
}
