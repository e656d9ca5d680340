import { hash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { FederatedParent } from '../../identities/identities.ts';
import type { ConnectionRecord, ConversionState } from '../../record/connection.ts';
import type { OpenConnection } from '../connection-service.ts';
import { appOf, type ConversionContext, identitiesOf } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';
import { isConvertedTo } from './plan-conversion.ts';

/** The app's trust in the tokens, as far as this connection may see and change it. */
export interface ProvidedCredential {
  readonly credential: ConversionState['federatedCredential'];
  /** Made by this call; a failure removes it. */
  readonly added: { readonly parent: FederatedParent; readonly name: string } | undefined;
  /** Why the app could not be read or changed. The credential may still exist, made by someone with more rights. */
  readonly unreadable: AppError | undefined;
}

/** Depends on connection and trust only, so that a repeat finds what an earlier attempt made. */
function credentialName({ id, name }: ConnectionRecord, { issuer, subject }: FederationTrust): string {
  const digest = hash('sha256', JSON.stringify([id, issuer, subject])).slice(0, 16);
  return `tenantry-${name}-${digest}`;
}

/** Makes the app of the connection trust the tokens, unless it already does. */
export async function provideCredential(
  connection: OpenConnection,
  trust: FederationTrust,
  context: ConversionContext,
): Promise<ProvidedCredential> {
  const { call } = context;
  const { record } = connection;
  const identities = identitiesOf(connection, context);
  const { clientId, tenantId } = appOf(record);
  try {
    const application = await identities.findApplication({ appId: clientId }, call);
    if (application === undefined) {
      return byHand(
        trust,
        new AppError('not_found', `The app registration ${clientId} is not in the tenant ${tenantId}.`, {
          hint: `Add the federated credential where the app is registered: ${valuesOf(trust)}; then call convert_connection again.`,
        }),
      );
    }
    const parent: FederatedParent = { kind: 'application', objectId: application.id };
    const name = credentialName(record, trust);
    const description = `Sign-in of the Tenantry connection ${record.name}`;
    const { value, isNew } = await identities.ensureFederatedCredential(parent, { name, ...trust, description }, call);
    const isOurs = isNew || value.name === name;
    return {
      credential: { name: value.name, ...trust, isOurs },
      added: isNew ? { parent, name: value.name } : undefined,
      unreadable: undefined,
    };
  } catch (error) {
    if (error instanceof AppError && error.code === 'permission_denied') {
      return byHand(
        trust,
        error.with({
          message: `${whoMayNot(context)} ${error.message}`,
          hint: `Pass admin_connection, a connection that may change the app, or grant Application.ReadWrite.OwnedBy and make the app an owner of itself, or let an administrator add a federated credential to the app ${clientId} with ${valuesOf(trust)}; then call convert_connection again.`,
        }),
      );
    }
    throw error;
  }
}

function whoMayNot({ admin }: ConversionContext): string {
  return admin === undefined
    ? 'The app may not add a federated credential to itself.'
    : `The connection ${admin.record.name} may not add a federated credential to the app.`;
}

function byHand(trust: FederationTrust, unreadable: AppError): ProvidedCredential {
  return { credential: { ...trust, isOurs: false }, added: undefined, unreadable };
}

function valuesOf({ issuer, subject, audience }: FederationTrust): string {
  return `issuer ${quoted(issuer)}, subject ${quoted(subject)}, audience ${quoted(audience)}`;
}

/**
 * Removes the credential that a failed call made, unless another connection relies on it by then. Resolves with the
 * failure, extended by what is left in the tenant.
 */
export async function takeBack(
  error: AppError,
  connection: OpenConnection,
  { added, credential }: ProvidedCredential,
  context: ConversionContext,
): Promise<AppError> {
  const told = (sentence: string) => error.with({ message: `${error.message} ${sentence}` });
  const { record } = connection;
  const unchanged = `${record.name} is not converted`;
  if (added === undefined && credential.name === undefined) return told(`${unchanged}, and nothing was changed.`);
  if (added === undefined)
    return told(`${unchanged}; the federated credential ${quoted(credential.name)} of the app stays.`);
  if (await isReliedOn(record, credential, context)) {
    return told(`The federated credential ${added.name} stays, since a connection now relies on it.`);
  }
  try {
    await identitiesOf(connection, context).removeFederatedCredential(added.parent, added.name, context.call);
    return told(`${unchanged}, and the federated credential was taken back.`);
  } catch {
    return told(`${unchanged}, but the new federated credential ${added.name} could not be taken back from the app.`);
  }
}

/** Whether a stored connection of the app signs in with this trust, or in a federated way that we do not know. */
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
