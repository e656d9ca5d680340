// Okapi BM25 with the usual constants, over words in small letters, split at underscores and capitals and lightly stemmed:
// what hosts do that search for tools by words, such as
// https://docs.livekit.io/reference/python/livekit/agents/beta/toolsets/tool_search.html

const saturation = 1.2;
const lengthWeight = 0.75;

/** English words that say nothing, after https://snowballstem.org/algorithms/english/stop.txt */
const stopWords = new Set(
  `a about above after again against all am an and any are as at be because been before being below between both but by can could
  did do does doing down during each few for from further had has have having he her here hers herself him himself his how i if in into
  is it its itself just me more most my myself no nor not now of off on once only or other our ours ourselves out over own same she should
  so some such than that the their theirs them themselves then there these they this those through to too under until up very was we were
  what when where which while who whom why will with would you your yours yourself yourselves`.split(/\s+/),
);

/** What a search finds by its words. */
export interface Searched {
  /** What the search answers. */
  readonly key: string;
  /** Texts, each with how often its words count. */
  readonly fields: readonly { readonly text: string; readonly weight: number }[];
}

/** Returns a search that answers all keys, the best first; equal ones in their order. */
export function createSearch(searched: readonly Searched[]): (query: string) => readonly string[] {
  const documents = searched.map(({ key, fields }) => {
    const counts = countsOf(fields);
    return { key, counts, length: [...counts.values()].reduce((sum, count) => sum + count, 0) };
  });
  const meanLength = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const rarity = (word: string) => {
    const having = documents.filter(({ counts }) => counts.has(word)).length;
    return Math.log(1 + (documents.length - having + 0.5) / (having + 0.5));
  };
  return (query) => {
    const words = [...new Set(wordsOf(query))].map((word) => ({ word, weight: rarity(word) }));
    const scored = documents.map(({ key, length, counts }) => {
      const damping = saturation * (1 - lengthWeight + (lengthWeight * length) / meanLength);
      const score = words.reduce((sum, { word, weight }) => {
        const count = counts.get(word) ?? 0;
        return sum + (weight * count * (saturation + 1)) / (count + damping);
      }, 0);
      return { key, score };
    });
    return scored.sort((one, other) => other.score - one.score).map(({ key }) => key);
  };
}

function countsOf(fields: Searched['fields']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { text, weight } of fields) {
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + weight);
  }
  return counts;
}

/** Words in small letters, without endings: `list_connections` is `list` and `connection`. */
export function wordsOf(text: string): readonly string[] {
  const parts = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll("'", '');
  return (parts.match(/[a-z]+|[0-9]+/g) ?? []).filter((word) => !stopWords.has(word)).map(stem);
}

/** Brings the forms of a word together: plural, -ing and -ed after three letters, a letter doubled before them, a final e. */
function stem(word: string): string {
  const singular = word.replace(/(?<=\w{2})ies$/, 'y').replace(/(?<=\w{2}[^su])s$/, '');
  const plain = singular.replace(/(?<=\w{3})(?:ing|ed)$/, '');
  const whole = plain === singular ? plain : plain.replace(/(?<=\w{2})([bdgmnprt])\1$/, '$1');
  return whole.replace(/(?<=\w{3})e$/, '');
}
