import type { DatabaseSync } from 'node:sqlite';
import { parseNamedSecret } from '../named-secret-text.ts';
import type { NamedSecret, NamedSecretStore } from '../storage.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/** Named secrets in a table, as JSON beside owner and name. */
export function createSqliteNamedSecrets(database: LocalDatabase): NamedSecretStore {
  return {
    async list(owner) {
      return parsed(
        await database.read((db) =>
          db.prepare('SELECT name, secret FROM named_secrets WHERE owner = ? ORDER BY name').all(owner),
        ),
      );
    },
    async listAll() {
      return parsed(
        await database.read((db) => db.prepare('SELECT name, secret FROM named_secrets ORDER BY name, owner').all()),
      );
    },
    get: async (name, owner) => database.read((db) => find(db, name, owner)),
    put: (secret) =>
      database.write((db) => {
        const replaced = find(db, secret.name, secret.owner);
        db.prepare('INSERT OR REPLACE INTO named_secrets (owner, name, secret) VALUES (?, ?, ?)').run(
          secret.owner,
          secret.name,
          JSON.stringify(secret),
        );
        return replaced;
      }),
    async insert(secret) {
      const { changes } = await database.write((db) =>
        db
          .prepare('INSERT OR IGNORE INTO named_secrets (owner, name, secret) VALUES (?, ?, ?)')
          .run(secret.owner, secret.name, JSON.stringify(secret)),
      );
      return Number(changes) === 1;
    },
    remove: (name, owner, ref) =>
      database.write((db) => {
        const found = find(db, name, owner);
        if (found === undefined || (ref !== undefined && found.ref !== ref)) return undefined;
        db.prepare('DELETE FROM named_secrets WHERE owner = ? AND name = ?').run(owner, name);
        return found;
      }),
  };
}

function find(db: DatabaseSync, name: string, owner: string): NamedSecret | undefined {
  const row = db.prepare('SELECT name, secret FROM named_secrets WHERE owner = ? AND name = ?').get(owner, name);
  return parsed(row && [row])[0];
}

function parsed(rows: readonly Row[] = []): NamedSecret[] {
  return rows.map((row) => parseNamedSecret(String(row['name']), String(row['secret'])));
}
