import type { CallContext } from '../base/call-context.ts';
import { type Cloud, isSandboxCloud } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { hasOwnRules } from '../policy/connection-rules.ts';
import type { Policy } from '../policy/policy.ts';
import type { Access, ConnectionIdentity, ConnectionRecord } from '../record/connection.ts';
import type { DeclaredConnection } from '../record/declared-connection.ts';
import { isOfSignedIn } from '../record/sharing.ts';
import type { SavedState } from '../storage/saved-state.ts';
import { identitiesOf, isAmbient, isSameIdentity } from './identity-ceilings.ts';
import { createPastGrants } from './past-grants.ts';

/** Who gave a connection the access that it has after a change. */
export type GrantedBy = NonNullable<ConnectionRecord['grantedBy']>;

/** A change of a connection, as it will be. */
export interface AccessChange {
  /** Absent for a new connection. */
  readonly before?: ConnectionRecord;
  readonly next: ConnectionRecord;
  /** What its secrets say about tenant and app, whatever the caller named. */
  readonly claimed?: ConnectionIdentity;
}

/** What agents may give to connections by themselves, and what needs a person's yes. */
export interface Ceilings {
  /**
   * Resolves with who answers for the access after the change; undefined leaves the record as it is. For an agent whose
   * change goes beyond its ceiling, a person is asked: then it throws as `call.authority.requireYes` does.
   */
  judge(change: AccessChange, call: CallContext): Promise<GrantedBy | undefined>;
  /** Call it before a connection is removed: an agent cannot lift the ceiling of an identity by deleting what has it. */
  beforeRemoval(record: ConnectionRecord, call: CallContext): Promise<void>;
}

export interface CeilingsOptions {
  readonly policy: Pick<Policy, 'max_access' | 'ambient' | 'connections'>;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly declared: readonly DeclaredConnection[];
  readonly state: SavedState;
  /**
   * All connections that the caller sees, declared ones too. What they cannot see sets no ceiling: the question for a yes
   * would tell that it exists.
   */
  readonly list: () => Promise<readonly ConnectionRecord[]>;
}

export function createCeilings(options: CeilingsOptions): Ceilings {
  const past = createPastGrants(options.state);
  const hasRules = (record: ConnectionRecord) => hasOwnRules(record, options.policy, options.declared);
  const isFree = ({ cloud }: ConnectionRecord) => isSandboxCloud(options.clouds.get(cloud));
  return {
    async judge(change, call) {
      requireOwnIdentity(change.next);
      return call.authority.actor === 'agent' ? judgeAgent(change, call) : judgeOperator(change);
    },
    async beforeRemoval(record, call) {
      if (isFree(record)) return;
      const identities = identitiesOf(record);
      if (call.authority.actor === 'operator') {
        await past.forget(record.owner, identities);
        return;
      }
      await keepRules(record, call);
      if (record.grantedBy !== 'agent') await past.remember(record.owner, identities, record.access);
    },
  };

  /** The call of a person is the yes, and replaces what was said about the identity before. */
  async function judgeOperator({ before, next, claimed }: AccessChange): Promise<GrantedBy | undefined> {
    if (before !== undefined && !changesRights(before, next)) return undefined;
    if (!isFree(next)) await past.forget(next.owner, identitiesOf(next, claimed));
    return 'person';
  }

  async function judgeAgent(change: AccessChange, call: CallContext): Promise<GrantedBy | undefined> {
    const { before, next } = change;
    const details = isFree(next) ? [] : await beyond(change);
    if (details.length === 0) return before === undefined ? 'agent' : undefined;
    await call.authority.requireYes({
      grade: 'authority',
      guards: 'agent',
      summary: `${before === undefined ? 'Create' : 'Change'} the connection ${quoted(next.name)}`,
      details: [...details, whoSignsIn(next)],
      connection: next.name,
    });
    return 'person';
  }

  /** Rules that hold for the name would no longer bind its identity, once that comes back under another name. */
  async function keepRules(record: ConnectionRecord, call: CallContext): Promise<void> {
    if (!hasRules(record)) return;
    const { name } = record;
    await call.authority.requireYes({
      grade: 'authority',
      guards: 'agent',
      summary: `Remove the connection ${quoted(name)}`,
      details: ['policy.connections has rules for this name, which hold for its app only as long as it is there'],
      connection: name,
    });
  }

  /** Rules that the identity is bound by under the name of another stored connection; those of declared ones follow it. */
  async function rulesLeftBehind({ next, claimed }: AccessChange): Promise<string[]> {
    if (Object.keys(options.policy.connections).every((name) => name === next.name)) return [];
    const identities = identitiesOf(next, claimed);
    return (await options.list())
      .filter(
        (other) =>
          other.origin !== 'declared' &&
          other.name !== next.name &&
          hasRules(other) &&
          isSameIdentity(identities, identitiesOf(other)),
      )
      .map(({ name }) => `rules: policy.connections binds this identity as ${quoted(name)}, and not as this one`);
  }

  /** Each point at which the change goes further than an agent may, as `field: from -> to`. */
  async function beyond(change: AccessChange): Promise<string[]> {
    const { before, next } = change;
    const { max_access: most, ambient: isAmbientFree } = options.policy;
    const details = before === undefined ? aboveMost(next, most) : widenings(before, next, most);
    if (isAmbient(next) && !(before !== undefined && isAmbient(before)) && !isAmbientFree) {
      details.push(`sign-in: as this machine or its user, by ${next.auth_type}`);
    }
    // Nothing is less than reading, and looking at all connections reads the secrets of declared ones.
    const gains = before === undefined || isMore(next.access, before.access) || isOtherIdentity(before, next);
    if (gains && next.access !== 'read_only') {
      const ceiling = await ceilingOf(change);
      if (ceiling !== undefined && isMore(next.access, ceiling)) {
        details.push(`access of this identity: ${ceiling} -> ${next.access}`);
      }
    }
    if (before === undefined || isOtherIdentity(before, next)) details.push(...(await rulesLeftBehind(change)));
    return details;
  }

  /** The most that configuration or a person has given to a connection of the same identity; undefined: nobody has. */
  async function ceilingOf({ next, claimed }: AccessChange): Promise<Access | undefined> {
    const identities = identitiesOf(next, claimed);
    const known = await options.list();
    const granted = known.filter(
      (other) =>
        other.id !== next.id &&
        other.grantedBy !== 'agent' &&
        !isFree(other) &&
        isSameIdentity(identities, identitiesOf(other)),
    );
    const given = [...granted.map(({ access }) => access), ...(await past.of(next.owner, identities))];
    if (given.length === 0) return undefined;
    return given.includes('read_write') ? 'read_write' : 'read_only';
  }
}

