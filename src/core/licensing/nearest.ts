import { distance } from 'fastest-levenshtein';
import { comparable } from './license-names.ts';

/**
 * The labels that read most like `text`, best first. Each label stands for several texts (part number, titles): the best
 * of them counts. Words that occur as a whole weigh more than letters, so that "E5" leads to "Microsoft 365 E5".
 */
export function nearest(
  text: string,
  labels: ReadonlyMap<string, readonly string[]>,
  count: number,
): readonly string[] {
  const wanted = text.slice(0, 200);
  const scored = [...labels].map(([label, texts]) => ({
    label,
    score: Math.max(0, ...texts.map((one) => likeness(wanted, one))),
  }));
  return scored
    .toSorted((a, b) => b.score - a.score || (a.label < b.label ? -1 : 1))
    .slice(0, count)
    .map(({ label }) => label);
}

/** 0 for nothing in common, up to 2 for the same words. */
function likeness(a: string, b: string): number {
  const [left, right] = [comparable(a), comparable(b)];
  const longest = Math.max(left.length, right.length);
  if (longest === 0) return 0;
  const wantedWords = words(a);
  const theirs = new Set(words(b));
  const shared = wantedWords.filter((word) => theirs.has(word)).length;
  return 1 - distance(left, right) / longest + shared / Math.max(1, wantedWords.length);
}

function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
