import type { Clock } from '../../base/clock.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { RecordStore } from '../storage.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Channel on which every change of a record is told, as `schema id`, in the transaction that makes it. */
export const recordChannel = 'tenantry_records';

/** Even while changes are heard of, no record is believed for longer. */
const keptMs = 60_000;
/** The cache holds no more; the oldest go first. */
const mostKept = 5_000;
/** Between two attempts to hear of changes. */
const retryMs = 5_000;

interface Kept {
  readonly record: ConnectionRecord;
  readonly until: number;
}

/**
 * The records with a cache for single ones, which every call reads. It holds something only while this node hears of the
 * changes of all nodes: where the connection for that is gone, everything is read again.
 */
export function withRecordCache(records: RecordStore, database: PostgresDatabase, clock: Clock): RecordStore {
  const cache = new RecordCache(database, clock);
  return {
    ...records,
    async get(name, owner) {
      const kept = cache.find(name, owner);
      if (kept !== undefined) return kept;
      const since = cache.moment;
      const record = await records.get(name, owner);
      if (record !== undefined) cache.keep(record, since);
      return record;
    },
    async removeDamaged(name, owner) {
      cache.clear();
      return records.removeDamaged(name, owner);
    },
    async insert(record) {
      await records.insert(record).finally(() => cache.drop(record.id));
    },
    replace: (record) => records.replace(record).finally(() => cache.drop(record.id)),
    remove: (id, revision) => records.remove(id, revision).finally(() => cache.drop(id)),
  };
}

class RecordCache {
  readonly #database: PostgresDatabase;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #hearing: 'no' | 'begins' | 'yes' = 'no';
  #tryAt = 0;
  /** Grows with every change: what was asked for before one is not kept after it. */
  #moment = 0;

  constructor(database: PostgresDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  get moment(): number {
    return this.#moment;
  }

  find(name: string, owner: string): ConnectionRecord | undefined {
    if (this.#hearing !== 'yes') {
      this.#listen();
      return undefined;
    }
    const kept = this.#kept.get(keyOf(name, owner));
    if (kept === undefined || kept.until <= this.#clock.now()) return undefined;
    return structuredClone(kept.record);
  }

  keep(record: ConnectionRecord, since: number): void {
    if (this.#hearing !== 'yes' || since !== this.#moment) return;
    const key = keyOf(record.name, record.owner);
    this.#kept.delete(key);
    this.#kept.set(key, { record: structuredClone(record), until: this.#clock.now() + keptMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  drop(id: string): void {
    this.#moment += 1;
    for (const [key, { record }] of this.#kept) if (record.id === id) this.#kept.delete(key);
  }

  clear(): void {
    this.#moment += 1;
    this.#kept.clear();
  }

  /** In the background: until it listens, every record is read. */
  #listen(): void {
    if (this.#hearing === 'begins' || this.#clock.now() < this.#tryAt) return;
    this.#hearing = 'begins';
    this.#tryAt = this.#clock.now() + retryMs;
    const own = `${this.#database.schema} `;
    let isOver = false;
    const hears = {
      told: (payload: string) => {
        if (payload.startsWith(own)) this.drop(payload.slice(own.length));
      },
      ended: () => {
        isOver = true;
        this.#stop();
      },
    };
    this.#database.listen(recordChannel, hears).then(
      () => {
        this.clear();
        if (!isOver) this.#hearing = 'yes';
      },
      () => this.#stop(),
    );
  }

  #stop(): void {
    this.#hearing = 'no';
    this.clear();
  }
}

function keyOf(name: string, owner: string): string {
  return JSON.stringify([owner, name]);
}
