import { distance } from 'fastest-levenshtein';
import { bareWord, synonymsOf } from './synonyms.ts';

// A suggestion that is wrong leads astray, so a name counts as near only if it is the same word in another spelling, a
// synonym, a slip of the keys, or begins in the same way.

/** The candidate that the person probably meant, or undefined when none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = bareWord(text.slice(0, longestWanted));
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const rank = rankOf(wanted, candidate);
    if (rank < bestRank) {
      best = candidate;
      bestRank = rank;
    }
  }
  return best;
}

/**
 * The candidate that `text` is a misspelling of: the same word in another spelling, a synonym, or a slip of the keys. A word
 * that only begins alike may be a new one.
 */
export function misspelt(text: string, candidates: readonly string[]): string | undefined {
  const wanted = bareWord(text.slice(0, longestWanted));
  return nearest(
    text,
    candidates.filter((candidate) => rankOf(wanted, candidate) < beginsAlike),
  );
}

/** `Did you mean eastus? ` in front of a hint; empty when no candidate is near. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const meant = nearest(text, candidates);
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

/** Names to choose from instead of an unknown one. */
export interface OfferedNames {
  /** Those that may have been meant, nearest first, in their own spelling. */
  readonly near: readonly string[];
  /** The same, and after them others that there are. */
  readonly names: readonly string[];
}

/** The names that may have been meant by an unknown one, and some of those that there are. */
export function offerNames(wanted: string, candidates: readonly string[], count = 5): OfferedNames {
  const text = bareWord(wanted.slice(0, longestWanted));
  const known = candidates.filter((name) => name.length <= longestName);
  const near = known
    .map((name) => ({ name, rank: Math.min(rankOf(text, name), rankInside(text, name)) }))
    .filter(({ rank }) => rank < Number.POSITIVE_INFINITY)
    .toSorted((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .map(({ name }) => name);
  const others = known.toSorted((a, b) => a.localeCompare(b));
  return { near: near.slice(0, count), names: [...new Set([...near, ...others])].slice(0, count) };
}

/** Longer texts are not names that anyone would write. */
const longestName = 1_000;
const longestWanted = 100;

/** The rank of a name that is longer or shorter than what was written, from which on it is only similar. */
const beginsAlike = 3;

/** Fewer letters in common are chance. */
const fewestLetters = 3;

/** How far a name is from what was written: the smaller the nearer, infinite when it is not near. */
function rankOf(wanted: string, candidate: string): number {
  const name = bareWord(candidate.slice(0, longestName));
  if (wanted === '' || name === '') return Number.POSITIVE_INFINITY;
  if (wanted === name) return 0;
  if (synonymsOf(wanted).includes(name)) return 1;
  const [shorter, longer] = wanted.length < name.length ? [wanted, name] : [name, wanted];
  const gap = longer.length - shorter.length;
  const edits = gap <= 3 ? distance(wanted, name) : gap;
  if (isSlip(wanted, name, edits, shorter.length)) return 2 + edits / 10;
  return shorter.length >= fewestLetters && longer.startsWith(shorter)
    ? beginsAlike + gap / longestName
    : Number.POSITIVE_INFINITY;
}

/** Names of a tenant are often longer than what people remember of them. */
function rankInside(wanted: string, candidate: string): number {
  const name = bareWord(candidate);
  const [shorter, longer] = wanted.length < name.length ? [wanted, name] : [name, wanted];
  return shorter.length >= fewestLetters && longer.includes(shorter) ? 5 : Number.POSITIVE_INFINITY;
}

/** Whether two words differ by a few wrong keys: the shorter a word, the fewer. */
function isSlip(one: string, other: string, edits: number, length: number): boolean {
  const most = length >= 10 ? 3 : length >= 6 ? 2 : length >= 3 ? 1 : 0;
  return edits <= most || (edits === 2 && length >= 3 && areSwapped(one, other));
}

/** Whether two neighbouring letters have changed places. */
function areSwapped(one: string, other: string): boolean {
  if (one.length !== other.length) return false;
  const at = [...one].findIndex((letter, index) => letter !== other[index]);
  return one[at] === other[at + 1] && one[at + 1] === other[at] && one.slice(at + 2) === other.slice(at + 2);
}
