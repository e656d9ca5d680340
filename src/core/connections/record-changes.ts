import type { SecretReferences } from '../auth/secret-references.ts';
import type { CallContext } from '../base/call-context.ts';
import { type Clock, isoNow } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import { isOverdue as isKeptTooLong } from '../named-secrets/keep-secrets.ts';
import { type ConnectionRecord, type ConversionState, type SecretInfo, secretsOf } from '../record/connection.ts';
import type { NamedSecretStore, RecordStore, Vault } from '../storage/storage.ts';
import type { ResolvedSecret } from './secret-arguments.ts';

/** A record to write, and the secrets that nothing refers to afterwards. */
export interface RecordChange {
  readonly record: ConnectionRecord;
  readonly dropped: readonly SecretInfo[];
}

/** How many times a change is planned when others are faster; each round, one of them succeeds. */
const maxRounds = 1_000;
const longestPauseMs = 20;

/**
 * Applies `plan` to the newest state of a record, no matter how many others change it at the same time. `plan` gets
 * that state and may be called several times; if it throws, the change ends.
 */
export async function changeRecord(
  store: RecordStore,
  first: ConnectionRecord,
  plan: (record: ConnectionRecord) => RecordChange,
  signal: AbortSignal,
): Promise<RecordChange> {
  let current = first;
  for (let round = 0; round < maxRounds; round++) {
    const change = plan(current);
    if (await store.replace(change.record)) return change;
    await pause(round, signal);
    current = await reloadRecord(store, first);
  }
  throw keepsChanging(first.name);
}

/** Removes a record in its newest state, and resolves with that state. */
export async function removeRecord(store: RecordStore, first: ConnectionRecord): Promise<ConnectionRecord> {
  let current = first;
  for (let round = 0; round < maxRounds; round++) {
    if (await store.remove(current.id, current.revision)) return current;
    await pause(round);
    current = await reloadRecord(store, first);
  }
  throw keepsChanging(first.name);
}

function pause(round: number, signal?: AbortSignal): Promise<void> {
  return delay(Math.random() * Math.min(round, longestPauseMs), signal);
}

/** The newest state of a record; throws `conflict` when it is gone. `hint` is the next step then. */
export async function reloadRecord(
  store: RecordStore,
  known: ConnectionRecord,
  hint = 'Look at list_connections and create it again if it is needed.',
): Promise<ConnectionRecord> {
  const current = await store.get(known.name, known.owner);
  if (current?.id !== known.id) {
    throw new AppError('conflict', `The connection ${known.name} has been deleted in the meantime.`, { hint });
  }
  return current;
}

export function keepsChanging(name: string): AppError {
  return new AppError('conflict', `The connection ${name} keeps being changed by others.`, {
    hint: 'Call again when the other changes are done.',
    retryable: true,
  });
}

/** Stores and destroys the secrets of records that change. */
export interface SecretStorage {
  /** All of them or none. */
  put(connectionId: string, secrets: readonly ResolvedSecret[]): Promise<readonly SecretInfo[]>;
  /** Never fails: the change is already made, and leftovers are swept later. */
  destroy(secrets: readonly SecretInfo[]): Promise<void>;
  /**
   * Takes back what `put` stored for a change that failed. Never fails. What the record points to all the same stays: the
   * answer of a store may be lost although the change was made.
   */
  takeBack(record: ConnectionRecord, secrets: readonly SecretInfo[]): Promise<void>;
  /** Destroys, once an hour, secrets that nothing refers to, and those that have been kept long enough. */
  sweep(): Promise<void>;
  /** The record, without a way back from a conversion whose seven days are over. Never fails. */
  closeOverdue(record: ConnectionRecord): Promise<ConnectionRecord>;
}

interface SecretStorageOptions {
  readonly store: RecordStore;
  readonly vault: Vault;
  readonly secrets: NamedSecretStore;
  readonly references: SecretReferences;
  readonly clock: Clock;
}

const sweepEveryMs = 60 * 60_000;

export function createSecretStorage(options: SecretStorageOptions): SecretStorage {
  const { vault, store, secrets, references, clock } = options;
  let sweptAt: number | undefined;
  const closeOverdue = (record: ConnectionRecord) => closeOverdueConversion(record, options, destroy);
  return { put, destroy, takeBack, sweep, closeOverdue };

  async function put(connectionId: string, secrets: readonly ResolvedSecret[]): Promise<readonly SecretInfo[]> {
    const stored: SecretInfo[] = [];
    try {
      for (const secret of secrets) {
        if (secret.kind === 'material') {
          const ref = await vault.put({ connectionId, field: secret.info.field }, secret.secret);
          stored.push({ ...secret.info, ref });
        } else if (secret.kind === 'live') {
          stored.push(secret.info);
        }
      }
      return stored;
    } catch (error) {
      await destroy(stored);
      throw error;
    }
  }

  async function destroy(secrets: readonly SecretInfo[]): Promise<void> {
    for (const { ref } of secrets) {
      if (references.parse(ref) === undefined) await vault.destroy(ref).catch(() => undefined);
    }
  }

  async function takeBack({ name, owner }: ConnectionRecord, secrets: readonly SecretInfo[]): Promise<void> {
    try {
      const current = await store.get(name, owner);
      const used = new Set(current === undefined ? [] : secretsOf(current).map(({ ref }) => ref));
      await destroy(secrets.filter(({ ref }) => !used.has(ref)));
    } catch {
      // Nobody can tell what is used; the sweep does later.
    }
  }

  async function sweep(): Promise<void> {
    if (sweptAt === undefined || clock.now() - sweptAt >= sweepEveryMs) {
      sweptAt = clock.now();
      // A failed sweep fails no call: the next sweep catches up.
      await closeAll().catch(() => undefined);
      await sweepNamedSecrets(secrets, vault, clock).catch(() => undefined);
      await sweepOrphans({ store, vault, secrets, clock }).catch(() => undefined);
    }
  }

  async function closeAll(): Promise<void> {
    for (const record of await store.listAll()) {
      await closeOverdue(record);
    }
  }
}

