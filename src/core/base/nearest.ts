import { distance } from 'fastest-levenshtein';

/** The candidate that the person probably meant, or undefined when none is close. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase().slice(0, 100);
  let best: string | undefined;
  // A third of the letters may be wrong, and always two.
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < bestDistance) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** `Did you mean eastus? ` in front of a hint; empty when no candidate is close. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const meant = nearest(text, candidates);
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

/** Longer texts are not names that anyone would write. */
const longestName = 1_000;

/** How far apart two names are, for "did you mean": containing the other name counts more than sharing letters. */
function rank(wanted: string, candidate: string): number {
  const edits = distance(wanted, candidate);
  return candidate.includes(wanted) || wanted.includes(candidate) ? edits / 4 : edits;
}

/** The names most similar to `wanted`, the most similar first, in their own spelling. */
export function nearestNames(wanted: string, candidates: readonly string[], count = 5): string[] {
  const text = wanted.toLowerCase().slice(0, 200);
  return candidates
    .filter((name) => name.length <= longestName)
    .map((name) => ({ name, rank: rank(text, name.toLowerCase()) }))
    .toSorted((a, b) => a.rank - b.rank || a.name.localeCompare(b.name))
    .slice(0, count)
    .map(({ name }) => name);
}
