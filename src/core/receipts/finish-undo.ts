import type { Receipt, UndoPart } from './receipt.ts';
import type { Receipts } from './receipts.ts';

/**
 * Writes down what an undo has done. What it left can be undone again, and so can what was as before already: the write may
 * have been on its way still.
 */
export async function finishUndo(
  claimed: Receipt,
  done: readonly UndoPart[],
  { receipts, now }: { readonly receipts: Receipts; readonly now: number },
): Promise<void> {
  const places = new Set(done.map(placeOf));
  const parts = claimed.parts.map((part): UndoPart => (places.has(placeOf(part)) ? { ...part, isUndone: true } : part));
  const { undoing: _undoing, ...rest } = claimed;
  const isOver = parts.every(({ isUndone }) => isUndone);
  await receipts.replace({ ...rest, parts, ...(isOver ? { undoneAt: now } : {}) });
}

/** A call has no two parts that are the same in all of this. */
function placeOf({ of, method, path, body }: UndoPart): string {
  return JSON.stringify([of, method, path, body]);
}
