/** A list cut to its first entries. */
interface CutList {
  readonly data: unknown;
  readonly shown: number;
  readonly total: number;
}

/**
 * Makes data fit that is too large for an answer and did not come through the list collector: the longest array at its
 * top is shortened, then long texts are. The caller stores the whole and says so.
 */
export function fitData(data: unknown, budget: number): { readonly data: unknown; readonly note: string } {
  const cut = cutLongestArray(data, budget);
  if (cut) return { data: cut.data, note: `the first ${cut.shown} of ${cut.total} entries are here` };
  return {
    data: shorten(data, Math.max(200, Math.floor(budget / 20)), 3),
    note: 'long texts are cut and marked with …',
  };
}

function cutLongestArray(data: unknown, budget: number): CutList | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const arrays = Object.entries(data).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const sized = arrays.map(([key, array]) => ({ key, array, size: sizeOf(array) })).sort((a, b) => b.size - a.size);
  const longest = sized[0];
  if (!longest) return undefined;
  const room = budget - (sizeOf(data) - longest.size);
  let used = 2;
  let shown = 0;
  for (const entry of longest.array) {
    used += sizeOf(entry) + 1;
    if (used > room) break;
    shown += 1;
  }
  if (shown === 0) return undefined;
  return { data: { ...data, [longest.key]: longest.array.slice(0, shown) }, shown, total: longest.array.length };
}

function shorten(value: unknown, longest: number, depth: number): unknown {
  if (typeof value === 'string') return value.length > longest ? `${value.slice(0, longest)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return shorten(JSON.stringify(value), longest, 0);
  if (Array.isArray(value)) return value.slice(0, 5).map((one) => shorten(one, longest, depth - 1));
  const entries = Object.entries(value).slice(0, 20);
  return Object.fromEntries(entries.map(([key, child]) => [key, shorten(child, longest, depth - 1)]));
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}
