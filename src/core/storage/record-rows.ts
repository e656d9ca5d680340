import { AppError } from '../base/errors.ts';
import { type ConnectionRecord, parseRecord } from '../record/connection.ts';
import type { RowPlace, RowSealer } from './row-sealer.ts';
import type { DamagedRecord } from './storage.ts';

/** A row of the table of records: the sealed record, beside what it is found by. */
export type RecordRow = Readonly<Record<string, unknown>>;

/** What a row holds, or why it is not used. */
export type ReadRow =
  | { readonly record: ConnectionRecord; readonly damage?: never }
  | { readonly record?: never; readonly damage: DamagedRecord };

/** Where a record stands. */
export function recordPlace({ id, owner, name, revision }: RecordRow | ConnectionRecord): RowPlace {
  return ['connections', String(id), String(owner), String(name), Number(revision)];
}

/** The record of a row; throws what is wrong with it. */
export function soundRecord({ record, damage }: ReadRow): ConnectionRecord {
  if (record === undefined) throw damage.error;
  return record;
}

/** The records of the rows that can be read. */
export function soundOf(rows: readonly ReadRow[]): ConnectionRecord[] {
  return rows.flatMap(({ record }) => (record === undefined ? [] : [record]));
}

/** How the person who runs Tenantry repairs the store. */
export interface RepairAdvice {
  /** Completes "Find out who can write to". */
  readonly place: string;
  /** Completes "Then restore". */
  readonly backup: string;
}

/**
 * Judges the rows of one store. A record that was changed, swapped or forged is never given out, nor one that is older
 * than what this process has seen.
 */
export class RecordRows {
  readonly #advice: RepairAdvice;
  /** The highest revision of each record that this process has seen; `Infinity` for what it has removed. */
  readonly #newest = new Map<string, { readonly revision: number; readonly at: number }>();
  #moment = 0;

  constructor(advice: RepairAdvice) {
    this.#advice = advice;
  }

  /** Stands for now: what is noted later says nothing about rows that are being read already. */
  now(): number {
    return this.#moment;
  }

  /** A record had this revision in the store. */
  note(id: string, revision: number): void {
    if (revision <= (this.#newest.get(id)?.revision ?? 0)) return;
    this.#moment += 1;
    this.#newest.set(id, { revision, at: this.#moment });
  }

  /** `asked` is the moment at which the store was asked for the row. */
  read(row: RecordRow, sealer: RowSealer, asked = this.#moment): ReadRow {
    const [id, name, revision] = [String(row['id']), String(row['name']), Number(row['revision'])];
    const text = sealer.open(recordPlace(row), String(row['record']));
    const shown = /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name) ? name : '(unreadable name)';
    if (text === undefined) return { damage: { name: shown, error: this.#changed(shown) } };
    const newest = this.#newest.get(id);
    if (newest !== undefined && newest.at <= asked && revision < newest.revision) {
      return { damage: { name: shown, error: this.#older(shown) } };
    }
    this.note(id, revision);
    try {
      return { record: parseRecord(name, text) };
    } catch (error) {
      if (error instanceof AppError) return { damage: { name: shown, error } };
      throw error;
    }
  }

  #changed(name: string): AppError {
    return new AppError(
      'configuration',
      `The stored connection ${name} is not as Tenantry wrote it: its row in the connection store was changed, copied or added by something else. It is not used.`,
      { hint: this.#whatToDo() },
    );
  }

  #older(name: string): AppError {
    return new AppError(
      'configuration',
      `The stored connection ${name} was set back to an earlier state by something else than Tenantry. It is not used.`,
      { hint: `After restoring a backup, start Tenantry again. Otherwise: ${this.#whatToDo()}` },
    );
  }

  #whatToDo(): string {
    const { place, backup } = this.#advice;
    return `Find out who can write to ${place}. Then restore ${backup}, or delete the connection with delete_connection and create it again.`;
  }
}

/** The answer where all records are wanted and one cannot be read. Without its name: it may be another caller's. */
export function notAllReadable(): AppError {
  return new AppError(
    'configuration',
    'A stored connection was changed by something else than Tenantry or cannot be read, so nobody knows what it relies on.',
    { hint: 'Let the person who runs Tenantry look at tenantry doctor and repair or delete that connection first.' },
  );
}