/**
 * A change that brings secrets: they are stored, the record is changed to refer to them, and secrets that nothing
 * refers to any more are destroyed. Stopping anywhere in between leaves the old or the new state.
 */
export async function changeWithSecrets(
  record: ConnectionRecord,
  secrets: readonly ResolvedSecret[],
  plan: (current: ConnectionRecord, stored: readonly SecretInfo[]) => RecordChange,
  {
    store,
    storage,
    call,
  }: { readonly store: RecordStore; readonly storage: SecretStorage; readonly call: CallContext },
): Promise<ConnectionRecord> {
  const stored = await storage.put(record.id, secrets);
  try {
    const change = await changeRecord(store, record, (current) => plan(current, stored), call.signal);
    await storage.destroy(change.dropped);
    return change.record;
  } catch (error) {
    await storage.takeBack(record, stored);
    throw error;
  }
}

/** Signals that another process has closed the way back, or that the connection was converted again. */
class NotOverdue extends Error {
  override readonly name = 'NotOverdue';
}

/**
 * Ends the way back of a conversion whose seven days are over, and destroys what was kept for it. Every reader of a
 * record does this, so no process has to wait for the day. Never fails: the next reader does what this one could not,
 * and no reader sees a way back.
 */
async function closeOverdueConversion(
  record: ConnectionRecord,
  { store, clock }: SecretStorageOptions,
  destroy: SecretStorage['destroy'],
): Promise<ConnectionRecord> {
  if (!isOverdue(record, clock.now())) return record;
  const now = isoNow(clock);
  const plan = (current: ConnectionRecord) => {
    const conversion: ConversionState | undefined = current.conversion;
    if (conversion === undefined || !isOverdue(current, clock.now())) throw new NotOverdue();
    return planClosing(current, conversion, 'expired', now);
  };
  try {
    const change = await changeRecord(store, record, plan, new AbortController().signal);
    await destroy(change.dropped);
    return change.record;
  } catch (error) {
    if (error instanceof NotOverdue) {
      const current = await store.get(record.name, record.owner).catch(() => undefined);
      return current?.id === record.id ? current : { ...plan(record).record, revision: record.revision };
    }
    return { ...plan(record).record, revision: record.revision };
  }
}

/** The record without a way back. */
export function planClosing(
  record: ConnectionRecord,
  conversion: ConversionState,
  closed: 'expired' | 'secret_removed',
  now: string,
): RecordChange {
  return {
    record: {
      ...record,
      revision: record.revision + 1,
      conversion: { ...conversion, secrets: [], closed },
      updatedAt: now,
    },
    dropped: conversion.secrets,
  };
}

/** Whether the kept secrets are due to be destroyed. */
export function isOverdue({ conversion }: ConnectionRecord, now: number): boolean {
  return conversion !== undefined && conversion.secrets.length > 0 && Date.parse(conversion.revertUntil) <= now;
}

/** Secrets are stored before the record that refers to them; another process may be between the two steps. */
const graceMs = 60 * 60_000;

interface Swept {
  readonly store: RecordStore;
  readonly vault: Vault;
  readonly secrets: NamedSecretStore;
  readonly clock: Clock;
}

/** Destroys secrets that nothing refers to: a process that ended in the middle of a change leaves them behind. */
export async function sweepOrphans({ store, vault, secrets, clock }: Swept): Promise<number> {
  // Read the vault first: a secret whose record is written in between then counts as used.
  const stored = await vault.list();
  const oldest = clock.now() - graceMs;
  const candidates = stored.filter(({ storedAt }) => Date.parse(storedAt) < oldest);
  if (candidates.length === 0) return 0;
  const users = [...(await store.listAll()).flatMap(secretsOf), ...(await secrets.listAll())];
  const used = new Set(users.map(({ ref }) => ref));
  const orphans = candidates.filter(({ ref }) => !used.has(ref));
  for (const { ref } of orphans) {
    await vault.destroy(ref);
  }
  return orphans.length;
}

/** Destroys named secrets that have been kept long enough. */
async function sweepNamedSecrets(secrets: NamedSecretStore, vault: Vault, clock: Clock): Promise<void> {
  for (const one of await secrets.listAll()) {
    if (!isKeptTooLong(one, clock.now())) continue;
    const removed = await secrets.remove(one.name, one.owner, one.ref);
    if (removed !== undefined) await vault.destroy(removed.ref);
  }
}
