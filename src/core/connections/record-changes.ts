import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import type { ConnectionRecord, SecretInfo } from '../record/connection.ts';
import type { ConnectionStore } from '../storage/record-store.ts';

/** A record to write, and the secrets that nothing points to once it is written. */
export interface RecordChange {
  readonly record: ConnectionRecord;
  readonly dropped: readonly SecretInfo[];
}

/** How often a change is planned anew when others are faster; in each round somebody succeeds. */
const maxRounds = 1_000;
const longestPauseMs = 20;

/**
 * Applies `plan` to the newest state of a record, however many others change it at the same time. `plan` gets that state
 * and may be called several times; what it throws ends the change.
 */
export async function changeRecord(
  store: ConnectionStore,
  first: ConnectionRecord,
  plan: (record: ConnectionRecord) => RecordChange,
  signal: AbortSignal,
): Promise<RecordChange> {
  let current = first;
  for (let round = 0; round < maxRounds; round++) {
    const change = plan(current);
    if (await store.replace(change.record)) return change;
    await pause(round, signal);
    current = await reload(store, first);
  }
  throw keepsChanging(first.name);
}

/** Removes a record in its newest state, and resolves with that state. */
export async function removeRecord(store: ConnectionStore, first: ConnectionRecord): Promise<ConnectionRecord> {
  let current = first;
  for (let round = 0; round < maxRounds; round++) {
    if (await store.remove(current.id, current.revision)) return current;
    await pause(round);
    current = await reload(store, first);
  }
  throw keepsChanging(first.name);
}

function pause(round: number, signal?: AbortSignal): Promise<void> {
  return delay(Math.random() * Math.min(round, longestPauseMs), signal);
}

async function reload(store: ConnectionStore, known: ConnectionRecord): Promise<ConnectionRecord> {
  const current = await store.get(known.name);
  if (current?.id !== known.id) {
    throw new AppError('conflict', `The connection ${known.name} was deleted meanwhile.`, {
      hint: 'Look at list_connections and create it again if it is needed.',
    });
  }
  return current;
}

function keepsChanging(name: string): AppError {
  return new AppError('conflict', `The connection ${name} keeps being changed by others.`, {
    hint: 'Try again when the other changes are through.',
    retryable: true,
  });
}
