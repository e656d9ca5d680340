import { AppError } from '../../base/errors.ts';
import type { Ensured, FederatedCredential, FederatedParent } from '../../identities/identities.ts';
import type { ConnectionIdentity, ConnectionRecord } from '../../record/connection.ts';
import { planCompletion } from '../complete-connection.ts';
import type { FederationTrust } from '../conversion/federation-trust.ts';
import type { FoundToken } from '../conversion/find-token.ts';
import { changeRecord } from '../record-changes.ts';
import { isoNow, type Provisioning } from './provisioning-context.ts';

/**
 * Makes the app trust the tokens. A trust of an earlier call that never worked is replaced: its issuer or subject may
 * have been the mistake.
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

/** Completes the connection with its app, and with the place where its tokens come from, where one was given. */
export async function completeFederated(
  record: ConnectionRecord,
  identity: ConnectionIdentity,
  token: FoundToken | undefined,
  work: Provisioning,
): Promise<ConnectionRecord> {
  const { options, storage, call } = work;
  const given = (token?.toStore ?? []).filter(
    (secret) => secret.kind !== 'previous' && !record.secrets.some((held) => isSame(held, secret.info)),
  );
  if (record.status === 'ready' && given.length === 0) return record;
  const newSecrets = await storage.put(record.id, given);
  const input = { identity, derivedIdentity: {}, newSecrets, goBack: [], replaceIdentity: false };
  try {
    const plan = (current: ConnectionRecord) => planCompletion(current, { ...input, now: isoNow(work) });
    const change = await changeRecord(options.store, record, plan, call.signal);
    await storage.destroy(change.dropped);
    return change.record;
  } catch (error) {
    await storage.destroy(newSecrets);
    throw error;
  }
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
