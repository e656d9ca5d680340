import { type DeclaredMaterial, openDeclared, readDeclared } from '../auth/secret-reader.ts';
import type { SecretReferences } from '../auth/secret-references.ts';
import { type Caller, localCaller } from '../base/caller.ts';
import { isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type CheckResult,
  type ConnectionRecord,
  type SecretField,
  type SecretInfo,
  secretEntries,
} from '../record/connection.ts';
import { type DeclaredConnection, type DeclaredSecret, declaredConnectionId } from '../record/declared-connection.ts';
import { missingOf } from '../record/requirements.ts';
import { accessOf } from '../record/sharing.ts';
import { Secret } from '../secrets/secret.ts';
import { linesOf } from './checks/check.ts';
import type { ConnectionServiceOptions } from './connection-service.ts';
import { inspectSecret } from './inspect-secret.ts';

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
    /** Names of those that a caller may know of. Reads no secret. */
    namesFor: (caller: Caller): readonly string[] =>
      declared.filter((one) => accessOf(ownedByOperator(one), caller) !== undefined).map(({ name }) => name),
    async get(name: string): Promise<ConnectionRecord | undefined> {
      const connection = byName.get(name);
      if (connection === undefined) return undefined;
      const record = await show(connection);
      const outcome = outcomes.get(name);
      return outcome !== undefined && hasSameSecrets(record, outcome) ? outcome : record;
    },
    /** They change with their validations: what the configuration says stays the same. Reads no secret. */
    revisions: (names: readonly string[]) =>
      names.map((name) => [name, `declared ${validations.get(name) ?? 0}`] as const),
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

/** What the configuration declares belongs to the person who runs Tenantry. */
function ownedByOperator({ shared_with: grants }: DeclaredConnection) {
  return { owner: localCaller.id, ...withoutUndefined({ shared_with: grants }) };
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
  const { secrets: _sources, shared_with: _grants, ...fields } = connection;
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
    ...ownedByOperator(connection),
  };
}
