import type { Entity } from './entity-store.ts';
import type { SandboxContext } from './service.ts';

/**
 * Whether an object has reached every replica. Off by default; `placeObject('graph', 'replicationLag', { seconds })`
 * makes new objects unknown to reads, references and sign-ins for that long, as the real directory does.
 */
export function isReplicated(entity: Entity, context: SandboxContext): boolean {
  const lagSeconds = Number(context.placed('replicationLag').at(-1)?.['seconds'] ?? 0);
  if (!(lagSeconds > 0)) return true;
  const created = Date.parse(String(entity['createdDateTime'] ?? ''));
  return Number.isNaN(created) || context.clock.now() >= created + lagSeconds * 1000;
}
