import type { Clock } from '../../base/clock.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { RecordStore } from '../storage.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import type { Listening } from './postgres-pool.ts';

/** Channel on which every change of a record is told, as `schema id`, in the transaction that makes it. */
export const recordChannel = 'tenantry_records';

/** Even while changes are heard of, no record is believed for longer. */
const keptMs = 60_000;
/** The cache holds no more; the oldest go first. */
const mostKept = 5_000;
/** Between two attempts to hear of changes. */
const retryMs = 5_000;
/** After so long without a sign of life, what hears of changes is asked for one: a line may die without a word. */
const provenMs = 5_000;

/** What a question was answered with, as it was read. */
interface Kept {
  readonly question: Question;
  readonly records: readonly ConnectionRecord[];
  readonly until: number;
}

/** A record by name and owner, or what of a name is shared with somebody. */
type Question = readonly ['record', name: string, owner: string] | readonly ['shared', name: string];

/**
 * The records with a cache for what every call reads: its own record of a name, and those of the name that are shared. It
 * holds something only while this node hears of the changes of all nodes: where the connection for that is gone, everything
 * is read again.
 */
export function withRecordCache(records: RecordStore, database: PostgresDatabase, clock: Clock): RecordStore {
  const cache = new RecordCache(database, clock);
  return {
    ...records,
    async get(name, owner) {
      const [record] = await cache.answer(['record', name, owner], async () => {
        const found = await records.get(name, owner);
        return found === undefined ? [] : [found];
      });
      return record;
    },
    shared: (name) =>
      name === undefined ? records.shared() : cache.answer(['shared', name], () => records.shared(name)),
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
  /** Apart from the records, so that many wrong names push none of them out. */
  readonly #missing = new Map<string, Kept>();
  /** `doubted`: the line gives no sign of life. What is known serves until its time is over, and nothing is added. */
  #hearing: 'no' | 'yes' | 'doubted' = 'no';
  #line: Listening | undefined;
  #provenAt = 0;
  #isProving = false;
  #isOpening = false;
  #tryAt = 0;
  /** Grows with every change: what was asked for before one is not kept after it. */
  #moment = 0;

  constructor(database: PostgresDatabase, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async answer(question: Question, read: () => Promise<ConnectionRecord[]>): Promise<ConnectionRecord[]> {
    const known = this.#find(JSON.stringify(question));
    if (known !== undefined) return structuredClone([...known]);
    const since = this.#moment;
    const records = await read();
    this.#keep(question, records, since);
    return records;
  }

  #find(key: string): readonly ConnectionRecord[] | undefined {
    if (this.#hearing === 'yes') {
      this.#prove();
    } else {
      this.#listen();
    }
    if (this.#hearing === 'no') return undefined;
    const kept = this.#kept.get(key) ?? this.#missing.get(key);
    return kept === undefined || kept.until <= this.#clock.now() ? undefined : kept.records;
  }

  #keep(question: Question, records: readonly ConnectionRecord[], since: number): void {
    if (this.#hearing !== 'yes' || since !== this.#moment) return;
    const key = JSON.stringify(question);
    this.#kept.delete(key);
    this.#missing.delete(key);
    const place = records.length === 0 ? this.#missing : this.#kept;
    place.set(key, { question, records: structuredClone(records), until: this.#clock.now() + keptMs });
    const [oldest] = place.keys();
    if (place.size > mostKept && oldest !== undefined) place.delete(oldest);
  }

  /** A record has changed. Only its id is told: it may be new, or shared from now on. */
  drop(id: string): void {
    this.#moment += 1;
    this.#missing.clear();
    for (const [key, { question, records }] of this.#kept) {
      if (question[0] === 'shared' || records.some((record) => record.id === id)) this.#kept.delete(key);
    }
  }

  clear(): void {
    this.#moment += 1;
    this.#missing.clear();
    this.#kept.clear();
  }

  /** In the background: until it listens, every record is read. */
  #listen(): void {
    if (this.#isOpening || this.#clock.now() < this.#tryAt) return;
    this.#isOpening = true;
    this.#tryAt = this.#clock.now() + retryMs;
    const own = `${this.#database.schema} `;
    let isOver = false;
    const hears = {
      told: (payload: string) => {
        if (payload.startsWith(own)) this.drop(payload.slice(own.length));
      },
      ended: () => {
        isOver = true;
        if (this.#line === line) this.#stop();
      },
    };
    let line: Listening | undefined;
    this.#database
      .listen(recordChannel, hears)
      .then(
        (opened) => {
          line = opened;
          if (!isOver) this.#begin(opened);
        },
        () => undefined,
      )
      .finally(() => {
        this.#isOpening = false;
      });
  }

  #begin(line: Listening): void {
    this.clear();
    this.#line = line;
    this.#provenAt = this.#clock.now();
    this.#hearing = 'yes';
  }

  /** In the background. A line that is dead without a word is given up, and another one takes its place. */
  #prove(): void {
    const line = this.#line;
    if (line === undefined || this.#isProving || this.#clock.now() < this.#provenAt + provenMs) return;
    this.#isProving = true;
    line
      .probe()
      .then(
        () => {
          this.#provenAt = this.#clock.now();
        },
        () => {
          // Its end, told from here on, is no news.
          if (this.#line !== line) return;
          this.#line = undefined;
          this.#hearing = 'doubted';
          line.end();
        },
      )
      .finally(() => {
        this.#isProving = false;
      });
  }

  #stop(): void {
    this.#line = undefined;
    this.#hearing = 'no';
    this.clear();
  }
}
