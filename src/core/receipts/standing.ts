import { bodyChanges, keyLike, type PathChange, withoutServiceMembers } from '../apis/arm/body-difference.ts';
import { isRecord } from '../base/guards.ts';
import type { Seen } from './read-look.ts';
import type { Look, UndoPart, Values } from './receipt.ts';

// Whether a write still stands: the state now, against that from before the write and that which it left.

/** What has to change for the state to be `wanted`. */
export function changesTo(wanted: Values, current: Values, { kind }: Look): readonly PathChange[] {
  if (kind !== 'tags' && kind !== 'whole') return bodyChanges(current, wanted);
  // Tags are a set: those that are there and should not be count as well.
  const [now, then] = [current['tags'], wanted['tags']].map((tags) => (isRecord(tags) ? tags : {}));
  const gone = Object.keys(now ?? {}).filter((name) => !Object.hasOwn(then ?? {}, name));
  const tags = { ...then, ...Object.fromEntries(gone.map((name) => [name, null])) };
  return bodyChanges({ ...current, tags: now ?? {} }, { ...wanted, tags });
}

/** The earlier values, with null for what a write adds to them: without it a write that only adds would seem undone. */
export function withAdded(before: Values, wanted: Values): Values {
  const added = Object.entries(wanted).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    const key = keyLike(before, name);
    if (key === undefined) return [[name, null]];
    const earlier = before[key];
    return isRecord(value) && isRecord(earlier) ? [[key, withAdded(earlier, value)]] : [];
  });
  return { ...before, ...Object.fromEntries(added) };
}

/**
 * What stands beside the values of a write and goes back with them: it is as before, or the write has taken it out. The
 * rest was changed by somebody else.
 */
function changesBeside({ before, after }: Pick<UndoPart, 'before' | 'after'>, current: Values): readonly PathChange[] {
  return bodyChanges(current, withoutEmpty(besideOf(before, after))).filter(({ from }) => from !== null);
}

function besideOf(before: Values, after: Values): Values {
  return Object.fromEntries(
    Object.entries(before).flatMap(([name, earlier]): readonly (readonly [string, unknown])[] => {
      const key = keyLike(after, name);
      if (key === undefined) return [[name, earlier]];
      const written = after[key];
      return isRecord(earlier) && isRecord(written) ? [[name, besideOf(earlier, written)]] : [];
    }),
  );
}

/** Without objects that say nothing of what is in them: `properties: {}` leaves that to the service. */
function withoutEmpty(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
      if (!isRecord(value)) return [[name, value]];
      const inside = withoutEmpty(value);
      return Object.keys(inside).length === 0 ? [] : [[name, inside]];
    }),
  );
}

/** What a whole resource has in neither state: somebody has added it, and putting the earlier one back would drop it. */
function changesAdded({ look, before, after }: UndoPart, current: Values): readonly PathChange[] {
  if (look.kind !== 'whole') return [];
  const known = withAdded(before, after);
  return bodyChanges(current, withoutEmpty(besideOf(withAdded(known, withoutServiceMembers(current)), known)));
}

/** What has come over a write, as changes from the state now back to what it left. */
export function changesSince(part: UndoPart, current: Values): readonly PathChange[] {
  const { look, after } = part;
  const written = changesTo(withoutEmpty(after), current, look);
  return look.kind === 'members' || look.kind === 'whole'
    ? [...written, ...changesBeside(part, current), ...changesAdded(part, current)]
    : written;
}

/** How the state of an object relates to a write. */
export type Standing = 'as_written' | 'as_before' | 'changed_since' | 'unreadable';

/** Whether the write stands, was taken back, or something else has come over it. */
export function standingOf(part: UndoPart, { values }: Seen): Standing {
  if (values === undefined) return 'unreadable';
  if (changesTo(part.before, values, part.look).length === 0) return 'as_before';
  return changesSince(part, values).length === 0 ? 'as_written' : 'changed_since';
}
