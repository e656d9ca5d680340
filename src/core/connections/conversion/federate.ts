import { quoteClaim } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { ConversionResult, ConvertConnection } from '../connection-service.ts';
import type { OpenConnection } from '../open-connection.ts';
import { changeRecord } from '../record-changes.ts';
import { checkWanted, readTrust } from './compare-trust.ts';
import { appOf, type ConversionContext, isoNow } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';
import { type FoundToken, findToken } from './find-token.ts';
import { isConvertedTo, planFederation, requireSame } from './plan-conversion.ts';
import { isNotTrusted, proveSignIn } from './prove-sign-in.ts';
import { type ProvidedCredential, provideCredential } from './provide-credential.ts';
import { removeSecret } from './remove-secret.ts';
import { takeBack } from './take-back.ts';

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
  const provided = await provideCredential(connection, trust, context, call);
  call.progress({ progress: 2, total: steps, message: 'signing in with the federated token' });
  noteLeftover(record, trust, call);
  const switched = await proveAndSwitch(connection, trust, provided, token, context, call);
  const changes = [...changesOf(provided, connection), ...switched.changes];
  call.progress({ progress: steps, total: steps });
  if (input.remove_secret !== true) return { record: switched.record, changes };
  const removed = await removeAfterwards(switched.record, connection, context, call);
  return { record: removed.record, changes: [...changes, ...removed.changes] };
}

async function proveAndSwitch(
  connection: OpenConnection,
  trust: FederationTrust,
  provided: ProvidedCredential,
  token: FoundToken,
  context: ConversionContext,
  call: CallContext,
): Promise<ConversionResult> {
  try {
    await prove(connection, provided, token, context, call);
    call.progress({ progress: 3, total: steps, message: 'switching the connection' });
    call.signal.throwIfAborted();
    return await switchRecord(connection.record, trust, provided, token, context, call);
  } catch (error) {
    throw error instanceof AppError && !call.signal.aborted
      ? await takeBack(error, connection, provided, context, call)
      : error;
  }
}

async function prove(
  connection: OpenConnection,
  { unreadable, credential }: ProvidedCredential,
  token: FoundToken,
  context: ConversionContext,
  call: CallContext,
): Promise<void> {
  if (unreadable === undefined) return proveSignIn(connection, token.secret, true, context, call);
  try {
    await proveSignIn(connection, token.secret, false, context, call);
  } catch (error) {
    throw error instanceof AppError && isNotTrusted(error) ? unreadable : error;
  }
  call.note(
    `The app could not be read, but it trusts the token already: ${quoteClaim(credential.subject)} of ${quoteClaim(credential.issuer)}.`,
  );
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
    if (isConvertedTo(current, trust)) throw new ConvertedMeanwhile(current);
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

/** A reversal that could not remove its credential is forgotten with the next conversion. */
function noteLeftover({ conversion }: ConnectionRecord, trust: FederationTrust, call: CallContext): void {
  const left = conversion?.federatedCredential;
  if (left?.name !== undefined && (left.issuer !== trust.issuer || left.subject !== trust.subject)) {
    call.note(`The federated credential ${left.name} of an earlier conversion is still on the app: delete it there.`);
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
    if (!(error instanceof AppError) || call.signal.aborted) throw error;
    call.note(`The secret was not removed from the app: ${error.message} Call again with remove_secret: true.`);
    return { record, changes: [] };
  }
}
