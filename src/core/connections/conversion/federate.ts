import { quoteClaim } from '../../auth/assertion-claims.ts';
import type { CallContext } from '../../call-context.ts';
import { AppError } from '../../errors.ts';
import type { OpenConnection } from '../../open-connection.ts';
import type { ConnectionRecord } from '../connection.ts';
import type { ConversionResult, ConvertConnection } from '../connection-service.ts';
import { changeRecord } from '../record-changes.ts';
import { addToError } from './add-to-error.ts';
import { checkWanted, readTrust } from './compare-trust.ts';
import { appOf, type ConversionContext, isoNow } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';
import { type FoundToken, findToken } from './find-token.ts';
import { isConvertedTo, planFederation, requireSame } from './plan-conversion.ts';
import { proveSignIn } from './prove-sign-in.ts';
import { type ProvidedCredential, provideCredential } from './provide-credential.ts';
import { isReliedOn } from './relied-on.ts';
import { removeSecret } from './remove-secret.ts';

const steps = 4;

/** Token, trust, proof, switch: in this order, so that what fails changes nothing. */
export async function federate(
  record: ConnectionRecord,
  input: ConvertConnection,
  context: ConversionContext,
  call: CallContext,
): Promise<ConversionResult> {
  const connection = await context.options.opener.open(record);
  checkWanted(input, connection.cloud, call);
  const token = await findToken(record, input.federated_token, context, call);
  const trust = readTrust(input, token.claims, connection.cloud, call);
  call.progress({ progress: 1, total: steps, message: 'adding the federated credential' });
  const provided = await provideCredential(connection, trust, call);
  call.progress({ progress: 2, total: steps, message: 'signing in with the federated token' });
  await prove(connection, provided, token, context, call);
  call.progress({ progress: 3, total: steps, message: 'switching the connection' });
  call.signal.throwIfAborted();
  const switched = await switchRecord(record, trust, provided, token, context, call);
  const changes = [...changesOf(provided, connection), ...switched.changes];
  call.progress({ progress: steps, total: steps });
  if (input.remove_secret !== true) {
    return { record: switched.record, changes };
  }
  const removed = await removeAfterwards(switched.record, connection, context, call);
  return { record: removed.record, changes: [...changes, ...removed.changes] };
}

async function prove(
  connection: OpenConnection,
  provided: ProvidedCredential,
  token: FoundToken,
  context: ConversionContext,
  call: CallContext,
): Promise<void> {
  const { unreadable, credential } = provided;
  try {
    await proveSignIn(connection, token.secret, unreadable === undefined, context, call);
  } catch (error) {
    if (!(error instanceof AppError) || call.signal.aborted) {
      throw error;
    }
    if (unreadable !== undefined) {
      throw unreadable;
    }
    throw await takeBack(error, connection, provided, context, call);
  }
  if (unreadable !== undefined) {
    call.note(
      `The app could not be read, but it trusts the token already: ${quoteClaim(credential.subject)} of ${quoteClaim(credential.issuer)}.`,
    );
  }
}

/** Removes the credential that this call made, unless somebody relies on it by now; the failure says what is left. */
async function takeBack(
  error: AppError,
  { identities, record }: OpenConnection,
  { added, credential }: ProvidedCredential,
  context: ConversionContext,
  call: CallContext,
): Promise<AppError> {
  if (added === undefined) {
    return addToError(
      error,
      `The connection is unchanged; the federated credential ${credential.name} of the app stays.`,
    );
  }
  const current = await context.options.store.get(record.name);
  const isConverted = current?.id === record.id && isConvertedTo(current, credential);
  if (isConverted || (await isReliedOn(record, credential, context))) {
    return addToError(error, `Meanwhile somebody else relies on the federated credential ${added.name}, so it stays.`);
  }
  try {
    await identities.removeFederatedCredential(added.parent, added.name, call);
    return addToError(error, 'The connection is unchanged, and the federated credential was taken back.');
  } catch {
    return addToError(
      error,
      `The connection is unchanged, but the new federated credential ${added.name} could not be taken back from the app.`,
    );
  }
}

async function switchRecord(
  record: ConnectionRecord,
  trust: FederationTrust,
  { credential }: ProvidedCredential,
  token: FoundToken,
  context: ConversionContext,
  call: CallContext,
): Promise<ConversionResult> {
  const { options, storage } = context;
  const secrets = await storage.put(record.id, token.toStore);
  const plan = (current: ConnectionRecord) => {
    if (isConvertedTo(current, trust)) {
      throw new ConvertedMeanwhile(current);
    }
    requireSame(record, current);
    return planFederation(current, { credential, secrets, now: isoNow(context) });
  };
  try {
    const change = await changeRecord(options.store, record, plan, call.signal);
    await storage.destroy(change.dropped);
    return {
      record: change.record,
      changes: [`switched ${record.name} from ${record.auth_type} to workload_identity`],
    };
  } catch (error) {
    await storage.destroy(secrets);
    if (error instanceof ConvertedMeanwhile) {
      call.note('The same conversion was made by somebody else at the same time.');
      return { record: error.record, changes: [] };
    }
    throw error;
  }
}

/** Signals that another call was faster with the same conversion. */
class ConvertedMeanwhile extends Error {
  override readonly name = 'ConvertedMeanwhile';
  readonly record: ConnectionRecord;

  constructor(record: ConnectionRecord) {
    super('converted meanwhile');
    this.record = record;
  }
}

function changesOf({ added, credential }: ProvidedCredential, { record }: OpenConnection): readonly string[] {
  return added === undefined
    ? []
    : [
        `added the federated credential ${added.name} to the app ${appOf(record).clientId}: ${quoteClaim(credential.subject)} of ${quoteClaim(credential.issuer)}`,
      ];
}

/** The conversion stands: what cannot be removed is told, and may be asked for again. */
async function removeAfterwards(
  record: ConnectionRecord,
  connection: OpenConnection,
  context: ConversionContext,
  call: CallContext,
): Promise<ConversionResult> {
  try {
    return await removeSecret(record, connection, context, call);
  } catch (error) {
    if (!(error instanceof AppError) || call.signal.aborted) {
      throw error;
    }
    call.note(`The secret was not removed from the app: ${error.message} Call again with remove_secret: true.`);
    return { record, changes: [] };
  }
}
