import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { StoreVersions } from '../transfer/store-tables.ts';
import { migrate } from './migrations.ts';
import { away, beingMigrated, isBroken, isMissingTable, type PostgresStep, postgresError } from './postgres-errors.ts';
import {
  defaultPatienceMs,
  type Hears,
  type Listening,
  openListener,
  openPool,
  type PostgresOptions,
} from './postgres-pool.ts';
import { createSilence } from './postgres-silence.ts';

/** One row of a query, by column. */
export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly rows: readonly Row[];
  /** Rows that a change has changed. */
  readonly changed: number;
}

/** Runs one statement; values go beside it as `$1`, `$2`, never inside. */
export type RunStatement = (text: string, values?: readonly unknown[]) => Promise<Answer>;

/** The database that all nodes share. Opened, and its tables made, by the first statement. */
export interface PostgresDatabase {
  readonly schema: string;
  /** Makes the tables, or brings them to this version. */
  versions(): Promise<StoreVersions>;
  /** A statement that reads: sent once more where its connection turns out to be broken. */
  read: RunStatement;
  /** Like `read`, before it is known that there are tables: makes none. No rows where the table is missing. */
  readAsIs: RunStatement;
  /** A statement that changes something. Throws `outcome_unknown` where the connection broke before its answer came. */
  write: RunStatement;
  /** A connection of its own, outside the pool, that hears what is told on a channel. Resolves when it listens. */
  listen(channel: string, hears: Hears): Promise<Listening>;
  /** Several statements as one transaction (READ COMMITTED), which as a whole ends in the time of a statement. */
  transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  /** For the operator's work on whole tables: each statement has its time, the transaction as long as it takes. */
  longTransaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What signs in may have to be loaded and asked first, which is no time of the database. */
const preparationMs = 30_000;
const schemaPattern = /^[a-z_][a-z0-9_]{0,62}$/;

/** Touches nothing before the first statement. Throws `configuration` for a schema that is no plain name. */
export function createPostgresDatabase(options: PostgresOptions): PostgresDatabase {
  const { schema = 'tenantry', patienceMs = defaultPatienceMs } = options;
  if (!schemaPattern.test(schema)) {
    throw new AppError('configuration', 'store.schema: this is not the plain name of a schema.', {
      hint: 'Use small letters, digits and underscores, such as tenantry.',
    });
  }
  let isClosed = false;
  let isOthersTurn = false;
  const listeners = new Set<Listening>();
  const silence = createSilence();
  const pool = lazy(async () => {
    await options.password?.();
    return openPool(options);
  });
  const migrateNow = async () => {
    try {
      return await migrate(await pool.get(), schema, () => {
        isOthersTurn = true;
      });
    } finally {
      isOthersTurn = false;
    }
  };
  const migrated = lazy(migrateNow);
  const late = (step: PostgresStep) => (isOthersTurn ? beingMigrated() : away(step));

  /** Runs `work` within the time that the database has, once there is something to ask it with. */
  async function timely<T>(step: PostgresStep, work: () => Promise<T>, isLate = () => late(step)): Promise<T> {
    if (isClosed) throw new AppError('cancelled', 'The connection store is closed.');
    await inTime(
      guarded('connecting', () => pool.get()),
      preparationMs,
      () => away('connecting'),
    );
    return silence.watch(
      () => inTime(guarded(step, work), patienceMs, isLate),
      () => late(step),
    );
  }

  async function ready(): Promise<Pool> {
    await guarded('migrating', () => migrated.get());
    return pool.get();
  }

  return {
    schema,
    versions: async () => {
      if (isClosed) throw new AppError('cancelled', 'The connection store is closed.');
      return guarded('migrating', migrateNow);
    },
    read: (text, values = []) => timely('reading', async () => reading(await ready(), text, values)),
    readAsIs: (text, values = []) => timely('reading', async () => readingAsIs(await pool.get(), text, values)),
    write: (text, values = []) => {
      // Until a statement is sent, nothing can have been changed.
      let isSent = false;
      const sending = () => {
        isSent = true;
      };
      const work = async () => writing(await ready(), text, values, sending);
      return timely('writing', work, () => (isSent ? unknownOutcome(undefined) : late('connecting')));
    },
    listen: async (channel, hears) => {
      await timely('connecting', ready);
      let listening: Listening | undefined;
      const ended = () => {
        if (listening !== undefined) listeners.delete(listening);
        hears.ended();
      };
      listening = await guarded('connecting', () => openListener(options, channel, { ...hears, ended }));
      listeners.add(listening);
      if (isClosed) listening.end();
      return listening;
    },
    transaction: (work) => {
      const givingUp = new AbortController();
      let isCommitting = false;
      const watch = {
        signal: givingUp.signal,
        committing: () => {
          isCommitting = true;
        },
      };
      return timely(
        'writing',
        async () => inTransaction(await ready(), work, watch),
        () => {
          givingUp.abort();
          return isCommitting ? unknownOutcome(undefined) : late('writing');
        },
      );
    },
    longTransaction: async (work) => {
      const from = await timely('connecting', ready);
      return silence.watch(
        () => guarded('writing', () => inTransaction(from, work)),
        () => late('writing'),
      );
    },
    async close() {
      isClosed = true;
      for (const one of listeners) one.end();
      const opened = await pool.peek()?.catch(() => undefined);
      // Over a dead line, nobody answers the farewell.
      await inTime(opened?.end() ?? Promise.resolve(), patienceMs, () => away('connecting')).catch(() => undefined);
    },
  };
}

async function statement(from: Pool | PoolClient, text: string, values: readonly unknown[]): Promise<Answer> {
  const { rows, rowCount } = await from.query<Record<string, unknown>>(text, [...values]);
  return { rows, changed: rowCount ?? 0 };
}

async function reading(from: Pool, text: string, values: readonly unknown[]): Promise<Answer> {
  try {
    return await statement(from, text, values);
  } catch (error) {
    if (!isBroken(error)) throw error;
    return statement(from, text, values);
  }
}

async function readingAsIs(from: Pool, text: string, values: readonly unknown[]): Promise<Answer> {
  try {
    return await reading(from, text, values);
  } catch (error) {
    if (isMissingTable(error)) return { rows: [], changed: 0 };
    throw error;
  }
}

/** A broken connection is no failure where nothing can have been sent on it. */
async function writing(from: Pool, text: string, values: readonly unknown[], sending: () => void): Promise<Answer> {
  const client = await from.connect();
  try {
    sending();
    const answer = await statement(client, text, values);
    client.release();
    return answer;
  } catch (error) {
    client.release(isBroken(error));
    throw isBroken(error) ? unknownOutcome(error) : error;
  }
}

/** What a transaction hears and tells while it runs. */
interface TransactionWatch {
  /** Aborts when nobody waits for it any more: its connection is closed, so that the server undoes it. */
  readonly signal?: AbortSignal;
  readonly committing?: () => void;
}

async function inTransaction<T>(
  from: Pool,
  work: (run: RunStatement) => Promise<T>,
  { signal, committing = () => undefined }: TransactionWatch = {},
): Promise<T> {
  const client = await from.connect();
  let isHeld = true;
  let isCommitting = false;
  const release = (isGone: boolean) => {
    if (isHeld) client.release(isGone);
    isHeld = false;
  };
  const giveUp = () => release(true);
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    await client.query('BEGIN');
    const result = await work((text, values = []) => statement(client, text, values));
    isCommitting = true;
    committing();
    await client.query('COMMIT');
    release(false);
    return result;
  } catch (error) {
    const isGone = isBroken(error) || !(await rolledBack(client));
    release(isGone);
    throw isGone && isCommitting ? unknownOutcome(error) : error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function unknownOutcome(cause: unknown): AppError {
  return new AppError('outcome_unknown', 'The database of Tenantry went away before it answered a change.', {
    hint: 'Look with list_connections what was saved, then call again.',
    cause,
  });
}

async function guarded<T>(step: PostgresStep, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw postgresError(error, step);
  }
}

/** A server that takes the connection and then says nothing holds no call longer than this. */
async function inTime<T>(work: Promise<T>, patienceMs: number, late: () => AppError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), patienceMs);
  });
  try {
    return await Promise.race([work, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
