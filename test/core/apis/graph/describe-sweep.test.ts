import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { beforeAll, expect, test } from 'vitest';
import { type GraphCatalog, loadGraphCatalog } from '../../../../src/core/apis/graph/catalog/load-catalog.ts';
import { walkPath } from '../../../../src/core/apis/graph/catalog/walk-path.ts';
import { describePath } from '../../../../src/core/apis/graph/describe/describe-path.ts';
import { describeNamedType } from '../../../../src/core/apis/graph/describe/describe-type.ts';

let catalog: GraphCatalog;

beforeAll(async () => {
  catalog = await loadGraphCatalog();
});

/** What the tool adds around the data. */
const envelope = 100;
const most = 1_500 - envelope;

const tokens = (answer: object) => encode(JSON.stringify(answer)).length;

/** Every seventh, so that all parts of Graph are looked at in little time. */
const step = 7;

test('a sample of all paths, in short and in full, answers within its room', () => {
  const operations = [...catalog.operations.all()].filter((_, index) => index % step === 0);
  const long = operations.filter(({ method, path }) =>
    [undefined, method].some((one) => tokens(describePath(catalog, path, one)) > most),
  );
  expect(long).toEqual([]);
});

test('every example leads to a list or an object of v1.0, and selects what its type has', () => {
  const paths = new Set([...catalog.operations.all()].map(({ path }) => path).filter((path) => !path.includes('{id}')));
  expect(paths.size).toBeGreaterThan(300);
  for (const path of paths) {
    const { example } = describePath(catalog, path, undefined);
    if (example === undefined) continue;
    const walk = walkPath(catalog.types, example.endpoint);
    expect(walk).toMatchObject({ isKnown: true });
    const select = example.params?.['$select'];
    const names = catalog.types.properties(walk.type ?? '').map(({ name }) => name);
    expect(
      select === undefined
        ? []
        : String(select)
            .split(',')
            .filter((name) => !names.includes(name)),
    ).toEqual([]);
  }
});

test('every type answers within its room', () => {
  expect(catalog.types.names.length).toBeGreaterThan(2_000);
  expect(catalog.types.names.filter((name) => tokens(describeNamedType(catalog.types, name)) > most)).toEqual([]);
});
