import { beforeAll, describe, expect, test } from 'vitest';
import { everydayOperations } from '../../../../../src/core/apis/graph/catalog/everyday-operations.ts';
import { type GraphCatalog, loadGraphCatalog } from '../../../../../src/core/apis/graph/catalog/load-catalog.ts';
import { phrasings } from './search-phrasings.ts';

let catalog: GraphCatalog;

beforeAll(async () => {
  catalog = await loadGraphCatalog();
});

function found(words: string, most = 3): string[] {
  return catalog.search(words, most).map(({ method, path }) => `${method} ${path}`);
}

describe('the words of administrators', () => {
  test.each(phrasings)('"%s" finds %s', (words, operation) => {
    expect(found(words)).toContain(operation.replace('/$ref', ''));
  });
});

test('every everyday operation is one of v1.0, and stands once', () => {
  const known = new Set(
    [...catalog.operations.all()]
      .filter(({ isBetaOnly }) => !isBetaOnly)
      .map(({ method, path }) => `${method} ${path}`),
  );
  const names = everydayOperations.map(([operation]) => operation);
  expect(names.filter((operation) => !known.has(operation))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test('words of a path find operations that are not for every day', () => {
  expect(found('ediscovery case custodians')[0]).toMatch(/ediscoveryCases\/\{id\}\/custodians/);
  expect(found('printer connectors')[0]).toMatch(/connectors$/);
});

test('the number of letters and the kind of words do not matter', () => {
  expect(found('REVOKE SESSIONS')).toEqual(found('revoke sessions'));
  for (const words of [
    '',
    '   ',
    '???',
    '__proto__',
    'constructor toString hasOwnProperty',
    '𝕏 ⚡ ﷽',
    '\u0000\ud800',
  ]) {
    expect(Array.isArray(found(words))).toBe(true);
  }
  expect(found('zzzqqqxxx')).toEqual([]);
  expect(found('guest '.repeat(50_000))).toContain('GET /users');
});
