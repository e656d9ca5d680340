import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished } from 'vitest';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import { handClock } from '../connections/support.ts';

/** The storage of a home, closed after the test. */
export function openHome(home: string) {
  const storage = openLocalStorage({ home, vault: 'file', clock: handClock() });
  onTestFinished(() => storage.close());
  return storage;
}

/** Runs statements on the database behind Tenantry's back. */
export function behindItsBack<T>(home: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(join(home, 'tenantry.db'));
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** What a row is answered with that something else has written. */
export const notOurs = { code: 'configuration', message: expect.stringContaining('not as Tenantry wrote it') };
