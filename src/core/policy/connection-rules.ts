import type { ConnectionRecord } from '../record/connection.ts';
import type { DeclaredConnection } from '../record/declared-connection.ts';
import { isOfSignedIn } from '../record/sharing.ts';
import { type PreparedRule, prepareRule } from './path-rules.ts';
import { type ConfirmLevel, confirmLevels, type Policy, type PolicyRules, type ProtectedObjects } from './policy.ts';

/** The rules of one connection: those of all connections and its own, which only add to them. */
export interface ConnectionRules {
  readonly confirm: ConfirmLevel;
  readonly deny: readonly PreparedRule[];
  /** A write must be in each of the lists. */
  readonly allow: readonly (readonly PreparedRule[])[];
  /** Undefined: all. */
  readonly subscriptions: ReadonlySet<string> | undefined;
  readonly protected: ProtectedObjects;
  /** Whether writes keep a receipt. */
  readonly receipts: boolean;
  /** Whether reads have to be looked at. */
  readonly concernsReads: boolean;
}

/** Kinds of sign-in that are this machine's or its user's, whatever the connection is called. */
const ambientKinds = new Set(['managed_identity', 'azure_cli', 'device_code', 'default']);

type Named = Pick<ConnectionRecord, 'name' | 'cloud' | 'auth_type' | 'identity' | 'owner'>;

/**
 * Rules follow the name and the identity: another connection that signs in as the same app is bound by the rules of the
 * declared one.
 */
function concerns(name: string, record: Named, declared: readonly DeclaredConnection[]): boolean {
  const twin = declared.find((one) => one.name === name);
  // Rules for a declared connection do not mean one of somebody who signs in, which only happens to have its name: they
  // would tell its owner that the name is taken.
  if (record.name === name) return twin === undefined || !isOfSignedIn(record) || isTwin(record, twin);
  return twin !== undefined && isTwin(record, twin);
}

function isTwin(record: Named, twin: DeclaredConnection): boolean {
  const { client_id: app } = twin.identity;
  // Several names of clouds may lead to the same one.
  if (app !== undefined) return record.identity.client_id?.toLowerCase() === app.toLowerCase();
  return ambientKinds.has(twin.auth_type) && twin.auth_type === record.auth_type;
}

/** Whether the policy has rules that a stored connection is bound by under its name alone: those of a declared one follow its identity. */
export function hasOwnRules(
  { name }: Pick<ConnectionRecord, 'name'>,
  { connections }: Pick<Policy, 'connections'>,
  declared: readonly Pick<DeclaredConnection, 'name'>[],
): boolean {
  return connections[name] !== undefined && declared.every((one) => one.name !== name);
}

/** Whether the `*` of a read may stand for a connection. */
export function mayFanOut(
  record: Named,
  { fan_out, connections }: Pick<Policy, 'fan_out' | 'connections'>,
  declared: readonly DeclaredConnection[],
): boolean {
  const own = Object.entries(connections).filter(([name]) => concerns(name, record, declared));
  return fan_out && own.every(([, rules]) => rules.fan_out !== false);
}

export function rulesOf(record: Named, policy: Policy, declared: readonly DeclaredConnection[]): ConnectionRules {
  const own = Object.entries(policy.connections).flatMap(([name, rules]) =>
    concerns(name, record, declared) ? [rules] : [],
  );
  const all: readonly Partial<PolicyRules>[] = [policy, ...own];
  const deny = all.flatMap((rules) => rules.deny ?? []).map(prepareRule);
  const subscriptions = all.flatMap((rules) => (rules.subscriptions === undefined ? [] : [rules.subscriptions]));
  return {
    confirm: confirmOf(record, all),
    deny,
    allow: all.flatMap((rules) => (rules.allow === undefined ? [] : [rules.allow.map(prepareRule)])),
    subscriptions: subscriptions.length === 0 ? undefined : intersection(subscriptions),
    protected: mergeProtected(all.flatMap((rules) => rules.protected ?? [])),
    receipts: all.some(({ receipts }) => receipts === true),
    concernsReads: subscriptions.length > 0 || deny.some(({ methods }) => methods === undefined || methods.has('GET')),
  };
}

/** The strictest that is written down. Where nothing is, the sandbox does not ask. */
function confirmOf({ cloud }: Named, all: readonly Partial<PolicyRules>[]): ConfirmLevel {
  const written = all.flatMap(({ confirm }) => confirm ?? []);
  const [global] = all;
  // What is not written for all connections is `risky`, and a single one can only be stricter.
  const levels = global?.confirm === undefined && cloud !== 'sandbox' ? [...written, 'risky' as const] : written;
  return confirmLevels.findLast((level) => levels.includes(level)) ?? 'never';
}

function intersection(lists: readonly (readonly string[])[]): ReadonlySet<string> {
  const [first = [], ...others] = lists.map((list) => list.map((id) => id.toLowerCase()));
  return new Set(first.filter((id) => others.every((other) => other.includes(id))));
}

function mergeProtected(all: readonly ProtectedObjects[]): ProtectedObjects {
  return {
    objects: [...new Set(all.flatMap(({ objects }) => objects))],
    synced: all.some(({ synced }) => synced),
    role_assignable_groups: all.some((one) => one.role_assignable_groups),
    last_global_administrator: all.some((one) => one.last_global_administrator),
    own_app: all.some((one) => one.own_app),
  };
}
