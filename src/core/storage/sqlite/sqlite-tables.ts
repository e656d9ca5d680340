import type { RunStatement } from '../postgres/postgres-database.ts';
import type { StoreTables } from '../transfer/store-tables.ts';
import type { LocalDatabase } from './local-database.ts';
import { lookAtDatabase } from './look-at-database.ts';

/**
 * The tables of one file, for carrying them as a whole. `open` makes a connection of its own for each piece of work: its
 * transaction stays open between statements, where those of calls last for one step. `path` is the file.
 */
export function createSqliteTables(open: () => LocalDatabase, path: string): StoreTables {
  return {
    names: {
      meta: 'vault_meta',
      secrets: 'secrets',
      connections: 'sealed_connections',
      named_secrets: 'named_secrets',
      receipts: 'receipts',
      approvals: 'approvals',
    },
    receiptPlace: 'rowid',
    look: () => lookAtDatabase(path),
    async versions() {
      const database = open();
      try {
        return await database.versions();
      } finally {
        await database.close();
      }
    },
    // The moment is that of the first statement that reads.
    snapshot: (work) => within('BEGIN', open(), work),
    // Who comes second waits for the lock, as every write does.
    change: (work) => within('BEGIN IMMEDIATE', open(), work),
    // Every process reads the file.
    tell: async () => undefined,
  };
}

async function within<T>(begin: string, database: LocalDatabase, work: (run: RunStatement) => Promise<T>): Promise<T> {
  try {
    await database.versions();
    await database.read((db) => db.exec(begin));
    const result = await work(runOn(database));
    await database.read((db) => db.exec('COMMIT'));
    return result;
  } finally {
    // What was not committed is undone.
    await database.close();
  }
}

function runOn(database: LocalDatabase): RunStatement {
  return async (text, values = []) => {
    const answer = await database.read((db) => {
      const statement = db.prepare(text.replaceAll(/\$(\d+)/g, '?$1'));
      const given = values.map(bindable);
      if (text.startsWith('SELECT')) return { rows: statement.all(...given), changed: 0 };
      return { rows: [], changed: Number(statement.run(...given).changes) };
    });
    if (answer === undefined) throw new Error('The file is open.');
    return answer;
  };
}

function bindable(value: unknown): string | number | Uint8Array {
  if (typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array) return value;
  throw new TypeError('SQLite is given texts, numbers and bytes.');
}
