import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { loadGraphCatalog } from '../../../../src/core/apis/graph/catalog/load-catalog.ts';
import { describePath } from '../../../../src/core/apis/graph/describe/describe-path.ts';
import { describeSearch } from '../../../../src/core/apis/graph/describe/describe-search.ts';

/** Less than the 1,500 tokens of an answer by what the tool adds around the data. */
const most = 1_400;

const tokens = (answer: object) => encode(JSON.stringify(answer)).length;

test('every path, in short and in full, answers within its room, and is found by its own words', async () => {
  const catalog = await loadGraphCatalog();
  const operations = [...catalog.operations.all()];
  const long = operations.filter(({ method, path }) =>
    [undefined, method].some((one) => tokens(describePath(catalog, path, one)) > most),
  );
  expect(long).toEqual([]);
  const words = operations.filter((_, index) => index % 20 === 0).map(({ path }) => path.replaceAll(/\{[^}]*\}/g, ''));
  expect(words.filter((text) => tokens(describeSearch(catalog, text)) > most)).toEqual([]);
});
