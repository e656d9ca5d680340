import { Caller, localCaller } from '../base/caller.ts';
import { AppError } from '../base/errors.ts';
import { didYouMean, nearest } from '../base/nearest.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { accessOf, seenBy } from '../record/sharing.ts';
import type { ConnectionServiceOptions, OwnedConnections, UnusableConnection } from './connection-service.ts';
import { createDeclaredRecords } from './declared-records.ts';
import type { SecretStorage } from './record-changes.ts';
import { createSharedRevisions } from './shared-revisions.ts';

export type Catalog = ReturnType<typeof createCatalog>;

/** What a caller sees. */
export interface SeenConnections {
  /** By name, each with the access that the caller has. */
  readonly records: readonly ConnectionRecord[];
  /** Names of which several connections are shared with the caller: none of them is used. */
  readonly ambiguous: readonly string[];
}

/**
 * Stored and declared connections together, as one caller sees them: their own, and what is shared with them. The local
 * caller owns what the configuration declares, and a declared connection hides a stored one of theirs that has its name.
 * For everybody else an own connection comes before a shared one of the same name.
 */
export function createCatalog(options: ConnectionServiceOptions, { closeOverdue }: SecretStorage) {
  const { store } = options;
  const declared = createDeclaredRecords(options.declared, options);
  const isLocal = ({ id }: Caller) => id === localCaller.id;
  const isHidden = ({ name, owner }: Pick<ConnectionRecord, 'name' | 'owner'>) =>
    owner === localCaller.id && declared.names.includes(name);
  const sharedRevisions = createSharedRevisions(store, isHidden);
  return {
    /** Declared names that no connection of the caller may have. */
    takenNames: (caller: Caller) => (isLocal(caller) ? declared.names : []),
    look,
    list: async (caller: Caller) => (await look(caller)).records,
    declared: declaredRecords,
    offer: async (name: string, caller: Caller) => hintFor(name, await names(caller)),
    /** What cannot be read or is ambiguous. */
    async damaged(caller: Caller): Promise<readonly UnusableConnection[]> {
      const own = await damagedOf(caller.id);
      const { ambiguous } = isLocal(caller) ? { ambiguous: [] } : await look(caller);
      return [...own, ...ambiguous.map((name) => ({ name, error: ambiguousName(name), isAmbiguous: true }))];
    },
    async revisions(caller: Caller): Promise<ReadonlyMap<string, string>> {
      const own = await store.revisions(caller.id);
      const fixed = declared.revisions(declared.namesFor(caller));
      if (isLocal(caller)) return new Map([...own, ...fixed]);
      return new Map([...(await sharedRevisions.of(caller, fixed)), ...own]);
    },
    find,
    async get(name: string, caller: Caller): Promise<ConnectionRecord> {
      return (await find(name, caller)) ?? unknown(name, caller);
    },
    /** Like `get`; refuses connections that are declared or belong to somebody else. */
    async getChangeable(name: string, caller: Caller): Promise<ConnectionRecord> {
      if (isLocal(caller) && declared.names.includes(name)) throw isDeclared(name);
      const record = (await find(name, caller)) ?? (await unknown(name, caller));
      requireOwner(record, caller, 'change it');
      return record;
    },
    /** The connections of everybody, by owner: for the operator, whom the store belongs to. */
    async everybodys(): Promise<readonly OwnedConnections[]> {
      const owners = [...new Set([localCaller.id, ...(await store.owners())])];
      return Promise.all(
        owners.map(async (owner) => ({
          owner,
          records: await ownOf(new Caller({ id: owner })),
          damaged: await damagedOf(owner),
        })),
      );
    },
    /** Remembers the validation of a declared connection, which has no place in the store. */
    keepOutcome: declared.keepOutcome,
  };

  async function look(caller: Caller): Promise<SeenConnections> {
    const [own, others] = await Promise.all([ownOf(caller), sharedWith(caller)]);
    const taken = new Set(own.map(({ name }) => name));
    const free = others.filter(({ name }) => !taken.has(name));
    const ambiguous = new Set(
      free.flatMap(({ name }, nth) => (free.findIndex((one) => one.name === name) < nth ? [name] : [])),
    );
    const records = [...own, ...free.filter(({ name }) => !ambiguous.has(name))];
    return { records: records.sort((a, b) => (a.name < b.name ? -1 : 1)), ambiguous: [...ambiguous].sort() };
  }

  async function damagedOf(owner: string): Promise<readonly UnusableConnection[]> {
    return (await store.damaged(owner)).filter(({ name }) => !isHidden({ name, owner }));
  }

  async function ownOf(caller: Caller): Promise<readonly ConnectionRecord[]> {
    const stored = (await store.list(caller.id)).filter((record) => !isHidden(record));
    const fixed = isLocal(caller) ? await declaredRecords() : [];
    return [...fixed, ...(await Promise.all(stored.map(closeOverdue)))];
  }

  async function declaredRecords(): Promise<readonly ConnectionRecord[]> {
    const all = await Promise.all(declared.names.map((name) => declared.get(name)));
    return all.filter((record) => record !== undefined);
  }

  /** What somebody else shares with a caller, with the access that it gives them; of one name where it is given. */
  async function sharedWith(caller: Caller, name?: string): Promise<readonly ConnectionRecord[]> {
    if (isLocal(caller)) return [];
    const stored = (await store.shared(name)).filter((record) => isOthers(record, caller) && !isHidden(record));
    const fixed = declared.namesFor(caller).filter((one) => (name ?? one) === one);
    const found = [...fixed.map((one) => declared.get(one)), ...stored.map(closeOverdue)];
    return (await Promise.all(found)).flatMap((record) => (record && seenBy(record, caller)) ?? []);
  }

  async function find(name: string, caller: Caller): Promise<ConnectionRecord | undefined> {
    if (isHidden({ name, owner: caller.id })) return declared.get(name);
    const own = await store.get(name, caller.id);
    if (own !== undefined) return closeOverdue(own);
    const [first, ...others] = await sharedWith(caller, name);
    if (others.length > 0) throw ambiguousName(name);
    return first;
  }

  /** Names alone: for a message the secrets of declared connections are not read. */
  async function names(caller: Caller): Promise<readonly string[]> {
    const own = (await store.list(caller.id)).map((known) => known.name);
    const others = isLocal(caller) ? [] : await store.shared();
    const shared = others.filter((record) => isOthers(record, caller) && !isHidden(record)).map(({ name }) => name);
    return [...new Set([...declared.namesFor(caller), ...own, ...shared])].sort();
  }

  async function unknown(name: string, caller: Caller): Promise<never> {
    throw unknownConnection(name, await names(caller));
  }
}

