import type { Caller } from '../base/caller.ts';
import type { Clock } from '../base/clock.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type CheckResult,
  type ConnectionRecord,
  type ConversionState,
  type SecretInfo,
  secretFields,
  tenantOf,
} from '../record/connection.ts';
import { missingOf } from '../record/requirements.ts';
import { accessOf, type SharedAccess } from '../record/sharing.ts';
import type { UnusableConnection } from './connection-service.ts';

const dayMs = 86_400_000;

/** The usual values, which a short answer leaves out. */
const usual = { cloud: 'public', scopeLevel: 'subscription' } as const;

/**
 * A connection as lists and the answers of changes show it: what to call it, what it may do, and what comes next. Of one that
 * is shared with `caller`, nothing about its secrets.
 */
export function briefConnection(record: ConnectionRecord, clock: Clock, caller?: Caller) {
  const { name, status, health, cloud, access, auth_type, scopes, scope_level, identity } = record;
  const shared = sharedWith(record, caller);
  const missing = shared === undefined ? missingOf(record) : [];
  const tenant = tenantOf(record);
  return withoutUndefined({
    name,
    status,
    health,
    missing: missing.length === 0 ? undefined : missing,
    next_step: isDone(record) ? undefined : shared ? nextOfShared(record) : nextStep(record, missing),
    access,
    // How much the owner gives; for the owner, to how many people and groups it gives something.
    shared,
    shared_with: shared === undefined ? record.shared_with?.length : undefined,
    auth_type,
    scopes,
    scope_level: scope_level === usual.scopeLevel ? undefined : scope_level,
    cloud: cloud === usual.cloud ? undefined : cloud,
    tenant: tenant === identity.tenant_id ? undefined : tenant,
    tenant_id: identity.tenant_id,
    ...(shared === undefined ? firstExpiry(record, clock) : {}),
  });
}

/** What a connection of somebody else is shared with the caller for; undefined for an own one. */
function sharedWith(record: ConnectionRecord, caller: Caller | undefined): SharedAccess | undefined {
  const access = caller && accessOf(record, caller);
  return access === 'owner' ? undefined : access;
}

function nextOfShared({ name, status, health }: ConnectionRecord): string {
  if (status === 'pending') return 'Ask the person to have its owner complete it.';
  return health === 'healthy' ? 'Ready to use.' : `Call validate_connection for "${name}".`;
}

/** When the first of its secrets ends. */
function firstExpiry({ secrets }: ConnectionRecord, clock: Clock) {
  const [expiresAt] = secrets.flatMap((secret) => secret.expiresAt ?? []).sort();
  return expiresAt === undefined ? {} : { expires_at: expiresAt, expires_in_days: daysUntil(expiresAt, clock) };
}

/** The stored secrets, to recognise them by. */
export function briefSecrets({ secrets, previousSecrets }: ConnectionRecord) {
  const brief = ({ field, fingerprint, source, expiresAt }: SecretInfo) =>
    withoutUndefined({ kind: field, fingerprint, source, expires_at: expiresAt });
  return [...secrets.map(brief), ...previousSecrets.map((secret) => ({ ...brief(secret), previous: true as const }))];
}

/** Addresses of what can be read about a connection. Its setup is its owner's business. */
export function linksOf(record: ConnectionRecord, caller: Caller) {
  const self = `tenantry://connections/${record.name}`;
  return sharedWith(record, caller) === undefined
    ? { self, checklist: `tenantry://checklist/${record.name}` }
    : { self };
}

/** What a check found: a pass needs no words, anything else says what is missing and what to do. */
export function briefCheck(line: CheckResult): Pick<CheckResult, 'check' | 'status'> & Partial<CheckResult> {
  const { check, status, detail, hint } = line;
  return status === 'pass' ? { check, status } : withoutUndefined({ check, status, detail, hint });
}

/** A connection as one that is asked for by name is shown, with what its last validation found. Never material. */
export function viewConnection(record: ConnectionRecord, clock: Clock, caller: Caller) {
  return sharedWith(record, caller) === undefined ? viewOwn(record, clock, caller) : viewShared(record, clock, caller);
}

/** Enough to use it. Its secrets, what was found out about them and whom else it is shared with are its owner's business. */
function viewShared(record: ConnectionRecord, clock: Clock, caller: Caller) {
  const { provider, cloud, scope_level, identity, validatedAt } = record;
  return withoutUndefined({
    ...briefConnection(record, clock, caller),
    next_step: nextOfShared(record),
    provider,
    cloud,
    scope_level,
    identity,
    validated_at: validatedAt,
    links: linksOf(record, caller),
  });
}

