import { Secret } from '../../../../src/core/secrets/secret.ts';
import { recordPlace } from '../../../../src/core/storage/record-rows.ts';
import { openRowSealer } from '../../../../src/core/storage/row-sealer.ts';
import type { Keys } from '../../../../src/core/storage/storage.ts';
import { writeLines } from '../../../../src/core/storage/transfer/export-lines.ts';
import type { CopiedRow } from '../../../../src/core/storage/transfer/store-tables.ts';
import { createVault, type SecretRow } from '../../../../src/core/storage/vault/vault.ts';
import { handClock, testRecord } from '../../connections/support.ts';

/** The text of an export of connections `c0`, `c1` and so on, each with the secret `secret-of-c0`, `secret-of-c1`. */
export async function exportOfMany(count: number, keys: Keys): Promise<string> {
  const sealer = await openRowSealer(keys);
  const stored: SecretRow[] = [];
  const rows = {
    put: async (row: SecretRow, check: string) => {
      stored.push(row);
      return check;
    },
    get: async () => undefined,
    delete: async () => undefined,
    list: async () => [],
    keyCheck: async () => undefined,
  };
  const vault = createVault({ rows, keys, clock: handClock() });
  const connections: CopiedRow[] = [];
  const field = 'client_secret' as const;
  for (let nth = 0; nth < count; nth++) {
    const [id, name] = [`id-${nth}`, `c${nth}`];
    const ref = await vault.put({ connectionId: id, field }, new Secret(`secret-of-${name}`));
    const secrets = [{ field, ref, fingerprint: 'f', storedAt: '2026-01-01T00:00:00Z', source: 'inline' as const }];
    const record = testRecord({ id, name, secrets });
    const text = sealer.seal(recordPlace(record), JSON.stringify(record));
    connections.push({ table: 'connections', cells: [id, record.owner, name, record.revision, text] });
  }
  async function* all(): AsyncGenerator<CopiedRow> {
    for (const { ref, connectionId, field, storedAt, sealed, sealedKey } of stored) {
      yield { table: 'secrets', cells: [ref, connectionId, field, storedAt, sealed, sealedKey] };
    }
    yield* connections;
  }
  const lines: string[] = [];
  for await (const line of writeLines(all(), keys)) lines.push(line);
  return lines.join('');
}
