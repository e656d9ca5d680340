import { everydayOperations } from './everyday-operations.ts';
import type { GraphOperation, OperationTree } from './operation-tree.ts';
import { searchWords } from './search-words.ts';
import type { TypeTable } from './type-table.ts';
import { walkPath } from './walk-path.ts';

/** Finds operations by words of people. */
export interface OperationSearch {
  /** The best first; empty when no word is known. */
  find(text: string, most: number): readonly GraphOperation[];
}

/** What an index is made from. */
export interface SearchSources {
  readonly operations: OperationTree;
  readonly types: TypeTable;
  /** Words of the title of a permission. */
  readonly wordsOf: (permission: string) => string;
}

/** How much a word says, by where it stands. */
const weights = { everyday: 3, last: 3, path: 1.5, verb: 1, type: 1, permission: 0.5, property: 0.4 } as const;

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PATCH: 'update',
  PUT: 'update',
  DELETE: 'delete',
};

/** Words that a question may have; real ones have fewer. */
const mostWords = 30;
const longestQuestion = 500;

interface Entry {
  readonly operation: GraphOperation;
  /** Factor for how likely anybody means it. */
  readonly prior: number;
}

type Postings = Map<string, Map<number, number>>;

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '{id}');
}

/** Short paths first, what only beta has last. */
function priorOf({ path, method, isBetaOnly }: GraphOperation, isEveryday: boolean): number {
  const depth = path.split('/').length - 1;
  const reads = method === 'GET' ? 1.05 : 1;
  return ((isEveryday ? 1.6 : 1) * (isBetaOnly ? 0.4 : 1) * reads) / (1 + 0.1 * depth);
}

class IndexBuilder {
  readonly entries: Entry[] = [];
  readonly postings: Postings = new Map();
  readonly #sources: SearchSources;
  readonly #everyday = new Map(everydayOperations);
  /** Most segments, permissions and types occur in many operations. */
  readonly #words = new Map<string, readonly string[]>();

  constructor(sources: SearchSources) {
    this.#sources = sources;
    for (const operation of sources.operations.all()) {
      // What people do for themselves is found through the path of the user.
      if (!operation.path.startsWith('/me/')) this.#add(operation);
    }
  }

  #add(operation: GraphOperation): void {
    const words = this.#everyday.get(`${operation.method} ${operation.path}`);
    const at = this.entries.push({ operation, prior: priorOf(operation, words !== undefined) }) - 1;
    const segments = segmentsOf(operation.path);
    if (words !== undefined) this.#post(at, searchWords(words), weights.everyday);
    const last = this.#wordsOf(segments.at(-1)?.replace(/\(.*/, '') ?? '');
    this.#post(at, last, weights.last / Math.sqrt(Math.max(1, last.length)));
    for (const segment of segments.slice(0, -1)) this.#post(at, this.#wordsOf(segment), weights.path);
    this.#post(at, this.#wordsOf(verbs[operation.method] ?? ''), weights.verb);
    const permission = operation.delegated.least[0] ?? operation.application.least[0] ?? '';
    this.#post(at, this.#wordsOf(permission, this.#sources.wordsOf), weights.permission);
    if (operation.isBetaOnly || operation.method !== 'GET' || segments.length > 2) return;
    const walk = walkPath(this.#sources.types, operation.path);
    if (!walk.isKnown || walk.type === undefined) return;
    this.#post(at, this.#wordsOf(walk.type), weights.type);
    this.#post(at, this.#wordsOf(walk.type, this.#propertyWords), weights.property);
  }

  readonly #propertyWords = (type: string): string =>
    this.#sources.types
      .properties(type)
      .map(({ name }) => name)
      .join(' ');

  /** Words of a name, and of what `more` says about it. */
  #wordsOf(name: string, more?: (name: string) => string): readonly string[] {
    const key = more === undefined ? name : `${name}?`;
    const known = this.#words.get(key);
    if (known !== undefined) return known;
    const words = searchWords(more === undefined ? name : `${name} ${more(name)}`);
    this.#words.set(key, words);
    return words;
  }

  /** A word counts where it says most. */
  #post(at: number, words: readonly string[], weight: number): void {
    for (const word of words) {
      const known = this.postings.get(word) ?? new Map<number, number>();
      this.postings.set(word, known);
      known.set(at, Math.max(known.get(at) ?? 0, weight));
    }
  }
}

/** Words that few operations have say more. */
function rarity(found: number, all: number): number {
  return Math.log(1 + all / (1 + found));
}

/** Indexes all operations; takes some 100 ms, so it is made for the first question. */
export function buildSearch(sources: SearchSources): OperationSearch {
  const { entries, postings } = new IndexBuilder(sources);
  return {
    find(text, most) {
      const words = searchWords(text.slice(0, longestQuestion)).slice(0, mostWords);
      const scores = new Map<number, number>();
      const known = new Map<number, number>();
      let total = 0;
      for (const word of words) {
        const found = postings.get(word);
        const value = rarity(found?.size ?? 0, entries.length);
        total += value;
        for (const [at, weight] of found ?? []) {
          scores.set(at, (scores.get(at) ?? 0) + weight * value);
          known.set(at, (known.get(at) ?? 0) + value);
        }
      }
      const ranked = [...scores].map(([at, score]) => {
        const covered = (known.get(at) ?? 0) / total;
        return { at, score: score * (entries[at]?.prior ?? 0) * (0.3 + 0.7 * covered) };
      });
      ranked.sort((a, b) => b.score - a.score || a.at - b.at);
      return ranked.slice(0, most).flatMap(({ at }) => entries[at]?.operation ?? []);
    },
  };
}
