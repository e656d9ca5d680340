import type { Clock } from '../../base/clock.ts';
import type { ConnectionRecord, ConversionState, SecretInfo } from '../../record/connection.ts';
import type { ConnectionStore } from '../../storage/record-store.ts';
import { changeRecord } from '../record-changes.ts';
import { isOverdue, planClosing } from './plan-conversion.ts';

export interface ClosingOptions {
  readonly store: ConnectionStore;
  readonly clock: Clock;
  readonly destroy: (secrets: readonly SecretInfo[]) => Promise<void>;
}

/** Signals that somebody else has closed it, or that it was converted anew. */
class NotOverdue extends Error {
  override readonly name = 'NotOverdue';
}

/**
 * Ends the way back of a conversion whose seven days are over, and destroys what was kept for it. Whoever reads a record
 * does this, so that no process has to wait for the day. Never fails: the next reader does what this one could not, and
 * none of them sees a way back.
 */
export async function closeOverdueConversion(
  record: ConnectionRecord,
  options: ClosingOptions,
): Promise<ConnectionRecord> {
  const { store, clock, destroy } = options;
  if (!isOverdue(record, clock.now())) return record;
  const now = new Date(clock.now()).toISOString();
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
      const current = await store.get(record.name).catch(() => undefined);
      return current?.id === record.id ? current : { ...plan(record).record, revision: record.revision };
    }
    return { ...plan(record).record, revision: record.revision };
  }
}
