import { parseNamedSecret } from '../named-secret-text.ts';
import type { NamedSecret, NamedSecretStore } from '../storage.ts';
import type { PostgresDatabase, Row } from './postgres-database.ts';

/** Named secrets in a table, as JSON beside owner and name. */
export function createPostgresNamedSecrets(database: PostgresDatabase): NamedSecretStore {
  const table = `"${database.schema}".named_secrets`;
  const own = 'WHERE owner = $1 AND name = $2';
  return {
    async list(owner) {
      const query = `SELECT name, secret FROM ${table} WHERE owner = $1 ORDER BY name COLLATE "C"`;
      return parsed((await database.read(query, [owner])).rows);
    },
    async listAll() {
      return parsed((await database.read(`SELECT name, secret FROM ${table} ORDER BY name COLLATE "C", owner`)).rows);
    },
    async get(name, owner) {
      return parsed((await database.read(`SELECT name, secret FROM ${table} ${own}`, [owner, name])).rows)[0];
    },
    put: ({ owner, name, ...rest }) =>
      database.transaction(async (run) => {
        const text = JSON.stringify({ owner, name, ...rest });
        const inserted = await run(
          `INSERT INTO ${table} (owner, name, secret) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
          [owner, name, text],
        );
        if (inserted.changed === 1) return undefined;
        const replaced = await run(`SELECT name, secret FROM ${table} ${own} FOR UPDATE`, [owner, name]);
        await run(
          `INSERT INTO ${table} (owner, name, secret) VALUES ($1, $2, $3)
            ON CONFLICT (owner, name) DO UPDATE SET secret = $3`,
          [owner, name, text],
        );
        return parsed(replaced.rows)[0];
      }),
    async insert(secret) {
      const { owner, name } = secret;
      const { changed } = await database.write(
        `INSERT INTO ${table} (owner, name, secret) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
        [owner, name, JSON.stringify(secret)],
      );
      return changed === 1;
    },
    remove: (name, owner, ref) =>
      database.transaction(async (run) => {
        const found = parsed((await run(`SELECT name, secret FROM ${table} ${own} FOR UPDATE`, [owner, name])).rows)[0];
        if (found === undefined || (ref !== undefined && found.ref !== ref)) return undefined;
        await run(`DELETE FROM ${table} ${own}`, [owner, name]);
        return found;
      }),
  };
}

function parsed(rows: readonly Row[]): NamedSecret[] {
  return rows.map((row) => parseNamedSecret(String(row['name']), String(row['secret'])));
}
