import { type DeclaredMaterial, openDeclared, readDeclared } from '../auth/secret-reader.ts';
import type { SecretReferences } from '../auth/secret-references.ts';
import type { Caller } from '../base/caller.ts';
import { isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { didYouMean, nearest } from '../base/nearest.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type CheckResult,
  type ConnectionRecord,
  missingOf,
  type SecretField,
  type SecretInfo,
  secretEntries,
} from '../record/connection.ts';
import { type DeclaredConnection, type DeclaredSecret, declaredConnectionId } from '../record/declared-connection.ts';
import { Secret } from '../secrets/secret.ts';
import { linesOf } from './checks/check.ts';
import type { ConnectionServiceOptions } from './connection-service.ts';
import { inspectSecret } from './inspect-secret.ts';
import type { SecretStorage } from './record-changes.ts';

export type Catalog = ReturnType<typeof createCatalog>;

/** Stored and declared connections together, as one caller sees them. */
export function createCatalog(
  { store, declared, references, fingerprints, clock }: ConnectionServiceOptions,
  { closeOverdue }: SecretStorage,
) {
  const records = createDeclaredRecords(declared, { references, fingerprints, clock });
  const isDeclared = (name: string) => records.names.includes(name);
  return {
    declaredNames: records.names,
    list: (caller: Caller) => listOf(caller.id),
    /** All connections of an owner, declared ones too. */
    listOf,
    offer: async (name: string, caller: Caller) => hintFor(name, await names(caller)),
    /** What cannot be read; a declared connection of the name hides it. */
    damaged: async (caller: Caller) => (await store.damaged(caller.id)).filter(({ name }) => !isDeclared(name)),
    async revisions(caller: Caller): Promise<ReadonlyMap<string, string>> {
      return new Map([...(await store.revisions(caller.id)), ...records.revisions()]);
    },
    find,
    async get(name: string, caller: Caller): Promise<ConnectionRecord> {
      return (await find(name, caller)) ?? unknown(name, caller);
    },
    /** Like `get`; refuses declared connections. */
    async getChangeable(name: string, caller: Caller): Promise<ConnectionRecord> {
      if (isDeclared(name)) {
        throw new AppError(
          'refused',
          `The connection ${name} is declared in the configuration and cannot be changed here.`,
          { hint: 'Ask the person who runs Tenantry to change it in tenantry.yaml.' },
        );
      }
      return (await find(name, caller)) ?? unknown(name, caller);
    },
    /** Remembers the validation of a declared connection, which has no place in the store. */
    keepOutcome: records.keepOutcome,
  };

  async function listOf(owner: string): Promise<readonly ConnectionRecord[]> {
    const stored = await Promise.all((await store.list(owner)).map(closeOverdue));
    const own = stored.filter(({ name }) => !isDeclared(name));
    const fixed = await Promise.all(records.names.map((name) => records.get(name)));
    return [...fixed.filter((record) => record !== undefined), ...own].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function find(name: string, caller: Caller): Promise<ConnectionRecord | undefined> {
    if (isDeclared(name)) return records.get(name);
    const record = await store.get(name, caller.id);
    return record && closeOverdue(record);
  }

  /** Names alone: for a message the secrets of declared connections are not read. */
  async function names(caller: Caller): Promise<readonly string[]> {
    const own = (await store.list(caller.id)).map((known) => known.name);
    return [...new Set([...records.names, ...own])].sort();
  }

  async function unknown(name: string, caller: Caller): Promise<never> {
    throw unknownConnection(name, await names(caller));
  }
}

/** The answer to an unknown name: lists the valid ones and the one that was probably meant. */
function unknownConnection(name: string, validNames: readonly string[]): AppError {
  const shown = name.replace(/[^\x21-\x7e]/g, '').slice(0, 63);
  const meant = nearest(name, validNames);
  return new AppError('not_found', `There is no connection named ${shown}.`, {
    hint: hintFor(name, validNames),
    detail: { valid_names: validNames.slice(0, mostNames), ...(meant === undefined ? {} : { nearest: meant }) },
  });
}

/** Most names in one message. */
const mostNames = 50;

function hintFor(name: string, validNames: readonly string[]): string {
  if (validNames.length === 0) return 'There are no connections yet: create one with create_connection.';
  const listed = validNames.slice(0, mostNames).join(', ');
  const more = validNames.length > mostNames ? ` and ${validNames.length - mostNames} more` : '';
  return `${didYouMean(name, validNames)}Valid names: ${listed}${more}.`;
}

/** Shows declared connections as records. Their secrets are read each time and written nowhere. */
export function createDeclaredRecords(
  declared: readonly DeclaredConnection[],
  { references, fingerprints, clock }: Pick<ConnectionServiceOptions, 'references' | 'fingerprints' | 'clock'>,
) {
  const byName = new Map(declared.map((connection) => [connection.name, connection]));
  const startedAt = isoNow(clock);
  const shown = new Map<string, Shown>();
  const outcomes = new Map<string, ConnectionRecord>();
  const validations = new Map<string, number>();
  return {
    names: [...byName.keys()],
    async get(name: string): Promise<ConnectionRecord | undefined> {
      const connection = byName.get(name);
      if (connection === undefined) return undefined;
      const record = await show(connection);
      const outcome = outcomes.get(name);
      return outcome !== undefined && hasSameSecrets(record, outcome) ? outcome : record;
    },
    /** They change with their validations: what the configuration says stays the same. Reads no secret. */
    revisions: () => [...byName.keys()].map((name) => [name, `declared ${validations.get(name) ?? 0}`] as const),
    /** Shows the validated record as long as its secrets stay the same. */
    keepOutcome(record: ConnectionRecord): void {
      outcomes.set(record.name, record);
      validations.set(record.name, 1 + (validations.get(record.name) ?? 0));
    },
  };

  async function show(connection: DeclaredConnection): Promise<ConnectionRecord> {
    const { name } = connection;
    const known = shown.get(name);
    const secrets = await readSecrets(connection, { references, fingerprints, known: known?.secrets ?? [] });
    const isUnchanged = known !== undefined && isSameMaterial(known.secrets, secrets);
    if (isUnchanged && clock.now() < known.until) return known.record;
    const record = toRecord(connection, { secrets, references, now: clock.now(), startedAt });
    const until = Math.min(...record.secrets.map(({ expiresAt }) => Date.parse(expiresAt ?? farFuture)));
    // Another secret makes another revision, so that connections opened with the old one are not used any longer.
    const revision =
      isUnchanged && known.record.status === record.status ? known.record.revision : (known?.record.revision ?? 0) + 1;
    const fresh = { ...record, revision };
    shown.set(name, { secrets, until, record: fresh });
    return fresh;
  }
}

const farFuture = '9999-01-01T00:00:00Z';

/** The record of a declared connection, valid while its secrets are the same and none has expired. */
interface Shown {
  readonly secrets: readonly ReadSecret[];
  /** Epoch milliseconds. */
  readonly until: number;
  readonly record: ConnectionRecord;
}

function hasSameSecrets(a: ConnectionRecord, b: ConnectionRecord): boolean {
  const fingerprints = ({ secrets }: ConnectionRecord) => secrets.map(({ field, fingerprint }) => [field, fingerprint]);
  return a.status === b.status && JSON.stringify(fingerprints(a)) === JSON.stringify(fingerprints(b));
}

interface ReadSecret {
  readonly field: SecretField;
  readonly source: DeclaredSecret;
  readonly material?: DeclaredMaterial;
  readonly secret?: Secret;
  readonly fingerprint?: string;
  readonly error?: unknown;
}

function isSameMaterial(before: readonly ReadSecret[], now: readonly ReadSecret[]): boolean {
  return now.every(({ secret, error }, index) => {
    const other = before[index];
    return secret === undefined
      ? other?.secret === undefined && String(error) === String(other?.error)
      : other?.secret?.reveal() === secret.reveal();
  });
}

/** Reads every secret again. A certificate that has not changed is not opened again, since deriving its key is slow by design. */
function readSecrets(
  connection: DeclaredConnection,
  {
    references,
    fingerprints,
    known,
  }: Pick<ConnectionServiceOptions, 'references' | 'fingerprints'> & { readonly known: readonly ReadSecret[] },
): Promise<ReadSecret[]> {
  return Promise.all(
    secretEntries(connection.secrets).map(async ([field, source]): Promise<ReadSecret> => {
      try {
        const material = await readDeclared(connection, field, references);
        if (material === undefined) throw new Error('A declared secret has a source.');
        const before = known.find((one) => one.field === field && isSameText(one.material, material));
        if (before?.secret !== undefined) return before;
        const secret = await openDeclared(field, material);
        return { field, source, material, secret, fingerprint: await fingerprints.ofUnstored(secret) };
      } catch (error) {
        return { field, source, error };
      }
    }),
  );
}

function isSameText(before: DeclaredMaterial | undefined, now: DeclaredMaterial): boolean {
  return before?.length === now.length && now.every((one, index) => one?.reveal() === before[index]?.reveal());
}

interface RecordFacts {
  readonly secrets: readonly ReadSecret[];
  readonly references: SecretReferences;
  readonly now: number;
  readonly startedAt: string;
}

function toRecord(connection: DeclaredConnection, facts: RecordFacts): ConnectionRecord {
  const { references, now, startedAt } = facts;
  const secrets: SecretInfo[] = [];
  const checks: CheckResult[] = [];
  let identity = connection.identity;
  for (const { field, source, secret, fingerprint = '', error } of facts.secrets) {
    try {
      if (secret === undefined) throw error;
      const inspected = inspectSecret(field, secret, now);
      const isLiteral = source instanceof Secret;
      secrets.push({
        field,
        ref: isLiteral ? 'declared' : references.format({ source, actor: 'operator' }),
        fingerprint,
        storedAt: startedAt,
        ...withoutUndefined({ expiresAt: inspected.expiresAt }),
        source: isLiteral ? 'provisioned' : 'env' in source ? 'env' : 'file',
      });
      identity = { ...inspected.identity, ...identity };
    } catch (failure) {
      if (!(failure instanceof AppError)) throw failure;
      checks.push(linesOf('declaration').fail(`${field}: ${failure.message}`, failure.hint));
    }
  }
  const missing = missingOf({ ...connection, identity, secrets });
  const { secrets: _sources, ...fields } = connection;
  return {
    ...fields,
    identity,
    id: declaredConnectionId(connection.name),
    revision: 1,
    status: missing.length === 0 && checks.length === 0 ? 'ready' : 'pending',
    secrets,
    previousSecrets: [],
    health: checks.length === 0 ? 'unknown' : 'failing',
    checks,
    createdAt: startedAt,
    updatedAt: startedAt,
    origin: 'declared',
    owner: 'local',
  };
}