function isOthers(record: ConnectionRecord, caller: Caller): boolean {
  const access = accessOf(record, caller);
  return access !== undefined && access !== 'owner';
}

/** Throws `refused` where a caller uses a connection that belongs to somebody else. `what` says what only its owner can do. */
export function requireOwner(record: ConnectionRecord, caller: Caller, what: string): void {
  if (accessOf(record, caller) === 'owner') return;
  throw new AppError('refused', `The connection ${record.name} is shared with you: only its owner can ${what}.`, {
    hint: 'Ask the person whether its owner should do that, or whether they want a connection of their own.',
  });
}

function isDeclared(name: string): AppError {
  return new AppError(
    'refused',
    `The connection ${name} is declared in the configuration and cannot be changed here.`,
    {
      hint: 'Ask the person who runs Tenantry to change it in tenantry.yaml.',
    },
  );
}

/** Two people share connections of one name with a caller: guessing which is meant would be a write in the wrong place. */
function ambiguousName(name: string): AppError {
  return new AppError('conflict', `Several connections named ${name} are shared with you; none of them is used.`, {
    hint: 'Ask their owners to share only one of them, or to make one anew under another name.',
  });
}

/** The answer to an unknown name: lists the valid ones and the one that was probably meant. */
function unknownConnection(name: string, validNames: readonly string[]): AppError {
  const shown = name.replace(/[^\x21-\x7e]/g, '').slice(0, 63);
  const meant = nearest(name, validNames);
  return new AppError('not_found', `There is no connection named ${shown}.`, {
    hint: hintFor(name, validNames),
    detail: { valid_names: validNames.slice(0, mostNames), ...(meant === undefined ? {} : { nearest: meant }) },
  });
}

/** Most names in one message. */
const mostNames = 50;

function hintFor(name: string, validNames: readonly string[]): string {
  if (validNames.length === 0) return 'There are no connections yet: create one with create_connection.';
  const listed = validNames.slice(0, mostNames).join(', ');
  const more = validNames.length > mostNames ? ` and ${validNames.length - mostNames} more` : '';
  return `${didYouMean(name, validNames)}Valid names: ${listed}${more}.`;
}
