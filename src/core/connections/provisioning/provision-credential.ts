import { isoNow } from '../../base/clock.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import type {
  Application,
  Ensured,
  FederatedCredential,
  FederatedParent,
  Identities,
} from '../../identities/identities.ts';
import { type ConnectionIdentity, type ConnectionRecord, type SecretInfo, secretsOf } from '../../record/connection.ts';
import { planCompletion } from '../complete-connection.ts';
import type { FoundToken } from '../conversion/federated-token.ts';
import type { FederationTrust } from '../conversion/federation-trust.ts';
import { changeWithSecrets, keepsChanging, type RecordChange, reloadRecord } from '../record-changes.ts';
import type { Provisioning } from './provisioning.ts';

export interface WantedSecret {
  readonly application: Pick<Application, 'id' | 'appId'>;
  readonly identity: ConnectionIdentity;
  /** Recognises our secrets among those of the app. */
  readonly marker: string;
  readonly lifetimeDays: number;
}

export interface ProvisionedSecret {
  readonly record: ConnectionRecord;
  readonly isNew: boolean;
  /** Other processes worked on the same connection: there may be unused secrets. */
  readonly mayHaveLeftovers: boolean;
}

/** The parts of a provisioning that its secrets need. */
type SecretWork = Pick<Provisioning, 'options' | 'storage' | 'call'>;

type PasswordWork = SecretWork & {
  readonly admin: { readonly identities: Pick<Identities, 'addPassword' | 'removePassword'> };
};

/** How often to try again while other processes are faster. */
const maxRounds = 8;
/** How long to wait for another process that has claimed the record. */
const otherPatienceMs = 20_000;
const otherPollMs = 500;

/**
 * Makes a client secret and completes the connection with it. A secret exists twice, at the app and in the vault, and
 * several processes may be at it: each claims the record first (its revision goes up), and only the last one that
 * claimed it can complete it. A process that comes too late takes its own secret back and uses the other one.
 */
export async function provisionSecret(
  first: ConnectionRecord,
  wanted: WantedSecret,
  work: PasswordWork,
): Promise<ProvisionedSecret> {
  const { admin, call, options, storage } = work;
  let hasLost = false;
  for (let round = 0; round < maxRounds; round++) {
    const record = hasLost ? await otherResult(first, work) : await reload(first, work);
    if (record.status === 'ready') {
      requireSameApp(record, wanted);
      return { record, isNew: false, mayHaveLeftovers: hasLost };
    }
    const claimed = { ...record, revision: record.revision + 1, updatedAt: isoNow(options.clock) };
    if (!(await options.store.replace(claimed))) continue;
    const { marker: displayName, lifetimeDays, application } = wanted;
    const password = await admin.identities.addPassword(application.id, { displayName, lifetimeDays }, call);
    options.onSecret?.(password.secret);
    const info: Omit<SecretInfo, 'ref'> = {
      field: 'client_secret',
      fingerprint: await options.fingerprints.of(password.secret),
      storedAt: isoNow(options.clock),
      expiresAt: password.expiresAt,
      source: 'provisioned',
      keyId: password.keyId,
    };
    const stored = await storage.put(record.id, [{ kind: 'material', secret: password.secret, info }]);
    if (await options.store.replace(planCompleted(claimed, stored, wanted.identity, work).record)) {
      return { record: await reload(first, work), isNew: true, mayHaveLeftovers: hasLost };
    }
    hasLost = true;
    await storage.destroy(stored);
    await admin.identities.removePassword(application.id, password.keyId, call);
  }
  throw keepsChanging(first.name);
}

/** Removes secrets of ours that no connection holds: those of calls that ended before they could store them. */
export async function removeLeftovers(
  record: ConnectionRecord,
  { application, marker }: WantedSecret,
  work: Provisioning,
): Promise<number> {
  const { admin, call } = work;
  const kept = new Set(secretsOf(record).map(({ keyId }) => keyId));
  const current = record.secrets.find(({ field }) => field === 'client_secret');
  if (current?.keyId === undefined) {
    // The secret was replaced by one from elsewhere, so the purpose of the others is unknown.
    return 0;
  }
  const app = await admin.identities.findApplication({ appId: application.appId }, call);
  const leftovers = (app?.passwords ?? []).filter(
    ({ keyId, displayName }) => displayName === marker && !kept.has(keyId),
  );
  for (const { keyId } of leftovers) {
    await admin.identities.removePassword(application.id, keyId, call);
  }
  return leftovers.length;
}

