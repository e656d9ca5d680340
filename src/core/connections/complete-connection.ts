import type { CallContext } from '../base/call-context.ts';
import { isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  identitySchema,
  parseInput,
  type SecretField,
  type SecretInfo,
  secretEntries,
  secretsOf,
} from '../record/connection.ts';
import { missingOf } from '../record/requirements.ts';
import { changesSchema, checkBaseUrl, resolveCloud } from './build-record.ts';
import type { Ceilings, GrantedBy } from './ceilings.ts';
import type { CompleteConnection, ConnectionServiceOptions } from './connection-service.ts';
import { changeWithSecrets, type RecordChange, type SecretStorage } from './record-changes.ts';
import { type ResolvedSecrets, resolveSecretArguments } from './secret-arguments.ts';

/** Supplies identity and secrets, or rotates a secret. Stopping anywhere leaves the old or the new state. */
export async function completeRecord(
  record: ConnectionRecord,
  input: CompleteConnection,
  { options, storage, ceilings, call }: CompletionContext,
): Promise<ConnectionRecord> {
  const completion = await readCompletion(record, input, options, call);
  // Plan once before anything is stored, so that a refused completion leaves no trace.
  const planned = planCompletion(record, {
    ...completion.input,
    newSecrets: completion.resolved.secrets.flatMap((secret) =>
      secret.kind === 'previous' ? [] : [{ ...secret.info, ref: '' }],
    ),
  }).record;
  const claimed = completion.resolved.identity;
  const grantedBy = await ceilings.judge({ before: record, next: planned, claimed }, call);
  const plan = (current: ConnectionRecord, newSecrets: readonly SecretInfo[]) => {
    if (call.authority.actor === 'agent') requireJudged(current, record, planned);
    return planCompletion(current, { ...completion.input, ...withoutUndefined({ grantedBy }), newSecrets });
  };
  return changeWithSecrets(record, completion.resolved.secrets, plan, { store: options.store, storage, call });
}

/**
 * Compares what a completion asks for with the ceilings before its secrets are there: a person is asked for a yes before
 * they are brought to a page that takes a secret.
 */
export async function judgeForeseen(
  record: ConnectionRecord,
  input: CompleteConnection,
  ceilings: Ceilings,
  call: CallContext,
): Promise<void> {
  const { scopes, settings, access, ...named } = withoutSecrets(input);
  const changes = withoutUndefined(parseInput(changesSchema, withoutUndefined({ scopes, settings, access })));
  const identity = { ...record.identity, ...withoutUndefined(parseInput(identitySchema, named)) };
  const coming = secretEntries(input.secrets).map(
    ([field]): SecretInfo => ({ field, ref: 'later', fingerprint: '', storedAt: record.updatedAt, source: 'prompt' }),
  );
  const secrets = [...record.secrets, ...coming];
  await ceilings.judge({ before: record, next: { ...record, ...changes, identity, secrets, status: 'ready' } }, call);
}

/** What a completion says about the connection itself. */
export function withoutSecrets(input: CompleteConnection) {
  const { secrets: _secrets, certificate_passphrase: _passphrase, replace_identity: _replace, ...named } = input;
  return named;
}

/** What a completion works with. */
export interface CompletionContext {
  readonly options: ConnectionServiceOptions;
  readonly storage: SecretStorage;
  readonly ceilings: Ceilings;
  readonly call: CallContext;
}

/** Throws `conflict` when the connection is no longer what its ceiling was compared with. */
function requireJudged(current: ConnectionRecord, before: ConnectionRecord, planned: ConnectionRecord): void {
  const rights = ({ access, scopes, auth_type }: ConnectionRecord) => [access, auth_type, ...scopes].join();
  const isKnown =
    rights(current) === rights(before) &&
    [before, planned].some(
      ({ identity }) => !differsInOwner(current.identity, identity) && !differsInOwner(identity, current.identity),
    );
  if (isKnown) return;
  throw new AppError('conflict', `The connection ${before.name} was changed by another call at the same time.`, {
    hint: 'Look at it with list_connections, and call again if it is still needed.',
    retryable: true,
  });
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
  const { replace_identity: replaceIdentity = false } = input;
  const { scopes, settings, access, ...named } = withoutSecrets(input);
  const changes = withoutUndefined(parseInput(changesSchema, withoutUndefined({ scopes, settings, access })));
  checkBaseUrl(changes.settings?.base_url, resolveCloud(record.cloud, options.clouds));
  const identity = withoutUndefined(parseInput(identitySchema, named));
  const resolved = await resolveSecretArguments(record, input, options, call);
  return {
    resolved,
    input: {
      identity,
      changes,
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
  /** What changes besides identity and secrets. Settings that are not named stay. */
  readonly changes?: Partial<Pick<ConnectionRecord, 'scopes' | 'settings' | 'access'>>;
  /** Who answers for the access afterwards, where that changes. */
  readonly grantedBy?: GrantedBy;
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
    ...changed(record, input),
    status: 'ready',
    updatedAt: input.now,
    ...(keepsHealth(record, identity, rotation.secrets) && keepsPurpose(input)
      ? {}
      : { health: 'unknown', checks: [] }),
  };
  if (isChangeAlone(record, input) && missingOf(next).length > 0) {
    return { record: { ...next, status: record.status }, dropped: [] };
  }
  requireComplete(next);
  const kept = new Set(secretsOf(next).map(({ ref }) => ref));
  return { record: next, dropped: secretsOf(record).filter(({ ref }) => !kept.has(ref)) };
}

/** Rights and settings after the change. */
function changed({ settings }: ConnectionRecord, { changes = {}, grantedBy }: CompletionInput) {
  return {
    ...withoutUndefined({ access: changes.access, grantedBy }),
    ...(changes.scopes === undefined ? {} : { scopes: [...new Set(changes.scopes)] }),
    ...(changes.settings === undefined ? {} : { settings: { ...settings, ...changes.settings } }),
  };
}

/** Checks depend on scopes and on where Graph is. */
function keepsPurpose({ changes }: CompletionInput): boolean {
  return changes?.scopes === undefined && changes?.settings?.base_url === undefined;
}

/** A connection that has no identity yet can be changed all the same, and stays pending. */
function isChangeAlone({ status }: ConnectionRecord, { identity, changes = {}, ...input }: CompletionInput): boolean {
  const named = Object.keys(identity).filter((field) => field !== 'default_location');
  const isAlone = named.length === 0 && input.newSecrets.length === 0 && input.goBack.length === 0;
  return status === 'pending' && isAlone && Object.keys({ ...changes, ...identity }).length > 0;
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
      hint: 'If the person means that, pass replace_identity: true together with the new secret.',
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
