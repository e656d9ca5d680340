import type { Entity, EntityStore } from '../../entity-store.ts';
import { isReplicated } from '../../replication-lag.ts';
import type { SandboxContext } from '../../service.ts';

/** The store as a read sees it: without what has not reached every replica yet, when a lag was placed. */
export function replicatedStore(context: SandboxContext): EntityStore {
  const { store } = context;
  if (context.placed('replicationLag').length === 0) return store;
  const visible = (entity: Entity | undefined) => (entity && isReplicated(entity, context) ? entity : undefined);
  return {
    ...store,
    get sequence() {
      return store.sequence;
    },
    get: (type, id) => visible(store.get(type, id)),
    findByKey: (type, property, value) => visible(store.findByKey(type, property, value)),
    *scan(type, from) {
      for (const item of store.scan(type, from)) if (visible(item.entity)) yield item;
    },
    count: (type) => [...store.scan(type)].filter(({ entity }) => visible(entity)).length,
  };
}
