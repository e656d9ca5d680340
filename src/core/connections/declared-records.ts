import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { Secret } from '../secret.ts';
import type { CheckResult, ConnectionRecord, SecretField, SecretInfo } from './connection.ts';
import { missingRequirements } from './connection-requirements.ts';
import { type DeclaredConnection, type DeclaredSecret, declaredConnectionId } from './declared-connection.ts';
import { inspectSecret } from './inspect-secret.ts';
import type { SecretReferences } from './secret-references.ts';

/** Shows declared connections as records. Their secrets are looked at anew each time: nothing of them is stored. */
export function createDeclaredRecords(
  declared: readonly DeclaredConnection[],
  references: SecretReferences,
  clock: Clock,
): { readonly names: readonly string[]; get(name: string): Promise<ConnectionRecord | undefined> } {
  const byName = new Map(declared.map((connection) => [connection.name, connection]));
  const startedAt = new Date(clock.now()).toISOString();
  const revisions = new Map<string, { readonly state: string; readonly revision: number }>();
  return {
    names: [...byName.keys()],
    async get(name) {
      const connection = byName.get(name);
      if (connection === undefined) {
        return undefined;
      }
      const record = await toRecord(connection, references, clock, startedAt);
      return { ...record, revision: revisionOf(record) };
    },
  };

  /** Counts up when a secret has become another one, so that what was opened with the old one is not used on. */
  function revisionOf({ name, status, secrets }: ConnectionRecord): number {
    const state = JSON.stringify([status, secrets.map(({ field, fingerprint }) => [field, fingerprint])]);
    const known = revisions.get(name);
    const revision = known?.state === state ? known.revision : (known?.revision ?? 0) + 1;
    revisions.set(name, { state, revision });
    return revision;
  }
}

async function toRecord(
  connection: DeclaredConnection,
  references: SecretReferences,
  clock: Clock,
  startedAt: string,
): Promise<ConnectionRecord> {
  const secrets: SecretInfo[] = [];
  const checks: CheckResult[] = [];
  let identity = connection.identity;
  for (const [field, source] of secretEntries(connection)) {
    try {
      const secret = await references.resolve(source);
      const facts = inspectSecret(field, secret, clock.now());
      secrets.push(infoOf(field, secret, source, references, startedAt, facts.expiresAt));
      identity = { ...facts.identity, ...identity };
    } catch (error) {
      checks.push(failedDeclaration(field, error));
    }
  }
  const { missing } = missingRequirements(
    { ...connection, identity },
    secrets.map(({ field }) => field),
  );
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

function infoOf(
  field: SecretField,
  secret: Secret,
  source: DeclaredSecret,
  references: SecretReferences,
  storedAt: string,
  expiresAt: string | undefined,
): SecretInfo {
  const isLiteral = source instanceof Secret;
  return {
    field,
    ref: isLiteral ? 'declared' : references.format(source),
    fingerprint: secret.fingerprint,
    storedAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    source: isLiteral ? 'provisioned' : 'env' in source ? 'env' : 'file',
  };
}

function failedDeclaration(field: SecretField, error: unknown): CheckResult {
  if (!(error instanceof AppError)) {
    throw error;
  }
  return {
    check: 'declaration',
    status: 'fail',
    detail: `${field}: ${error.message}`,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

function secretEntries({ secrets }: DeclaredConnection): [SecretField, DeclaredSecret][] {
  const fields: readonly SecretField[] = ['client_secret', 'certificate', 'federated_token', 'token'];
  return fields.flatMap((field): [SecretField, DeclaredSecret][] => {
    const source = secrets[field];
    return source === undefined ? [] : [[field, source]];
  });
}
