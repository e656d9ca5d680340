import type { PartNow } from './look-at-undo.ts';
import type { Receipt, UndoPart } from './receipt.ts';
import type { Receipts } from './receipts.ts';

/** Writes down what an undo has done. What it left can be undone again. */
export async function finishUndo(
  claimed: Receipt,
  looked: readonly PartNow[],
  done: ReadonlySet<UndoPart>,
  { receipts, now }: { readonly receipts: Receipts; readonly now: number },
): Promise<Receipt> {
  const settled = new Set(looked.filter(({ standing, part }) => standing === 'as_before' || done.has(part)));
  const places = new Set([...settled].map(({ part }) => placeOf(part)));
  const parts = claimed.parts.map((part): UndoPart => {
    return part.isUndone || places.has(placeOf(part)) ? { ...part, isUndone: true } : part;
  });
  const { undoing: _undoing, ...rest } = claimed;
  const isOver = parts.every(({ isUndone }) => isUndone);
  const finished: Receipt = { ...rest, parts, ...(isOver ? { undoneAt: now } : {}) };
  return (await receipts.replace(finished)) ?? finished;
}

/** A call has no two parts that are the same in all of this. */
function placeOf({ of, method, path, body }: UndoPart): string {
  return JSON.stringify([of, method, path, body]);
}
