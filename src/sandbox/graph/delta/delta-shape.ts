import type { Entity, EntityStore } from '../../entity-store.ts';
import { createProjector } from '../reads/projection.ts';
import type { DeltaOptions } from './delta-token.ts';

/** How objects are shown in a round: the id is always there. */
export interface DeltaShape {
  /** All properties that the round tracks. */
  whole(entity: Entity): Record<string, unknown>;
  /** Some of them. */
  only(entity: Entity, properties: readonly string[]): Record<string, unknown>;
  reference(id: string): Record<string, unknown>;
}

export function createDeltaShape({ type, select }: DeltaOptions): DeltaShape {
  const project = createProjector({ select, withType: false });
  return {
    whole: (entity) => ({ ...project({ type, entity }), id: entity.id }),
    only(entity, properties) {
      const shown = createProjector({ select: properties, withType: false })({ type, entity });
      return { ...shown, id: entity.id };
    },
    reference: (id) => ({ id }),
  };
}

/** An object that is gone: `changed` when it can be restored, `deleted` when it cannot. */
export function removedEntry(id: string, reason: 'changed' | 'deleted'): Record<string, unknown> {
  return { id, '@removed': { reason } };
}

/** The other end of a link, as it stands in `members@delta`. */
export function linkEntry(id: string, store: EntityStore, isRemoved = false): Record<string, unknown> {
  const type =
    store.typeOf(id) ?? store.deletedItems().find(({ entity }) => entity.id === id)?.type ?? 'directoryObject';
  return { '@odata.type': `#microsoft.graph.${type}`, id, ...(isRemoved ? { '@removed': { reason: 'deleted' } } : {}) };
}
