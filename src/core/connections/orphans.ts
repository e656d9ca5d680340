import type { Clock } from '../base/clock.ts';
import { secretsOf } from '../record/record-secrets.ts';
import type { ConnectionStore } from '../storage/record-store.ts';
import type { Vault } from '../storage/vault/vault.ts';

/** Secrets are stored before the record that points to them; another process may be between the two. */
const graceMs = 60 * 60_000;

/** Destroys secrets that no record points to: what a process left behind that ended in the middle of a change. */
export async function sweepOrphans(store: ConnectionStore, vault: Vault, clock: Clock): Promise<number> {
  // The vault first: a secret that gets its record in between is then seen as used.
  const stored = await vault.list();
  const oldest = clock.now() - graceMs;
  const candidates = stored.filter(({ storedAt }) => Date.parse(storedAt) < oldest);
  if (candidates.length === 0) return 0;
  const records = await store.list();
  const used = new Set(records.flatMap(secretsOf).map(({ ref }) => ref));
  const orphans = candidates.filter(({ ref }) => !used.has(ref));
  for (const { ref } of orphans) {
    await vault.destroy(ref);
  }
  return orphans.length;
}
