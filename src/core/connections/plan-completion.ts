import { AppError } from '../base/errors.ts';
import type { ConnectionIdentity, ConnectionRecord, SecretField, SecretInfo } from '../record/connection.ts';
import { missingRequirements } from '../record/connection-requirements.ts';
import { secretsOf } from '../record/record-secrets.ts';

export interface CompletionInput {
  /** What the caller named. */
  readonly identity: ConnectionIdentity;
  /** What a bearer token says about itself; used where the caller named nothing. */
  readonly derivedIdentity: ConnectionIdentity;
  readonly newSecrets: readonly SecretInfo[];
  /** Fields that go back to the secret before the last rotation. */
  readonly goBack: readonly SecretField[];
  readonly replaceIdentity: boolean;
  /** ISO 8601. */
  readonly now: string;
}

export interface CompletionPlan {
  readonly record: ConnectionRecord;
  /** Secrets that nothing points to any more once the record is written. */
  readonly dropped: readonly SecretInfo[];
}

/** The record after a completion. Pure, so that it can be planned anew when another process was faster. */
export function planCompletion(record: ConnectionRecord, input: CompletionInput): CompletionPlan {
  const returning = input.goBack.length > 0;
  if (returning) checkCanGoBack(record, input.goBack);
  const restored = returning ? (record.previousIdentity ?? {}) : {};
  const identity: ConnectionIdentity = { ...record.identity, ...restored, ...input.derivedIdentity, ...input.identity };
  const isReplaced = !returning && changesIdentity(record, identity);
  if (isReplaced && !input.replaceIdentity) throw identityChange(record, identity);
  const rotation = rotate(record, input, isReplaced);
  const next: ConnectionRecord = {
    ...(isReplaced ? withoutConversion(withoutPrevious(record)) : withoutPrevious(record)),
    revision: record.revision + 1,
    identity,
    secrets: rotation.secrets,
    previousSecrets: rotation.previous,
    ...previousIdentity(record, identity, rotation.previous, isReplaced || returning),
    status: 'ready',
    updatedAt: input.now,
    ...(keepsHealth(record, identity, rotation.secrets) ? {} : { health: 'unknown', checks: [] }),
  };
  requireComplete(next);
  const kept = new Set(secretsOf(next).map(({ ref }) => ref));
  return { record: next, dropped: secretsOf(record).filter(({ ref }) => !kept.has(ref)) };
}

interface Rotation {
  readonly secrets: readonly SecretInfo[];
  readonly previous: readonly SecretInfo[];
}

function rotate(record: ConnectionRecord, input: CompletionInput, isReplaced: boolean): Rotation {
  const returned = record.previousSecrets.filter(({ field }) => input.goBack.includes(field));
  const incoming = [...input.newSecrets, ...returned];
  const changed = new Set(incoming.map(({ field }) => field));
  // Secrets of another app are of no use to the new one.
  const staying = isReplaced ? [] : record.secrets.filter(({ field }) => !changed.has(field));
  const leaving = record.secrets.filter((secret) => !staying.includes(secret));
  const previous = isReplaced
    ? leaving
    : [
        ...record.previousSecrets.filter(({ field }) => !changed.has(field)),
        ...leaving.flatMap((current) => keptOf(record, current, incoming)),
      ];
  return { secrets: [...staying, ...incoming], previous };
}

/**
 * Which secret to keep beside a new one: the one that a validation proved last, else the current one. The same secret
 * supplied again replaces nothing.
 */
function keptOf(record: ConnectionRecord, current: SecretInfo, incoming: readonly SecretInfo[]): SecretInfo[] {
  const arriving = incoming.find(({ field }) => field === current.field);
  const earlier = record.previousSecrets.find(({ field }) => field === current.field);
  if (arriving?.fingerprint === current.fingerprint) return earlier === undefined ? [] : [earlier];
  if (earlier === undefined || earlier.ref === arriving?.ref) return [current];
  return current.validatedAt === undefined && earlier.validatedAt !== undefined ? [earlier] : [current];
}

function withoutPrevious(record: ConnectionRecord): ConnectionRecord {
  const { previousIdentity: _previous, ...rest } = record;
  return rest;
}

/** What was kept for the way back belongs to the app of before. */
function withoutConversion(record: ConnectionRecord): ConnectionRecord {
  const { conversion: _conversion, ...rest } = record;
  return rest;
}

/** Remembers whose the previous secrets are, for as long as there are any. */
function previousIdentity(
  record: ConnectionRecord,
  identity: ConnectionIdentity,
  previous: readonly SecretInfo[],
  isSwitch: boolean,
): { previousIdentity?: ConnectionIdentity } {
  const earlier = isSwitch ? record.identity : record.previousIdentity;
  const differs = earlier !== undefined && differsInOwner(earlier, identity);
  return differs && previous.length > 0 ? { previousIdentity: earlier } : {};
}

function changesIdentity(record: ConnectionRecord, identity: ConnectionIdentity): boolean {
  return record.status === 'ready' && differsInOwner(record.identity, identity);
}

function differsInOwner(before: ConnectionIdentity, after: ConnectionIdentity): boolean {
  return (['tenant_id', 'client_id'] as const).some(
    (field) => before[field] !== undefined && after[field]?.toLowerCase() !== before[field].toLowerCase(),
  );
}

function keepsHealth(record: ConnectionRecord, identity: ConnectionIdentity, secrets: readonly SecretInfo[]): boolean {
  const refs = (list: readonly SecretInfo[]) => list.map(({ ref }) => ref).join();
  const fields = new Set([...Object.keys(record.identity), ...Object.keys(identity)]);
  fields.delete('default_location');
  const before = new Map(Object.entries(record.identity));
  const after = new Map(Object.entries(identity));
  return refs(record.secrets) === refs(secrets) && [...fields].every((field) => before.get(field) === after.get(field));
}

function checkCanGoBack(record: ConnectionRecord, fields: readonly SecretField[]): void {
  const gone = fields.filter((field) => !record.previousSecrets.some((secret) => secret.field === field));
  if (gone.length > 0) {
    throw new AppError(
      'invalid_argument',
      `There is no previous ${gone.join(', ')}: it was never rotated, or its successor has been validated.`,
      {
        hint: `Supply ${gone.join(', ')} itself.`,
      },
    );
  }
}

function identityChange(record: ConnectionRecord, identity: ConnectionIdentity): AppError {
  const named = ({ tenant_id: tenant, client_id: client }: ConnectionIdentity) =>
    `tenant ${tenant ?? '-'}, app ${client ?? '-'}`;
  return new AppError(
    'refused',
    `The connection ${record.name} would become another tenant or app: now ${named(record.identity)}, then ${named(identity)}.`,
    {
      hint: 'Pass replace_identity: true together with the new secret if that is meant, or create another connection.',
    },
  );
}

function requireComplete(next: ConnectionRecord): void {
  const { missing } = missingRequirements(
    next,
    next.secrets.map(({ field }) => field),
  );
  if (missing.length > 0) {
    throw new AppError('invalid_argument', `The connection ${next.name} still needs ${missing.join(', ')}.`, {
      hint: `Call complete_connection with ${missing.join(', ')}; auth_type ${next.auth_type} needs them.`,
      detail: { missing },
    });
  }
}