/** A caller who signs in over HTTP never gets the identity of the server or of its user, even with an approval. */
function requireOwnIdentity(next: ConnectionRecord): void {
  if (!isOfSignedIn(next) || !isAmbient(next)) return;
  const { auth_type: kind } = next;
  const how = kind === 'workload_identity' ? `${kind} without a federated_token` : kind;
  throw new AppError('refused', `A connection of yours cannot sign in as the server itself, by ${how}.`, {
    hint: 'Use auth_type azure, certificate or workload_identity with a federated_token, or ask the person who runs Tenantry for a connection that is shared with you.',
  });
}

function changesRights(before: ConnectionRecord, next: ConnectionRecord): boolean {
  return (
    before.access !== next.access ||
    before.scopes.join() !== next.scopes.join() ||
    before.auth_type !== next.auth_type ||
    isOtherIdentity(before, next)
  );
}

/** What an existing connection would gain. */
function widenings(before: ConnectionRecord, next: ConnectionRecord, most: Access): string[] {
  const details = isMore(next.access, before.access) ? [`access: ${before.access} -> ${next.access}`] : [];
  if (next.scopes.some((scope) => !before.scopes.includes(scope))) {
    details.push(`scopes: ${before.scopes.join(', ')} -> ${next.scopes.join(', ')}`);
  }
  if (details.length === 0 && isOtherIdentity(before, next)) {
    // A person who made a connection that has no identity yet has said what it may do with the one to come.
    const isForeseen = before.status === 'pending' && before.grantedBy !== 'agent';
    if (!isForeseen) details.push(...aboveMost(next, most).map((line) => `${identityLine(before, next)}; ${line}`));
  }
  return details;
}

function aboveMost({ access }: ConnectionRecord, most: Access): string[] {
  return isMore(access, most) ? [`access: ${access}, and an agent may give ${most}`] : [];
}

function isMore(access: Access, than: Access): boolean {
  return access === 'read_write' && than === 'read_only';
}

function isOtherIdentity(before: ConnectionRecord, next: ConnectionRecord): boolean {
  const of = ({ identity: { tenant_id: tenant, client_id: client } }: ConnectionRecord) =>
    `${tenant?.toLowerCase() ?? ''} ${client?.toLowerCase() ?? ''}`;
  return before.status !== next.status || of(before) !== of(next);
}

function identityLine({ identity: from }: ConnectionRecord, { identity: to }: ConnectionRecord): string {
  const named = ({ tenant_id: tenant, client_id: client }: ConnectionIdentity) =>
    `app ${client ?? 'none'} of tenant ${tenant ?? 'none'}`;
  return `identity: ${named(from)} -> ${named(to)}`;
}

function whoSignsIn({ auth_type, identity, cloud, scopes, access }: ConnectionRecord): string {
  const { tenant_id: tenant, client_id: client } = identity;
  const who = client === undefined && tenant === undefined ? '' : `, app ${client ?? '-'} of tenant ${tenant ?? '-'}`;
  return `in full: ${auth_type}${who}, cloud ${cloud}, ${access}, scopes ${scopes.join(', ')}`;
}
