import { randomUUID } from 'node:crypto';
import type { SecretReader } from '../../auth/secret-reader.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Caller } from '../../base/caller.ts';
import { isoNow } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ConnectionRecord, SecretInfo } from '../../record/connection.ts';
import { buildRecord } from '../build-record.ts';
import type { Ceilings, GrantedBy } from '../ceilings.ts';
import type { ConnectionServiceOptions, OpenConnection } from '../connection-service.ts';
import type { SecretStorage } from '../record-changes.ts';
import type { ProvisioningPlan } from './plan-provisioning.ts';

/** What provisioning works with during one call. */
export interface ProvisioningContext {
  readonly options: ConnectionServiceOptions;
  readonly storage: SecretStorage;
  readonly readSecret: SecretReader;
  readonly ceilings: Ceilings;
  readonly call: CallContext;
  /** Names that the configuration has taken. */
  readonly takenNames: readonly string[];
}

/** One provisioning under way. */
export interface Provisioning extends ProvisioningContext {
  /** Whose rights are used. */
  readonly admin: OpenConnection;
}

/** The record that a provisioning works for. */
export interface TakenUp {
  readonly record: ConnectionRecord;
  /** Alternate key of the app registration. The id of the record is in it, so that no other app has it. */
  readonly uniqueName: string;
  /** It already existed: an earlier call for the same was interrupted, or another one is under way. */
  readonly isRepeat: boolean;
}

/**
 * Makes the pending record, or takes up the record of an earlier call. It comes before anything else, so that
 * everything that follows can be found again. `askPerson` puts the question for the whole task, before anything is made.
 */
export async function takeUpRecord(
  plan: ProvisioningPlan,
  caller: Caller,
  hasToken: boolean,
  context: ProvisioningContext,
  askPerson: () => Promise<void>,
): Promise<TakenUp> {
  const { store, clouds, clock } = context.options;
  if (context.takenNames.includes(plan.name)) throw taken(plan.name, 'is declared in the configuration');
  const built = buildRecord(plan.record, { id: randomUUID(), owner: caller.id, now: isoNow(clock), clouds });
  const uniqueName = `tenantry-${plan.name}-${built.id}`;
  const known = await store.get(plan.name, caller.id);
  if (known !== undefined) {
    const taken = takeUp(known, { ...built, provisioned: { uniqueName } }, plan);
    if (known.status === 'pending') await judge(known, hasToken, context, known);
    await askPerson();
    return taken;
  }
  const grantedBy = await judge(built, hasToken, context);
  await askPerson();
  const fresh: ConnectionRecord = { ...built, provisioned: { uniqueName }, ...withoutUndefined({ grantedBy }) };
  try {
    await store.insert(fresh);
    return { record: fresh, uniqueName, isRepeat: false };
  } catch (error) {
    const faster = await store.get(plan.name, caller.id);
    if (faster === undefined) throw error;
    return takeUp(faster, fresh, plan);
  }
}

/** Compares what the connection will be with what an agent may give; its app is new, so nobody has given that anything. */
function judge(
  record: ConnectionRecord,
  hasToken: boolean,
  { ceilings, options, call }: ProvisioningContext,
  before?: ConnectionRecord,
): Promise<GrantedBy | undefined> {
  const token: SecretInfo = {
    field: 'federated_token',
    ref: 'later',
    fingerprint: '',
    storedAt: isoNow(options.clock),
    source: 'file',
  };
  const next: ConnectionRecord = { ...record, status: 'ready', secrets: hasToken ? [token] : [] };
  return ceilings.judge({ next, ...withoutUndefined({ before }) }, call);
}

function takeUp(known: ConnectionRecord, fresh: ConnectionRecord, plan: ProvisioningPlan): TakenUp {
  if (known.provisioned === undefined) {
    throw taken(known.name, 'exists already, and provision_connection did not make it');
  }
  const differences = differing(known, fresh, plan);
  if (differences.length > 0) throw taken(known.name, `was provisioned with other values: ${differences.join(', ')}`);
  return { record: known, uniqueName: known.provisioned.uniqueName, isRepeat: true };
}

function differing(known: ConnectionRecord, fresh: ConnectionRecord, plan: ProvisioningPlan): readonly string[] {
  const compared = (['auth_type', 'cloud', 'access', 'scope_level', 'scopes'] as const).map(
    (field) => [field, String(known[field]), String(fresh[field])] as const,
  );
  const places = (['subscription_id', 'management_group_id', 'resource_group', 'workspace_name'] as const).map(
    (field) => [field, known.identity[field] ?? '', plan.identity[field] ?? ''] as const,
  );
  // A record that is not complete has no identity to compare with.
  return [...compared, ...(known.status === 'ready' ? places : [])].flatMap(([field, before, now]) =>
    before === now ? [] : [`${field} ${before || 'none'} instead of ${now || 'none'}`],
  );
}

function taken(name: string, what: string): AppError {
  return new AppError('conflict', `The connection ${name} ${what}.`, {
    hint: 'Choose another name; to make it again, remove it with delete_connection first.',
    detail: { field: 'name' },
  });
}
