import type { SecretReferences } from '../auth/secret-reader.ts';
import type { Clock } from '../base/clock.ts';
import type { ConnectionRecord, SecretInfo } from '../record/connection.ts';
import type { ConnectionStore } from '../storage/record-store.ts';
import type { Vault } from '../storage/vault/vault.ts';
import { closeOverdueConversion } from './conversion/conversion-record.ts';
import { sweepOrphans } from './orphans.ts';
import type { ResolvedSecret } from './secret-arguments.ts';

/** Puts secrets into the vault and takes them out again, on behalf of changes to records. */
export interface SecretStorage {
  /** All of them or none. */
  put(connectionId: string, secrets: readonly ResolvedSecret[]): Promise<readonly SecretInfo[]>;
  /** Never fails: the change has been decided already, and what stays behind is swept later. */
  destroy(secrets: readonly SecretInfo[]): Promise<void>;
  /** Now and then, after a change, destroys what no record points to, and what conversions have kept long enough. */
  sweep(): Promise<void>;
  /** The record as it is to be seen: without a way back from a conversion whose days are over. Never fails. */
  closeOverdue(record: ConnectionRecord): Promise<ConnectionRecord>;
}

export interface SecretStorageOptions {
  readonly store: ConnectionStore;
  readonly vault: Vault;
  readonly references: SecretReferences;
  readonly clock: Clock;
}

const sweepEveryMs = 60 * 60_000;

export function createSecretStorage({ store, vault, references, clock }: SecretStorageOptions): SecretStorage {
  let sweptAt: number | undefined;
  const closeOverdue = (record: ConnectionRecord) => closeOverdueConversion(record, { store, clock, destroy });
  return { put, destroy, sweep, closeOverdue };

  async function put(connectionId: string, secrets: readonly ResolvedSecret[]): Promise<readonly SecretInfo[]> {
    const stored: SecretInfo[] = [];
    try {
      for (const secret of secrets) {
        if (secret.kind === 'material') {
          const ref = await vault.put({ connectionId, field: secret.info.field }, secret.secret);
          stored.push({ ...secret.info, ref });
        } else if (secret.kind === 'live') {
          stored.push(secret.info);
        }
      }
      return stored;
    } catch (error) {
      await destroy(stored);
      throw error;
    }
  }

  async function destroy(secrets: readonly SecretInfo[]): Promise<void> {
    for (const { ref } of secrets) {
      if (references.parse(ref) === undefined) await vault.destroy(ref).catch(() => undefined);
    }
  }

  async function sweep(): Promise<void> {
    if (sweptAt === undefined || clock.now() - sweptAt >= sweepEveryMs) {
      sweptAt = clock.now();
      // Its failure is nobody's failure: the next one does it.
      await closeAll().catch(() => undefined);
      await sweepOrphans(store, vault, clock).catch(() => undefined);
    }
  }

  async function closeAll(): Promise<void> {
    for (const record of await store.list()) {
      await closeOverdue(record);
    }
  }
}