function reload(first: ConnectionRecord, { options }: SecretWork): Promise<ConnectionRecord> {
  return reloadRecord(options.store, first, 'Call provision_connection again if it is needed.');
}

/** Waits for the process that claimed the record after us; its state when it does not get any further. */
async function otherResult(first: ConnectionRecord, work: SecretWork): Promise<ConnectionRecord> {
  let record = await reload(first, work);
  for (let waited = 0; waited < otherPatienceMs && record.status !== 'ready'; waited += otherPollMs) {
    await delay(otherPollMs, work.call.signal);
    record = await reload(first, work);
  }
  return record;
}

function requireSameApp({ name, identity }: ConnectionRecord, { application }: WantedSecret): void {
  if (identity.client_id !== application.appId.toLowerCase()) {
    throw new AppError('conflict', `The connection ${name} has been completed with another app in the meantime.`, {
      hint: 'Choose another name, or remove that connection with delete_connection first.',
    });
  }
}

/**
 * Makes the app trust the tokens. Replaces a trust that an earlier call made and that never worked: its issuer or
 * subject may have been the mistake.
 */
export async function ensureTrust(
  record: ConnectionRecord,
  objectId: string,
  trust: FederationTrust,
  { admin, call }: Provisioning,
): Promise<Ensured<FederatedCredential>> {
  const parent: FederatedParent = { kind: 'application', objectId };
  const wanted = { name: `tenantry-${record.name}`, ...trust };
  try {
    return await admin.identities.ensureFederatedCredential(parent, wanted, call);
  } catch (error) {
    const isTaken = error instanceof AppError && error.code === 'conflict' && error.status === undefined;
    if (!isTaken) throw error;
    const existing = await admin.identities.listFederatedCredentials(parent, call);
    const earlier = existing.find(({ name }) => name === wanted.name);
    const isUnproven = record.status === 'pending' || record.validatedAt === undefined;
    if (earlier === undefined || !isUnproven) throw error;
    call.note(`The trust in ${earlier.issuer} and ${earlier.subject} of an earlier call was replaced.`);
    await admin.identities.removeFederatedCredential(parent, wanted.name, call);
    return admin.identities.ensureFederatedCredential(parent, wanted, call);
  }
}

/** Completes the connection with its app, and with the source of its tokens where one was given. */
export async function completeFederated(
  record: ConnectionRecord,
  identity: ConnectionIdentity,
  token: Pick<FoundToken, 'toStore'> | undefined,
  work: SecretWork,
): Promise<ConnectionRecord> {
  const { options, storage, call } = work;
  const given = (token?.toStore ?? []).filter(
    (secret) => secret.kind !== 'previous' && !record.secrets.some((held) => isSame(held, secret.info)),
  );
  if (record.status === 'ready' && given.length === 0) return record;
  const plan = (current: ConnectionRecord, stored: readonly SecretInfo[]) =>
    planCompleted(current, stored, identity, work);
  return changeWithSecrets(record, given, plan, { store: options.store, storage, call });
}

function planCompleted(
  record: ConnectionRecord,
  newSecrets: readonly SecretInfo[],
  identity: ConnectionIdentity,
  { options }: SecretWork,
): RecordChange {
  const now = isoNow(options.clock);
  return planCompletion(record, { identity, derivedIdentity: {}, newSecrets, goBack: [], replaceIdentity: false, now });
}

function isSame(
  held: ConnectionRecord['secrets'][number],
  given: Omit<ConnectionRecord['secrets'][number], 'ref'> & { readonly ref?: string },
): boolean {
  return (
    held.field === given.field &&
    (given.ref === undefined ? held.fingerprint === given.fingerprint : held.ref === given.ref)
  );
}
