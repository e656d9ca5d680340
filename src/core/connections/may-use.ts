import type { Caller } from '../base/caller.ts';
import type { ConnectionService } from './connection-service.ts';

/** Whether a caller may use all of these connections now: each is theirs, or still shared with them. */
export async function mayUseAll(
  ids: readonly string[],
  caller: Caller,
  connections: Pick<ConnectionService, 'list'>,
): Promise<boolean> {
  if (ids.length === 0) return true;
  const usable = new Set((await connections.list(caller)).map(({ id }) => id));
  return ids.every((id) => usable.has(id));
}
