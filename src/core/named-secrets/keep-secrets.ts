import type { Clock } from '../base/clock.ts';
import { isoNow } from '../base/clock.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import type { FoundSecret, SecretKeeper } from '../secrets/secret-keeper.ts';
import type { NamedSecret, NamedSecretStore, Vault } from '../storage/storage.ts';
import { keptName } from './kept-name.ts';
import type { SealedSecrets, UnsealedSecret } from './sealed-secrets.ts';

export interface KeepOptions {
  readonly store: NamedSecretStore;
  readonly vault: Vault;
  readonly sealed: SealedSecrets;
  readonly clock: Clock;
  /** Names of the configuration, as far as their owner may know them. */
  readonly isTaken: (name: string, owner: string) => boolean;
}

const mostOfConnection = 200;
const keptMs = 30 * 86_400_000;
/** Another name is tried while somebody else has it. */
const mostAttempts = 1_000;

/** Whether a secret has been kept for as long as it is. */
export function isOverdue({ keptUntil }: Pick<NamedSecret, 'keptUntil'>, now: number): boolean {
  return keptUntil !== undefined && Date.parse(keptUntil) <= now;
}

/** Makes keepers for connections. What is found for one connection is kept one after the other. */
export function createKeepers(options: KeepOptions): (connection: ConnectionRecord) => SecretKeeper {
  const turns = new Map<string, Promise<unknown>>();
  return (connection) => ({
    keep(found, owner = connection.owner) {
      const { id } = connection;
      const turn = (turns.get(id) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => keep(found, owner, connection, options));
      turns.set(id, turn);
      const forget = () => {
        if (turns.get(id) === turn) turns.delete(id);
      };
      turn.then(forget, forget);
      return turn;
    },
  });
}

async function keep(
  found: FoundSecret,
  owner: string,
  connection: ConnectionRecord,
  options: KeepOptions,
): Promise<string | undefined> {
  const { store, clock, sealed, isTaken } = options;
  const row = await rowOf(found, owner, connection, options);
  const own = (await store.list(row.owner)).filter(
    (one) => one.origin?.connectionId === connection.id && !isOverdue(one, clock.now()),
  );
  for (const one of own) {
    if (await isSame(one, row, found.secret, options)) return renewed(one, options);
  }
  if (own.length >= mostOfConnection) return undefined;
  let round = 0;
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const name = keptName(found.resource, found.member, round);
    const existing = isTaken(name, owner) ? 'configured' : await current(name, row.owner, options);
    if (existing !== undefined) {
      if (existing !== 'configured' && (await isSame(existing, row, found.secret, options))) {
        return renewed(existing, options);
      }
      round += 1;
      continue;
    }
    const stored = await sealed.seal({ ...row, name }, found.secret);
    if (await store.insert(stored)) return name;
    // Another process was faster: perhaps with the same secret.
    await options.vault.destroy(stored.ref);
  }
  return undefined;
}

async function rowOf(
  { secret, source, resource, member, appId, expiresAt }: FoundSecret,
  owner: string,
  { id, owner: sharedBy, cloud, identity }: ConnectionRecord,
  { clock, sealed }: KeepOptions,
): Promise<UnsealedSecret> {
  return {
    name: '',
    owner,
    fingerprint: await sealed.fingerprint(secret),
    source,
    use: [],
    to: [],
    cloud,
    origin: {
      connectionId: id,
      resource,
      member,
      ...withoutUndefined({ tenantId: identity.tenant_id, appId }),
      ...(owner === sharedBy ? {} : { sharedBy }),
    },
    storedAt: isoNow(clock),
    keptUntil: keptUntil(clock),
    ...withoutUndefined({ expiresAt }),
  };
}

function keptUntil(clock: Clock): string {
  return new Date(clock.now() + keptMs).toISOString();
}

/** The secret of that name; one that is overdue makes room. */
async function current(name: string, owner: string, options: KeepOptions): Promise<NamedSecret | undefined> {
  const { store, vault, clock } = options;
  const found = await store.get(name, owner);
  if (found === undefined || !isOverdue(found, clock.now())) return found;
  const removed = await store.remove(name, owner, found.ref);
  if (removed !== undefined) await vault.destroy(removed.ref);
  return removed === undefined ? store.get(name, owner) : undefined;
}

/** The same material, with the same places where it is at home. */
async function isSame(
  one: NamedSecret,
  row: UnsealedSecret,
  secret: Secret,
  { sealed }: KeepOptions,
): Promise<boolean> {
  const isLike =
    one.fingerprint === row.fingerprint &&
    one.source === row.source &&
    one.cloud === row.cloud &&
    one.origin?.tenantId === row.origin?.tenantId &&
    one.origin?.appId === row.origin?.appId;
  // Eight digits may be the same by accident.
  return isLike && (await sealed.open(one)).reveal() === secret.reveal();
}

/** Answered again, it is kept for another 30 days. */
async function renewed(one: NamedSecret, { store, clock }: KeepOptions): Promise<string> {
  const until = keptUntil(clock);
  const isOld = one.keptUntil !== undefined && Date.parse(until) - Date.parse(one.keptUntil) > 86_400_000;
  if (isOld && (await store.get(one.name, one.owner))?.ref === one.ref) await store.put({ ...one, keptUntil: until });
  return one.name;
}
