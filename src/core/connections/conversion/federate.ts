import { readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import { gatherYes } from '../../base/authority.ts';
import type { CallContext } from '../../base/call-context.ts';
import { isoNow } from '../../base/clock.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { untilSettled } from '../../identities/directory.ts';
import type { ConnectionRecord, SecretInfo } from '../../record/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { GrantedBy } from '../ceilings.ts';
import type { ConversionResult, ConvertConnection, OpenConnection } from '../connection-service.ts';
import { changeWithSecrets } from '../record-changes.ts';
import { type ProvidedCredential, provideCredential, takeBack } from './app-credential.ts';
import { appOf, type ConversionContext, guardOf } from './conversion-context.ts';
import { checkWanted, type FoundToken, federatedRecord, findToken, readTrust } from './federated-token.ts';
import { type FederationTrust, notTrustedCodes } from './federation-trust.ts';
import { isConvertedTo, planFederation, requireSame } from './plan-conversion.ts';
import { removeSecret } from './remove-secret.ts';

const steps = 4;

/** Token, trust, proof, switch: in this order, so that a failure changes nothing. */
export async function federate(
  record: ConnectionRecord,
  input: ConvertConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  const connection = await context.options.opener.open(record, context.call.caller);
  checkWanted(input, connection.cloud, call);
  const gathered = gatherYes(call.authority);
  const asking = { ...context, call: { ...call, authority: gathered.authority } };
  const grantedBy = await judge(record, input.federated_token !== undefined, asking);
  const token = await findToken(record, input.federated_token, context);
  const trust = readTrust(input, token.claims, connection.cloud, call);
  await askFor(record, trust, input.remove_secret === true, connection, asking);
  await gathered.ask();
  call.progress({ progress: 1, total: steps, message: 'adding the federated credential' });
  const provided = await provideCredential(connection, trust, context);
  call.progress({ progress: 2, total: steps, message: 'signing in with the federated token' });
  noteLeftover(record, trust, call);
  const found = { ...token, ...withoutUndefined({ grantedBy }) };
  const switched = await proveAndSwitch(connection, trust, provided, found, context);
  const changes = [...changesOf(provided, connection), ...switched.changes];
  call.progress({ progress: steps, total: steps, message: 'converted' });
  if (input.remove_secret !== true) return { record: switched.record, changes };
  const removed = await removeAfterwards(switched.record, connection, context);
  return { record: removed.record, changes: [...changes, ...removed.changes] };
}

/** One question for the new trust and, where that is wanted, the end of the old secret. */
function askFor(
  record: ConnectionRecord,
  { issuer, subject }: FederationTrust,
  removesSecret: boolean,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<void> {
  const { clientId } = appOf(record);
  return guardOf(connection, context).askForTask(
    {
      summary: `Convert the connection ${quoted(record.name)} to workload identity federation`,
      details: [
        `let the app ${quoted(clientId)} trust ${quoted(subject, 1_000)} of ${quoted(issuer, 1_000)}`,
        ...(removesSecret ? [`remove its client secret from the app ${quoted(clientId)}`] : []),
      ],
      covers: ['credential', 'own_app'],
    },
    context.call,
  );
}

/** Without a token of its own, the connection will sign in with that of the machine it runs on. */
function judge(
  record: ConnectionRecord,
  hasToken: boolean,
  { ceilings, call }: ConversionContext,
): Promise<GrantedBy | undefined> {
  const next = federatedRecord(record, hasToken ? [{ ...placeholder, storedAt: record.updatedAt }] : []);
  return ceilings.judge({ before: record, next }, call);
}

/** Stands for a token that is not stored yet. */
const placeholder: Omit<SecretInfo, 'storedAt'> = {
  field: 'federated_token',
  ref: 'trial',
  fingerprint: '',
  source: 'file',
};

interface JudgedToken extends FoundToken {
  readonly grantedBy?: GrantedBy;
}

async function proveAndSwitch(
  connection: OpenConnection,
  trust: FederationTrust,
  provided: ProvidedCredential,
  token: JudgedToken,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  try {
    await prove(connection, provided, token, context);
    call.progress({ progress: 3, total: steps, message: 'switching the connection' });
    call.signal.throwIfAborted();
    return await switchRecord(connection.record, trust, provided, token, context);
  } catch (error) {
    throw error instanceof AppError && !call.signal.aborted
      ? await takeBack(error, connection, provided, context)
      : error;
  }
}

async function prove(
  connection: OpenConnection,
  { unreadable, credential }: ProvidedCredential,
  token: FoundToken,
  context: ConversionContext,
): Promise<void> {
  if (unreadable === undefined) return proveSignIn(connection, token.secret, true, context);
  try {
    await proveSignIn(connection, token.secret, false, context);
  } catch (error) {
    throw error instanceof AppError && isNotTrusted(error) ? unreadable : error;
  }
  context.call.note(
    `The app could not be read, but it trusts the token already: ${quoted(credential.subject)} of ${quoted(credential.issuer)}.`,
  );
}

async function switchRecord(
  record: ConnectionRecord,
  trust: FederationTrust,
  { credential }: ProvidedCredential,
  token: JudgedToken,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { options, storage, call } = context;
  const plan = (current: ConnectionRecord, secrets: readonly SecretInfo[]) => {
    if (isConvertedTo(current, trust)) throw new ConvertedMeanwhile(current);
    requireSame(record, current);
    const { grantedBy } = token;
    const now = isoNow(options.clock);
    return planFederation(current, { credential, secrets, now, ...withoutUndefined({ grantedBy }) });
  };
  try {
    const switched = await changeWithSecrets(record, token.toStore, plan, { store: options.store, storage, call });
    return { record: switched, changes: [`switched ${record.name} from ${record.auth_type} to workload_identity`] };
  } catch (error) {
    if (!(error instanceof ConvertedMeanwhile)) throw error;
    call.note('Another call made the same conversion at the same time.');
    return { record: error.record, changes: [] };
  }
}

/** Signals that another call finished the same conversion first. */
class ConvertedMeanwhile extends Error {
  override readonly name = 'ConvertedMeanwhile';
  readonly record: ConnectionRecord;

  constructor(record: ConnectionRecord) {
    super('converted meanwhile');
    this.record = record;
  }
}

/** The next conversion forgets a credential that a reversal could not remove. */
function noteLeftover({ conversion }: ConnectionRecord, trust: FederationTrust, call: CallContext): void {
  const left = conversion?.federatedCredential;
  if (left?.name !== undefined && (left.issuer !== trust.issuer || left.subject !== trust.subject)) {
    call.note(
      `The federated credential ${quoted(left.name)} of an earlier conversion is still on the app: delete it there.`,
    );
  }
}

function changesOf({ added, credential }: ProvidedCredential, { record }: OpenConnection): readonly string[] {
  return added === undefined
    ? []
    : [
        `added the federated credential ${quoted(added.name)} to the app ${appOf(record).clientId}: ${quoted(credential.subject)} of ${quoted(credential.issuer)}`,
      ];
}

/** The conversion stands: a secret that cannot be removed gets a note, and can be asked for again. */
async function removeAfterwards(
  record: ConnectionRecord,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<ConversionResult> {
  const { call } = context;
  try {
    return await removeSecret(record, connection, context);
  } catch (error) {
    if (!(error instanceof AppError) || call.signal.aborted) throw error;
    call.note(`The secret was not removed from the app: ${error.message} Call again with remove_secret: true.`);
    return { record, changes: [] };
  }
}

/** New credentials are usually known everywhere within this time. */
const longestWaitMs = 120_000;
const reserveMs = 10_000;

/**
 * Signs in with the federated token as the record will, and checks that it is the same app in the same tenant as now.
 * With `patience`, it is repeated while the credential may be too new.
 */
async function proveSignIn(
  connection: OpenConnection,
  secret: Secret,
  patience: boolean,
  context: ConversionContext,
): Promise<void> {
  const { cloud, tokens } = connection;
  const audience = tokenAudience(cloud, 'graph');
  const { options, call } = context;
  const fingerprint = await options.fingerprints.of(secret);
  const record = federatedRecord(connection.record, [{ ...placeholder, fingerprint, storedAt: isoNow(options.clock) }]);
  const request = { audience, caller: call.caller, signal: call.signal };
  const attempt = async () => {
    const token = await options.trial.getToken(record, async () => secret, request);
    const present = await tokens.getToken(request);
    requireSameApp(readClaims(present.token), readClaims(token.token));
  };
  if (!patience) return attempt();
  // The rest of the time is needed to remove the credential again.
  const longestMs = Math.min(longestWaitMs, call.deadlineAt - options.clock.now() - reserveMs);
  const note = 'The new federated credential was not known everywhere yet: the sign-in waited for it.';
  return untilSettled(attempt, { clock: options.clock, call, isPassing: isNotTrusted, note, longestMs });
}

/** Whether the app does not trust the token, or not yet. */
function isNotTrusted({ upstream }: AppError): boolean {
  return notTrustedCodes.has(upstream?.code ?? '');
}

function requireSameApp(present: TokenClaims | undefined, federated: TokenClaims | undefined): void {
  const isOther = (['tenantId', 'clientId'] as const).some(
    (claim) =>
      present?.[claim] !== undefined && federated?.[claim] !== undefined && present[claim] !== federated[claim],
  );
  if (isOther) {
    throw new AppError(
      'refused',
      `The federated token signs in as app ${quoted(federated?.clientId)} of tenant ${quoted(federated?.tenantId)} instead of app ${quoted(present?.clientId)} of tenant ${quoted(present?.tenantId)}.`,
      { hint: 'Use a token of the workload that signs in as this connection’s app.' },
    );
  }
}