function viewOwn(record: ConnectionRecord, clock: Clock, caller: Caller) {
  const { name, status, health, provider, cloud, access, auth_type, scopes, scope_level, identity, origin } = record;
  const { settings, conversion } = record;
  const missing = missingOf(record);
  return withoutUndefined({
    name,
    status,
    health,
    // Fields that `complete_connection` still has to supply.
    missing: missing.length === 0 ? undefined : missing,
    next_step: nextStep(record, missing),
    provider,
    cloud,
    access,
    auth_type,
    scopes,
    scope_level,
    tenant: tenantOf(record) === identity.tenant_id ? undefined : tenantOf(record),
    identity,
    secrets: [
      ...record.secrets.map((secret) => viewSecret(secret, clock)),
      // What a rotation replaced is kept until the new secret has been validated.
      ...record.previousSecrets.map((secret) => ({ ...viewSecret(secret, clock), previous: true as const })),
    ],
    conversion: conversion && viewConversion(conversion, clock),
    settings: Object.keys(settings).length === 0 ? undefined : settings,
    shared_with: record.shared_with,
    origin,
    validated_at: record.validatedAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    links: linksOf(record, caller),
    checks: record.checks.length === 0 ? undefined : record.checks.map(briefCheck),
  });
}

/** A connection that is not used because it cannot be trusted, or two of one name are meant, where it would stand. */
export function viewDamaged({ name, error, isAmbiguous = false }: UnusableConnection) {
  return withoutUndefined({
    name,
    status: isAmbiguous ? ('ambiguous' as const) : ('damaged' as const),
    health: isAmbiguous ? undefined : ('failing' as const),
    problem: error.message,
    next_step: error.hint,
  });
}

/** What a move to federation left behind. */
export function viewConversion(conversion: ConversionState, clock: Clock) {
  const { closed, convertedAt, revertUntil, authType, secrets, federatedCredential } = conversion;
  const { isOurs: _isOurs, ...credential } = federatedCredential;
  return withoutUndefined({
    converted_at: convertedAt,
    // `open` while convert_connection with revert: true goes back; otherwise why it does not.
    way_back: closed ?? ('open' as const),
    revert_until: closed === undefined ? revertUntil : undefined,
    // How it signed in before, and what is kept so that it can do so again.
    auth_type: authType,
    secrets: secrets.length === 0 ? undefined : secrets.map((secret) => viewSecret(secret, clock)),
    federated_credential: credential,
  });
}

/** A stored secret: enough to recognise and to rotate it, useless for anything else. */
function viewSecret({ field, fingerprint, source, storedAt, expiresAt }: SecretInfo, clock: Clock) {
  return withoutUndefined({
    kind: field,
    fingerprint,
    source,
    stored_at: storedAt,
    age_days: Math.max(0, Math.floor((clock.now() - Date.parse(storedAt)) / dayMs)),
    expires_at: expiresAt,
    // Negative when it has expired.
    expires_in_days: expiresAt === undefined ? undefined : daysUntil(expiresAt, clock),
  });
}

function daysUntil(time: string, clock: Clock): number {
  return Math.floor((Date.parse(time) - clock.now()) / dayMs);
}

function isDone({ status, health }: ConnectionRecord): boolean {
  return status === 'ready' && health === 'healthy';
}

function nextStep(record: ConnectionRecord, missing: readonly string[]): string {
  if (record.origin === 'declared' && record.status === 'pending') {
    return firstHint(record) ?? 'Correct its declaration in tenantry.yaml.';
  }
  if (record.status === 'pending' && record.provisioned !== undefined) {
    return `Call provision_connection for "${record.name}" again with the same arguments: it continues where it was interrupted.`;
  }
  if (missing.length > 0) return `Call complete_connection for "${record.name}"${supply(missing)}.`;
  if (record.status === 'pending') return `Call complete_connection for "${record.name}".`;
  switch (record.health) {
    case 'unknown':
      return `Call validate_connection for "${record.name}".`;
    case 'healthy':
      return 'Ready to use.';
    case 'degraded':
    case 'failing':
      return firstHint(record) ?? `Call validate_connection for "${record.name}" to see what is wrong.`;
  }
}

/** A model that is told to pass a secret asks for it in the conversation, where it should not be. */
function supply(missing: readonly string[]): string {
  const isSecret = (name: string) => secretFields.some((field) => field === name);
  const [secret, others] = [missing.find(isSecret), missing.filter((name) => !isSecret(name))];
  const given = others.length === 0 ? '' : ` with ${others.join(', ').replace(/, (?=[^,]*$)/, ' and ')}`;
  if (secret === undefined) return given;
  return `${given}${given === '' ? ':' : ';'} without ${secret} it asks the person for it`;
}

function firstHint({ checks }: ConnectionRecord): string | undefined {
  const hinted = checks.filter(({ hint }) => hint !== undefined);
  return (hinted.find(({ status }) => status === 'fail') ?? hinted.find(({ status }) => status === 'warn'))?.hint;
}
