import { isoNow } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ConnectionRecord, ConversionState, SecretInfo } from '../../record/connection.ts';
import type { GrantedBy } from '../ceilings.ts';
import { changeRecord, type RecordChange } from '../record-changes.ts';
import type { ConversionContext } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';

/** How long the earlier secret is kept. */
const revertDays = 7;
const dayMs = 86_400_000;

export interface FederationPlan {
  readonly credential: ConversionState['federatedCredential'];
  /** The federated token of the caller, stored or referred to; none where the platform gives it. */
  readonly secrets: readonly SecretInfo[];
  /** Set where a person has said yes to the new way of signing in. */
  readonly grantedBy?: GrantedBy;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * The record after its move to federation. The earlier secret moves into the conversion; the one before that is
 * dropped, since the conversion itself has proved its successor.
 */
export function planFederation(
  record: ConnectionRecord,
  { credential, secrets, grantedBy, now }: FederationPlan,
): RecordChange {
  const { previousIdentity: _identity, ...rest } = record;
  return {
    record: {
      ...rest,
      revision: record.revision + 1,
      auth_type: 'workload_identity',
      secrets,
      previousSecrets: [],
      conversion: {
        convertedAt: now,
        revertUntil: new Date(Date.parse(now) + revertDays * dayMs).toISOString(),
        authType: record.auth_type,
        secrets: record.secrets,
        federatedCredential: credential,
      },
      health: 'unknown',
      checks: [],
      updatedAt: now,
      ...withoutUndefined({ grantedBy }),
    },
    dropped: record.previousSecrets,
  };
}

/** The record with its earlier secret. A credential that the conversion made stays noted until it is removed. */
export function planReversal(record: ConnectionRecord, conversion: ConversionState, now: string): RecordChange {
  const { conversion: _conversion, previousIdentity: _identity, ...rest } = record;
  return {
    record: {
      ...rest,
      revision: record.revision + 1,
      auth_type: conversion.authType,
      secrets: conversion.secrets,
      previousSecrets: [],
      ...(conversion.federatedCredential.isOurs
        ? { conversion: { ...conversion, secrets: [], closed: 'reverted' as const } }
        : {}),
      health: 'unknown',
      checks: [],
      updatedAt: now,
    },
    dropped: [...record.secrets, ...record.previousSecrets],
  };
}

/** The record once nothing is left of its conversion. */
export function planForgetting(record: ConnectionRecord, now: string): RecordChange {
  const { conversion: _conversion, ...rest } = record;
  return { record: { ...rest, revision: record.revision + 1, updatedAt: now }, dropped: [] };
}

/** Whether a connection relies on this trust already, by a conversion. */
export function isConvertedTo({ auth_type, conversion }: ConnectionRecord, trust: FederationTrust): boolean {
  const credential = conversion?.federatedCredential;
  return (
    auth_type === 'workload_identity' &&
    credential?.issuer === trust.issuer &&
    credential.subject === trust.subject &&
    credential.audience === trust.audience
  );
}

/** Throws `conflict` when identity or sign-in of a connection are not what a conversion began with. */
export function requireSame(before: ConnectionRecord, current: ConnectionRecord): void {
  const substance = ({ identity, auth_type, secrets, conversion }: ConnectionRecord) =>
    JSON.stringify([
      identity.tenant_id,
      identity.client_id,
      auth_type,
      secrets.map(({ ref }) => ref),
      conversion?.convertedAt,
      conversion?.closed,
    ]);
  if (substance(before) !== substance(current)) {
    throw new AppError('conflict', `Another call has changed the connection ${before.name} in the meantime.`, {
      hint: 'Look at it with list_connections and call again if it is still needed.',
      retryable: true,
    });
  }
}

/** Applies `plan` if the connection is still what the conversion began with. */
export async function changeConverted(
  record: ConnectionRecord,
  { options, storage, call }: ConversionContext,
  plan: (current: ConnectionRecord, now: string) => RecordChange,
): Promise<ConnectionRecord> {
  const planSame = (current: ConnectionRecord) => {
    requireSame(record, current);
    return plan(current, isoNow(options.clock));
  };
  const change = await changeRecord(options.store, record, planSame, call.signal);
  await storage.destroy(change.dropped);
  return change.record;
}
