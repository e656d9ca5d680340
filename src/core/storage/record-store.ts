import type { ConnectionRecord } from '../record/connection.ts';

/**
 * Where connection records live. Every implementation passes `test/core/storage/record-store-contract.ts`.
 * Several processes may share one store; a change is compare-and-swap on `revision`.
 */
export interface ConnectionStore {
  list(): Promise<ConnectionRecord[]>;
  get(name: string): Promise<ConnectionRecord | undefined>;
  /** Adds a record with revision 1; throws `conflict` when the name is taken. */
  insert(record: ConnectionRecord): Promise<void>;
  /**
   * Replaces the record whose revision is `record.revision - 1`.
   * Resolves false, and changes nothing, when somebody else was faster or the record is gone.
   */
  replace(record: ConnectionRecord): Promise<boolean>;
  /** Removes the record with exactly this id and revision; resolves false otherwise. */
  remove(id: string, revision: number): Promise<boolean>;
  close(): Promise<void>;
}
