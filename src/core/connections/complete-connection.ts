import type { CallContext } from '../base/call-context.ts';
import { isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  identitySchema,
  missingOf,
  parseInput,
  type SecretField,
  type SecretInfo,
  secretsOf,
} from '../record/connection.ts';
import type { CompleteConnection, ConnectionServiceOptions } from './connection-service.ts';
import { changeWithSecrets, type RecordChange, type SecretStorage } from './record-changes.ts';
import { type ResolvedSecrets, resolveSecretArguments } from './secret-arguments.ts';

/** Supplies identity and secrets, or rotates a secret. Stopping anywhere leaves the old or the new state. */
export async function completeRecord(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: ConnectionServiceOptions,
  storage: SecretStorage,
  call: CallContext,
): Promise<ConnectionRecord> {
  const completion = await readCompletion(record, input, options, call);
  const plan = (current: ConnectionRecord, newSecrets: readonly SecretInfo[]) =>
    planCompletion(current, { ...completion.input, newSecrets });
  // Plan once before anything is stored, so that a refused completion leaves no trace.
  plan(
    record,
    completion.resolved.secrets.flatMap((secret) => (secret.kind === 'previous' ? [] : [{ ...secret.info, ref: '' }])),
  );
  return changeWithSecrets(record, completion.resolved.secrets, plan, { store: options.store, storage, call });
}

interface Completion {
  readonly input: Omit<CompletionInput, 'newSecrets'>;
  readonly resolved: ResolvedSecrets;
}

async function readCompletion(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: ConnectionServiceOptions,
  call: CallContext,
): Promise<Completion> {
  const { secrets: _secrets, replace_identity: replaceIdentity = false, ...named } = input;
  const identity = withoutUndefined(parseInput(identitySchema, named));
  const resolved = await resolveSecretArguments(record, input, options, call);
  return {
    resolved,
    input: {
      identity,
      derivedIdentity: withoutNamed(resolved.identity, identity),
      goBack: resolved.secrets.flatMap((secret) => (secret.kind === 'previous' ? [secret.field] : [])),
      replaceIdentity,
      now: isoNow(options.clock),
    },
  };
}

/** What the caller named wins over what a token says about itself. */
function withoutNamed(derived: ConnectionIdentity, named: object): ConnectionIdentity {
  return Object.fromEntries(Object.entries(derived).filter(([key]) => !(key in named)));
}

interface CompletionInput {
  /** What the caller named. */
  readonly identity: ConnectionIdentity;
  /** What a bearer token says about itself; used where the caller named nothing. */
  readonly derivedIdentity: ConnectionIdentity;
  readonly newSecrets: readonly SecretInfo[];
  /** Fields that return to the secret before the last rotation. */
  readonly goBack: readonly SecretField[];
  readonly replaceIdentity: boolean;
  /** ISO 8601. */
  readonly now: string;
}

/** The record after a completion. Pure, so that it can be planned again when another process was faster. */
export function planCompletion(record: ConnectionRecord, input: CompletionInput): RecordChange {
  const returning = input.goBack.length > 0;
  if (returning) checkCanGoBack(record, input.goBack);
  const restored = returning ? (record.previousIdentity ?? {}) : {};
  const identity: ConnectionIdentity = { ...record.identity, ...restored, ...input.derivedIdentity, ...input.identity };
  const isReplaced = !returning && changesIdentity(record, identity);
  if (!returning) checkReplacement(record, identity, input.replaceIdentity);
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
  // The new app cannot use the secrets of another app.
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
 * Which secret to keep beside a new one: the last one that passed a validation, otherwise the current one. Supplying
 * the same secret again replaces nothing.
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

/** Secrets kept for the way back belong to the earlier app. */
function withoutConversion(record: ConnectionRecord): ConnectionRecord {
  const { conversion: _conversion, ...rest } = record;
  return rest;
}

/** Remembers the identity of the previous secrets as long as there are any. */
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

/** Throws `refused` when a ready connection would become another tenant or app without leave. */
export function checkReplacement(record: ConnectionRecord, identity: ConnectionIdentity, isAllowed: boolean): void {
  if (changesIdentity(record, identity) && !isAllowed) throw identityChange(record, identity);
}

/** Whether a ready connection would become another tenant or app. */
export function changesIdentity(record: ConnectionRecord, identity: ConnectionIdentity): boolean {
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
    `The connection ${record.name} would switch to another tenant or app: now ${named(record.identity)}, then ${named(identity)}.`,
    {
      hint: 'To allow it, pass replace_identity: true together with the new secret; otherwise create another connection.',
    },
  );
}

function requireComplete(next: ConnectionRecord): void {
  const missing = missingOf(next);
  if (missing.length > 0) {
    throw new AppError('invalid_argument', `The connection ${next.name} still needs ${missing.join(', ')}.`, {
      hint: `Call complete_connection with ${missing.join(', ')}; auth_type ${next.auth_type} needs them.`,
      detail: { missing },
    });
  }
}
