import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { PathChange } from '../apis/arm/body-difference.ts';
import type { GraphApi } from '../apis/graph/graph-api.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { type Seen, seeArm, seeGraph } from './read-look.ts';
import type { Receipt, UndoPart, Values } from './receipt.ts';
import { changesSince, changesTo, type Standing, standingOf } from './standing.ts';

/** A part of a receipt, and how its object is now. */
export interface PartNow {
  readonly part: UndoPart;
  readonly standing: Standing;
  /** From the state now to that from before the write. */
  readonly changes: readonly PathChange[];
  /** Where something has come over the write: from what that wrote to the state now. */
  readonly since: readonly PathChange[];
}

export interface LookContext {
  readonly graph: GraphApi;
  readonly arm: ArmApi;
  readonly call: CallContext;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How long lists of the directory may lag behind a write. */
const lagMs = 2 * 60_000;

/** Reads how the objects of a receipt are now. Parts that were undone before are left out. */
export async function lookAtUndo(receipt: Receipt, { now, call, ...apis }: LookContext): Promise<readonly PartNow[]> {
  const open = receipt.parts.filter(({ isUndone }) => isUndone !== true);
  const looks = open.map(({ look }) => look);
  const seen =
    receipt.undoTool === 'graph_write'
      ? await seeGraph(looks, apis, call)
      : await Promise.all(looks.map((look) => seeArm(look, apis, call).catch(unreadable)));
  const isFresh = now - receipt.at < lagMs;
  const done = new Set(receipt.steps.flatMap(({ id, outcome }) => (outcome === 'done' ? [id] : [])));
  const found = open.map((part, index) => {
    const one = partNow(asLeft(part, open.slice(index + 1)), seen[index] ?? { status: 0 });
    // The service's answer said that it is done; the list may not know yet.
    const lags = isFresh && part.look.kind === 'member' && one.standing === 'as_before' && done.has(part.of);
    return lags ? asWritten(one) : one;
  });
  return found.map((one, index) => (isDeletedLater(one, found.slice(index + 1)) ? asWritten(one) : one));
}

function asWritten(one: PartNow): PartNow {
  const { before, after, look } = one.part;
  return { ...one, standing: 'as_written', changes: changesTo(before, after, look) };
}

/** Whether the object cannot be read since a later request of the same call has deleted it: its undo comes first. */
function isDeletedLater({ standing, part }: PartNow, later: readonly PartNow[]): boolean {
  const isOf = (object: string) => part.look.path === object || part.look.path.startsWith(`${object}/`);
  return (
    standing === 'unreadable' &&
    later.some((other) => {
      const { look, before } = other.part;
      return (
        look.kind === 'presence' && before['exists'] === true && other.standing === 'as_written' && isOf(look.path)
      );
    })
  );
}

function unreadable(error: unknown): Seen {
  if (error instanceof AppError && error.code !== 'cancelled') return { status: error.status ?? 0 };
  throw error;
}

/** What one request of a call wrote, a later one of the same call may have written over. */
function asLeft(part: UndoPart, later: readonly UndoPart[]): UndoPart {
  const names = Object.keys(part.after);
  const over = later
    .filter(({ look }) => isSameObject(look, part.look))
    .map(({ after }) => Object.fromEntries(Object.entries(after).filter(([name]) => names.includes(name))));
  return { ...part, after: Object.assign({}, part.after, ...over) as Values };
}

function isSameObject(one: UndoPart['look'], other: UndoPart['look']): boolean {
  return one.kind === other.kind && one.path === other.path && one.params?.['$filter'] === other.params?.['$filter'];
}

function partNow(part: UndoPart, seen: Seen): PartNow {
  const { look, before, after } = part;
  const standing = standingOf(part, seen);
  const current = seen.values;
  const back = ({ path, from, to }: PathChange): PathChange => ({ path, from: to, to: from });
  return {
    part,
    standing,
    changes: current === undefined ? changesTo(before, after, look) : changesTo(before, current, look),
    since: standing === 'changed_since' && current !== undefined ? changesSince(part, current).map(back) : [],
  };
}
