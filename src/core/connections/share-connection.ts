import type { Authority } from '../base/authority.ts';
import type { CallContext } from '../base/call-context.ts';
import { type Clock, isoNow } from '../base/clock.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { type ConnectionRecord, mostGrants, parseInput } from '../record/connection.ts';
import { type Grant, type GrantSubject, grantsSchema, isSameSubject } from '../record/sharing.ts';
import type { RecordStore } from '../storage/storage.ts';
import { changeRecord } from './record-changes.ts';

/** A change of with whom a connection is shared; whom it does not name keeps what they have. */
export interface SharingChange {
  /** Replaces what the same people have. */
  readonly add?: readonly Grant[];
  readonly remove?: readonly GrantSubject[];
}

/** Throws `refused` for an agent, whatever its caller says: a connection is shared by a person. */
export function requirePerson({ actor }: Authority): void {
  if (actor === 'operator') return;
  throw new AppError('refused', 'Only a person shares a connection.', {
    hint: 'Ask the person to share it with tenantry connections share, in the configuration, or on the page of Tenantry.',
  });
}

interface SharingContext {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly call: CallContext;
}

/** Changes with whom a stored connection is shared, whatever else is changed at the same time. */
export async function shareRecord(
  record: ConnectionRecord,
  { add = [], remove = [] }: SharingChange,
  { store, clock, call }: SharingContext,
): Promise<ConnectionRecord> {
  const added = parseInput(grantsSchema, add);
  const plan = (current: ConnectionRecord) => {
    const gone = [...remove, ...added];
    const kept = (current.shared_with ?? []).filter((grant) => !gone.some((one) => isSameSubject(one, grant)));
    return { record: withGrants(current, [...kept, ...added], isoNow(clock)), dropped: [] };
  };
  return (await changeRecord(store, record, plan, call.signal)).record;
}

function withGrants(record: ConnectionRecord, grants: readonly Grant[], now: string): ConnectionRecord {
  if (grants.length > mostGrants) {
    throw invalidArgument(
      `A connection is shared with at most ${mostGrants} people and groups.`,
      'Share it with a group instead.',
    );
  }
  const { shared_with: _before, ...rest } = record;
  const next = { ...rest, revision: record.revision + 1, updatedAt: now };
  return grants.length === 0 ? next : { ...next, shared_with: grants };
}
