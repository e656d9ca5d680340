import type { Caller } from '../base/caller.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import { accessOf } from '../record/sharing.ts';
import type { SharedPlace } from '../storage/shared-records.ts';
import type { RecordStore } from '../storage/storage.ts';

type Shared = Pick<ConnectionRecord, 'owner' | 'name' | 'shared_with'>;

interface Known {
  readonly revision: number;
  /** Undefined where the record cannot be read, or is shared with nobody after all. */
  readonly record: Shared | undefined;
}

/**
 * Where the connections stand that are shared with a caller. It is asked every few seconds by many, so it remembers with
 * whom each is shared, and opens records only where one has changed. Nothing else believes what it remembers.
 */
export function createSharedRevisions(store: RecordStore, isHidden: (record: Shared) => boolean) {
  let known: ReadonlyMap<string, Known> = new Map();
  return {
    /** By name. `fixed` are those of declared connections that the caller sees. */
    async of(caller: Caller, fixed: readonly (readonly [name: string, revision: string])[]) {
      const found = new Map<string, string>(fixed);
      for (const { id, revision, record } of await places()) {
        if (record === undefined || isHidden(record)) continue;
        const access = accessOf(record, caller);
        if (access === undefined || access === 'owner') continue;
        const before = found.get(record.name);
        const own = `${id} ${revision} ${access}`;
        // Those of one name together: it is another state when one of them goes.
        found.set(record.name, before === undefined ? own : `${before}, ${own}`);
      }
      return found;
    },
  };

  async function places() {
    const now = (await store.sharedPlaces()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    if (now.some(({ id, revision }) => known.get(id)?.revision !== revision)) {
      const read = new Map((await store.shared()).map((record) => [record.id, record]));
      known = new Map(now.map((place) => [place.id, knownOf(place, read.get(place.id))]));
    }
    return now.map(({ id, revision }) => ({ id, revision, record: known.get(id)?.record }));
  }
}

function knownOf({ revision }: SharedPlace, record: ConnectionRecord | undefined): Known {
  if (record === undefined) return { revision, record: undefined };
  const { owner, name, shared_with: grants = [] } = record;
  return { revision, record: { owner, name, shared_with: grants } };
}
