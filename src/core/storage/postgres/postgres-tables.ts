import { AppError } from '../../base/errors.ts';
import type { StoreLook, StoreTables } from '../transfer/store-tables.ts';
import { readKeyMarks } from '../vault/read-key-marks.ts';
import { schemaVersion } from './migrations.ts';
import type { PostgresDatabase } from './postgres-database.ts';
import { recordChannel } from './record-changes.ts';

/** Held by the one import, or the step of a rotation, that goes on. A number of our choice. */
const importLock = 7_302_110_923;

/** The tables of one schema, for carrying them as a whole. */
export function createPostgresTables(database: PostgresDatabase): StoreTables {
  const { schema } = database;
  const table = (name: string) => `"${schema}".${name}`;
  return {
    names: {
      meta: table('meta'),
      secrets: table('secrets'),
      connections: table('connections'),
      named_secrets: table('named_secrets'),
      receipts: table('receipts'),
      approvals: table('approvals'),
    },
    receiptPlace: 'place',
    look: () => lookAt(database),
    versions: () => database.versions(),
    snapshot: (work) =>
      database.longTransaction(async (run) => {
        await run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        return work(run);
      }),
    change: (work) =>
      database.longTransaction(async (run) => {
        const { rows } = await run('SELECT pg_try_advisory_xact_lock($1) AS free', [importLock]);
        if (rows[0]?.['free'] !== true) throw otherGoesOn();
        return work(run);
      }),
    async tell(run, ids) {
      await run(`SELECT pg_notify('${recordChannel}', '${schema} ' || id) FROM unnest($1::text[]) AS id`, [ids]);
    },
  };
}

async function lookAt({ schema, readAsIs }: PostgresDatabase): Promise<StoreLook> {
  const { rows } = await readAsIs(`SELECT name, value FROM "${schema}".meta`);
  const version = Number(rows.find(({ name }) => name === 'version')?.['value'] ?? 0);
  const line = await readAsIs('SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl');
  const tls = line.rows[0]?.['version'];
  return {
    version,
    wanted: schemaVersion,
    ...(tls === undefined ? {} : { tls: String(tls) }),
    marks: readKeyMarks(rows),
  };
}

function otherGoesOn(): AppError {
  return new AppError('conflict', 'Another import into this store, or a rotation of its master key, is under way.', {
    hint: 'Run the command again when the other one has ended: an import that was refused has changed nothing, and a rotation goes on where it was.',
    retryable: true,
  });
}
