import { withoutUndefined } from '../base/without-undefined.ts';
import type { Receipt, UndoPart, Values } from './receipt.ts';

/** An ordinary call of a tool that undoes a write: nothing of it is allowed because it does so. */
export interface UndoCall {
  readonly tool: Receipt['undoTool'];
  readonly arguments: Values;
}

/** The call that carries out these parts, the last one first. There is at least one. */
export function undoCall({ connection, undoTool, steps }: Receipt, parts: readonly UndoPart[]): UndoCall {
  const ordered = parts.toReversed();
  const [only] = ordered;
  if (undoTool === 'arm_write' && only !== undefined) {
    const { method, path, body, apiVersion } = only;
    const call = withoutUndefined({ connection: connection.name, method, path, api_version: apiVersion, body });
    return { tool: undoTool, arguments: call };
  }
  const requests = ordered.map(({ method, path, body }, index) => {
    const needed = dependenciesOf(index, ordered, steps);
    return withoutUndefined({ method, endpoint: path, body, depends_on: needed.length === 0 ? undefined : needed });
  });
  return { tool: undoTool, arguments: { connection: connection.name, requests } };
}

/** Most ids that a request may depend on. */
const mostDependencies = 20;

/**
 * Ids, from 1, of the requests that have to come first: a write that came after another one, to the same object or because
 * it depended on it, is undone before that one; and what is restored is there before something leads to it.
 */
function dependenciesOf(at: number, ordered: readonly UndoPart[], steps: Receipt['steps']): readonly string[] {
  const own = ordered[at];
  if (own === undefined) return [];
  const earlier = ordered.slice(0, at);
  const sameObject = earlier.findLastIndex((other) => objectOf(other) === objectOf(own));
  const dependents = steps.filter(({ dependsOn = [] }) => dependsOn.includes(own.of)).map(({ id }) => id);
  const found = earlier.flatMap((other, index) => {
    const isNeeded = index === sameObject || dependents.includes(other.of) || leadsTo(own, other);
    return isNeeded ? [String(index + 1)] : [];
  });
  return found.slice(-mostDependencies);
}

/** What a part is about: an object, or one entry of a list. */
function objectOf({ look: { kind, path, params } }: UndoPart): string {
  if (kind === 'member') return `${path} ${params?.['$filter']}`.toLowerCase();
  return /^(?:\/beta)?((?:\/directory)?\/[^/]+\/[^/]+)/i.exec(path)?.[1]?.toLowerCase() ?? path.toLowerCase();
}

/** Whether a part needs what another one restores. An app is there before its principal. */
function leadsTo({ of, path, look }: UndoPart, other: UndoPart): boolean {
  const restored = /\/deletedItems\/([^/]+)\/restore$/.exec(other.path)?.[1];
  if (restored === undefined) return false;
  return of === other.of || path.includes(restored) || look.params?.['$filter']?.includes(restored) === true;
}
