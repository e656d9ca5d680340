import type { Clock } from '../base/clock.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type ConnectionRecord,
  type ConversionState,
  missingRequirements,
  type SecretInfo,
} from '../record/connection.ts';

const dayMs = 86_400_000;

/** A stored secret as people and models see it: enough to recognise and to rotate it, useless for anything else. */
export interface SecretView {
  readonly kind: SecretInfo['field'];
  /** First 8 hex digits of the SHA-256. */
  readonly fingerprint: string;
  readonly source: SecretInfo['source'];
  readonly stored_at: string;
  readonly age_days: number;
  readonly expires_at?: string;
  /** Negative when it has expired. */
  readonly expires_in_days?: number;
  /** The one that a rotation replaced; kept until the new one has been validated. */
  readonly previous?: true;
}

/** What a move to federation left behind. */
export interface ConversionView {
  readonly converted_at: string;
  /** `open` while convert_connection with revert: true goes back; else why it does not. */
  readonly way_back: 'open' | NonNullable<ConversionState['closed']>;
  /** Only while the way back is open. */
  readonly revert_until?: string;
  /** How it signed in before. */
  readonly auth_type: ConversionState['authType'];
  /** Kept for the way back. */
  readonly secrets?: readonly SecretView[];
  /** What the app trusts. */
  readonly federated_credential: {
    readonly name?: string;
    readonly issuer: string;
    readonly subject: string;
    readonly audience: string;
  };
}

/** A connection as tools, resources and the command line show it. Never material. */
export interface ConnectionView
  extends Pick<
    ConnectionRecord,
    | 'name'
    | 'status'
    | 'health'
    | 'provider'
    | 'cloud'
    | 'access'
    | 'auth_type'
    | 'scopes'
    | 'scope_level'
    | 'identity'
    | 'origin'
  > {
  /** Fields that `complete_connection` still has to supply; only while there are any. */
  readonly missing?: readonly string[];
  /** What to do next, in one sentence. */
  readonly next_step: string;
  readonly secrets: readonly SecretView[];
  readonly conversion?: ConversionView;
  readonly settings?: ConnectionRecord['settings'];
  readonly validated_at?: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** Resources with more. */
  readonly links: { readonly self: string; readonly checklist: string };
}

export function viewConnection(record: ConnectionRecord, clock: Clock): ConnectionView {
  const { name, status, health, provider, cloud, access, auth_type, scopes, scope_level, identity, origin } = record;
  const { settings, conversion } = record;
  const missing = missingOf(record);
  return withoutUndefined({
    name,
    status,
    health,
    missing: missing.length === 0 ? undefined : missing,
    next_step: nextStep(record, missing),
    provider,
    cloud,
    access,
    auth_type,
    scopes,
    scope_level,
    identity,
    secrets: [
      ...record.secrets.map((secret) => viewSecret(secret, clock)),
      ...record.previousSecrets.map((secret) => ({ ...viewSecret(secret, clock), previous: true as const })),
    ],
    conversion: conversion && viewConversion(conversion, clock),
    settings: Object.keys(settings).length === 0 ? undefined : settings,
    origin,
    validated_at: record.validatedAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    links: { self: `tenantry://connections/${name}`, checklist: `tenantry://checklist/${name}` },
  });
}

function viewConversion(conversion: ConversionState, clock: Clock): ConversionView {
  const { closed, convertedAt, revertUntil, authType, secrets, federatedCredential } = conversion;
  const { isOurs: _isOurs, ...credential } = federatedCredential;
  return {
    converted_at: convertedAt,
    way_back: closed ?? 'open',
    ...(closed === undefined ? { revert_until: revertUntil } : {}),
    auth_type: authType,
    ...(secrets.length === 0 ? {} : { secrets: secrets.map((secret) => viewSecret(secret, clock)) }),
    federated_credential: credential,
  };
}

function missingOf(record: ConnectionRecord): readonly string[] {
  const secrets = record.secrets.map(({ field }) => field);
  return missingRequirements(record, secrets).missing;
}

function viewSecret({ field, fingerprint, source, storedAt, expiresAt }: SecretInfo, clock: Clock): SecretView {
  const now = clock.now();
  return {
    kind: field,
    fingerprint,
    source,
    stored_at: storedAt,
    age_days: Math.max(0, Math.floor((now - Date.parse(storedAt)) / dayMs)),
    ...(expiresAt === undefined
      ? {}
      : { expires_at: expiresAt, expires_in_days: Math.floor((Date.parse(expiresAt) - now) / dayMs) }),
  };
}

function nextStep(record: ConnectionRecord, missing: readonly string[]): string {
  if (record.origin === 'declared' && record.status === 'pending') {
    return firstHint(record) ?? 'Correct its declaration in tenantry.yaml.';
  }
  if (record.status === 'pending' && record.provisioned !== undefined) {
    return `Call provision_connection for "${record.name}" again with the same arguments: it goes on where it was interrupted.`;
  }
  if (missing.length > 0) return `Call complete_connection for "${record.name}" with ${missing.join(', ')}.`;
  if (record.status === 'pending') return `Call complete_connection for "${record.name}".`;
  switch (record.health) {
    case 'unknown':
      return `Call validate_connection for "${record.name}".`;
    case 'healthy':
      return 'It is ready for use.';
    case 'degraded':
    case 'failing':
      return firstHint(record) ?? `Call validate_connection for "${record.name}" to see what is wrong.`;
  }
}

function firstHint({ checks }: ConnectionRecord): string | undefined {
  const hinted = checks.filter(({ hint }) => hint !== undefined);
  return (hinted.find(({ status }) => status === 'fail') ?? hinted.find(({ status }) => status === 'warn'))?.hint;
}
