import { hkdfSync, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { createMemoryReceipts } from './memory-receipts.ts';
import { createMemoryResults, createMemoryState } from './memory-results.ts';
import { defaultResultLimits, type ResultLimits } from './result-store.ts';
import { sharedPlace } from './shared-records.ts';
import {
  type Approval,
  type ApprovalStore,
  type AuditEntry,
  type AuditLog,
  type Keys,
  type NamedSecret,
  type NamedSecretStore,
  nameTaken,
  type OpenWrite,
  type OpenWriteStore,
  type RecordStore,
  type Storage,
} from './storage.ts';
import { createVault, type SecretRow, type SecretRows } from './vault/vault.ts';

/** Everything in memory, gone with the process: for tests, and for a process that may not write. */
export function createMemoryStorage(clock: Clock, results: ResultLimits = defaultResultLimits): Storage {
  const keys = createMemoryKeys();
  return {
    records: createMemoryRecords(),
    vault: createVault({ rows: createMemorySecretRows(), keys, clock }),
    secrets: createMemoryNamedSecrets(),
    results: createMemoryResults(clock, results),
    state: createMemoryState(clock),
    keys,
    approvals: createMemoryApprovals(clock),
    openWrites: createMemoryOpenWrites(clock),
    receipts: createMemoryReceipts(clock),
    audit: createMemoryAudit(),
    close: async () => undefined,
  };
}

/** Copies go in and out, as with a real store. */
function createMemoryRecords(): RecordStore {
  const records = new Map<string, ConnectionRecord>();
  const key = ({ owner, name }: Pick<ConnectionRecord, 'owner' | 'name'>) => JSON.stringify([owner, name]);
  const copies = (isWanted: (record: ConnectionRecord) => boolean) =>
    [...records.values()]
      .filter(isWanted)
      .sort((a, b) => byText(a.name, b.name) || byText(a.owner, b.owner))
      .map((record) => structuredClone(record));
  const isShared = ({ shared_with: grants = [] }: ConnectionRecord) => grants.length > 0;
  return {
    list: async (owner) => copies((record) => record.owner === owner),
    listAll: async () => copies(() => true),
    shared: async (name) => copies((record) => isShared(record) && (name ?? record.name) === record.name),
    owners: async () => [...new Set([...records.values()].map(({ owner }) => owner))].sort(),
    get: async (name, owner) => structuredClone(records.get(key({ owner, name }))),
    revisions: async (owner) =>
      new Map(
        [...records.values()]
          .filter((record) => record.owner === owner)
          .map(({ id, name, revision }) => [name, `${id} ${revision}`]),
      ),
    sharedPlaces: async () =>
      [...records.values()]
        .filter(isShared)
        .map(({ id, owner, name, revision }) => sharedPlace({ id, owner, name, revision })),
    // Nothing but this process writes here.
    damaged: async () => [],
    removeDamaged: async () => false,
    async insert(record) {
      if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
      if (records.has(key(record)) || [...records.values()].some(({ id }) => id === record.id)) {
        throw nameTaken(record.name);
      }
      records.set(key(record), structuredClone(record));
    },
    async replace(record) {
      const current = records.get(key(record));
      if (current?.id !== record.id || current.revision !== record.revision - 1) return false;
      records.set(key(record), structuredClone(record));
      return true;
    },
    async remove(id, revision) {
      const current = [...records.values()].find((record) => record.id === id);
      return current?.revision === revision && records.delete(key(current));
    },
  };
}

function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function createMemoryNamedSecrets(): NamedSecretStore {
  const secrets = new Map<string, NamedSecret>();
  const key = (owner: string, name: string) => JSON.stringify([owner, name]);
  const copies = (isWanted: (secret: NamedSecret) => boolean) =>
    [...secrets.values()]
      .filter(isWanted)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((secret) => structuredClone(secret));
  return {
    list: async (owner) => copies((secret) => secret.owner === owner),
    listAll: async () => copies(() => true),
    get: async (name, owner) => structuredClone(secrets.get(key(owner, name))),
    async put(secret) {
      const replaced = secrets.get(key(secret.owner, secret.name));
      secrets.set(key(secret.owner, secret.name), structuredClone(secret));
      return replaced;
    },
    async insert(secret) {
      if (secrets.has(key(secret.owner, secret.name))) return false;
      secrets.set(key(secret.owner, secret.name), structuredClone(secret));
      return true;
    },
    async remove(name, owner, ref) {
      const found = secrets.get(key(owner, name));
      if (found === undefined || (ref !== undefined && found.ref !== ref)) return undefined;
      secrets.delete(key(owner, name));
      return found;
    },
  };
}

export function createMemorySecretRows(): SecretRows {
  const rows = new Map<string, SecretRow>();
  let fixed: string | undefined;
  return {
    async put(row, keyCheck) {
      fixed ??= keyCheck;
      if (fixed === keyCheck) rows.set(row.ref, row);
      return fixed;
    },
    get: async (ref) => rows.get(ref),
    async delete(ref) {
      rows.delete(ref);
    },
    list: async () =>
      [...rows.values()].map(({ ref, connectionId, field, storedAt }) => ({ ref, connectionId, field, storedAt })),
    keyCheck: async () => fixed,
  };
}

function createMemoryKeys(): Keys {
  const master = randomBytes(32);
  const derive = async (purpose: string) => Buffer.from(hkdfSync('sha256', master, 'tenantry', purpose, 32));
  return {
    derive,
    deriveEach: async (purpose) => [await derive(purpose)],
    confirm: async () => undefined,
    isAtHand: async () => true,
  };
}

function createMemoryApprovals(clock: Clock): ApprovalStore {
  const kept = new Map<string, Approval>();
  const used = new Map<string, number>();
  const forgetExpired = () => {
    for (const [code, { expiresAt }] of kept) if (expiresAt <= clock.now()) kept.delete(code);
    for (const [handle, expiresAt] of used) if (expiresAt <= clock.now()) used.delete(handle);
  };
  const waiting = (owner: string) => [...kept.values()].filter((one) => one.owner === owner && one.state === 'waiting');
  const find = (digest: string, owner: string) => {
    forgetExpired();
    return [...kept.values()].find((one) => one.digest === digest && one.owner === owner);
  };
  return {
    async insert(approval, mostWaiting) {
      if (find(approval.digest, approval.owner) !== undefined || kept.has(approval.code)) return 'taken';
      if (approval.state === 'waiting' && waiting(approval.owner).length >= mostWaiting) return 'full';
      kept.set(approval.code, structuredClone(approval));
      return 'inserted';
    },
    async list(owner) {
      forgetExpired();
      return waiting(owner).sort((a, b) => a.createdAt - b.createdAt);
    },
    async answer(code, owner, answer) {
      forgetExpired();
      const found = kept.get(code);
      if (found?.owner !== owner || found.state !== 'waiting') return false;
      kept.set(code, { ...found, state: answer });
      return true;
    },
    find: async (digest, owner) => find(digest, owner),
    async spend(digest, owner) {
      const found = find(digest, owner);
      if (found?.state !== 'approved') return undefined;
      kept.delete(found.code);
      return found;
    },
    async useUp(handle, expiresAt) {
      forgetExpired();
      if (used.has(handle)) return false;
      used.set(handle, expiresAt);
      return true;
    },
  };
}

function createMemoryOpenWrites(clock: Clock): OpenWriteStore {
  const kept = new Map<string, OpenWrite>();
  const forgetExpired = () => {
    for (const [id, { expiresAt }] of kept) if (expiresAt <= clock.now()) kept.delete(id);
  };
  return {
    async add(write) {
      forgetExpired();
      const found = [...kept.values()].find(({ digest }) => digest === write.digest);
      if (found === undefined) kept.set(write.id, write);
      return found;
    },
    async find(id) {
      forgetExpired();
      return kept.get(id);
    },
    async update(write) {
      if (kept.has(write.id)) kept.set(write.id, write);
    },
    async remove(id) {
      kept.delete(id);
    },
  };
}

const mostAuditEntries = 10_000;

function createMemoryAudit(): AuditLog {
  const entries: AuditEntry[] = [];
  /** How many were dropped at the front. */
  let dropped = 0;
  return {
    async append(entry) {
      entries.push(structuredClone(entry));
      if (entries.length <= mostAuditEntries) return;
      entries.shift();
      dropped += 1;
    },
    async read(after = '0') {
      const found = entries.slice(Math.max(0, Number(after) - dropped));
      return {
        entries: structuredClone(found),
        position: found.length === 0 ? after : String(dropped + entries.length),
      };
    },
  };
}
