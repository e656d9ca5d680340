import type { ConnectionRecord } from '../../record/connection.ts';
import { appOf, type ConversionContext } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';
import { isConvertedTo } from './plan-conversion.ts';

/** Whether a connection of the app, as it is stored now, signs in with this trust, or another one in a way that we do not know. */
export async function isReliedOn(
  record: ConnectionRecord,
  trust: FederationTrust,
  { options }: ConversionContext,
): Promise<boolean> {
  const { clientId } = appOf(record);
  const isDeclared = options.declared.some(
    ({ auth_type, identity }) => auth_type === 'workload_identity' && identity.client_id === clientId,
  );
  return isDeclared || (await options.store.listAll()).some((other) => isUser(other));

  function isUser(other: ConnectionRecord): boolean {
    if (other.id === record.id) return isConvertedTo(other, trust);
    const credential = other.conversion?.federatedCredential;
    return (
      other.auth_type === 'workload_identity' &&
      other.identity.client_id === clientId &&
      (credential === undefined || (credential.issuer === trust.issuer && credential.subject === trust.subject))
    );
  }
}
