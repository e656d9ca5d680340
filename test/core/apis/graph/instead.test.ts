import { describe, expect, test } from 'vitest';
import { asProjection } from '../../../../src/core/apis/graph/instead/as-projection.ts';
import { conjunctsOf, readConditions } from '../../../../src/core/apis/graph/instead/conditions.ts';
import { repairFilter, repairSearch } from '../../../../src/core/apis/graph/instead/repair-filter.ts';
import { compileProjection } from '../../../../src/core/results/projection.ts';
import { type Failure, failed } from '../../../support/failed-graph-answer.ts';

const get = (path: string, query: Readonly<Record<string, string>> = {}): Failure => ({ path, query });

describe('what a refused request should have been', () => {
  test.each<[string, number, string, string, Failure, object]>([
    [
      'deleted objects of a type',
      400,
      'Request_BadRequest',
      'No.',
      get('/directory/deletedItems/$count'),
      { path: '/directory/deletedItems/microsoft.graph.user/$count' },
    ],
    [
      'groups with pages',
      400,
      'Directory_ResultSizeLimitExceeded',
      'Too many.',
      { method: 'POST', path: '/users/ada/getMemberGroups' },
      { method: 'GET', path: '/users/ada/transitiveMemberOf', isOther: true },
    ],
    ['a delta query from its beginning', 410, 'syncStateNotFound', 'Gone.', get('/users/delta'), { restarts: true }],
    [
      'the relationship by its own path',
      400,
      'ExpandNotSupported',
      'No.',
      get('/users/ada', { $expand: 'photo' }),
      { path: '/users/ada/photo' },
    ],
    [
      'a search in quotes',
      400,
      'BadRequest',
      "Syntax error: character ':' is not valid at position 11 in 'displayName:x'.",
      get('/users', { $search: 'displayName:x and mail:y' }),
      { params: { $search: '"displayName:x" AND "mail:y"' } },
    ],
    [
      'a search of names, for words without a property',
      400,
      'BadRequest',
      "Syntax error: character ' ' is not valid at position 3 in 'ada lovelace'.",
      get('/users', { $search: 'ada lovelace' }),
      { params: { $search: '"displayName:ada lovelace"' } },
    ],
    [
      'parameters of advanced queries where nothing adds them',
      400,
      'Request_UnsupportedQuery',
      "Operator 'ne' is not supported because the required parameters might be missing.",
      get('/identityGovernance/things', { $filter: "a ne 'b'" }),
      { params: { $filter: "a ne 'b'", $count: 'true' }, headers: { ConsistencyLevel: 'eventual' } },
    ],
    [
      'products of the tenant',
      400,
      'Request_BadRequest',
      'User does not have any available licenses.',
      { method: 'POST', path: '/users/ada/assignLicense' },
      { method: 'GET', path: '/subscribedSkus' },
    ],
  ])('%s', (_, status, code, message, failure, instead) => {
    expect(failed(status, code, message, failure).instead).toMatchObject(instead);
  });

  test.each<[string, string, Failure]>([
    ['a write', 'Request_UnsupportedQuery', { method: 'PATCH', path: '/users', query: { $filter: "contains(a,'b')" } }],
    ['a filter that no other one replaces', 'Request_UnsupportedQuery', get('/users', { $filter: 'a/any(x:x eq 1)' })],
    [
      'dates, which JMESPath does not compare',
      'Request_UnsupportedQuery',
      get('/users', { $filter: 'a ge 2026-01-01' }),
    ],
    ['a filter that is none', 'Request_UnsupportedQuery', get('/users', { $filter: "contains(a,'b') and (((" })],
  ])('nothing for %s', (_, code, failure) => {
    const message = "Unsupported or invalid query filter clause specified for property 'a' of resource 'User'.";
    expect(failed(400, code, message, failure).instead).toBeUndefined();
  });
});

describe('conditions as JMESPath', () => {
  const items = [
    { name: "O'Brien `x`", size: 4, tags: null, on: true, org: { unit: 'A' } },
    { name: 'Ada', size: 6, on: false, org: { unit: 'b' } },
    { name: null, size: null, on: null },
  ];

  test.each<[string, readonly number[]]>([
    ["contains(name,'o''brien')", [0]],
    ["startswith(name,'ADA') eq true", [1]],
    ["endswith(name,'`X`')", [0]],
    ["name eq 'ada' or name eq null", [1, 2]],
    ["not(name eq 'ada')", [0, 2]],
    ["name ne 'ada' and on eq true", [0]],
    ["name in ('ada','x')", [1]],
    ['size ge 5', [1]],
    ["org/unit eq 'a'", [0]],
    ["(org/unit eq 'a' or org/unit eq 'B') and size lt 5", [0]],
  ])('%s', async (filter, expected) => {
    const whole = readConditions(filter);
    const expression = asProjection(whole === undefined ? [] : conjunctsOf(whole));
    const projection = await compileProjection(expression ?? '');
    expect(projection.perPage).toBe(true);
    expect(projection.apply(items)).toEqual(expected.map((index) => items[index]));
  });

  test.each(['a/any(x:x eq 1)', 'day ge 2026-01-01', "year(day) eq 2026 and name eq 'a'", "name has 'x'"])(
    'nothing for %s',
    (filter) => {
      const whole = readConditions(filter);
      expect(whole && asProjection(conjunctsOf(whole))).toBeUndefined();
    },
  );

  test('a filter that never ends does not end the process', () => {
    expect(readConditions('('.repeat(50_000))).toBeUndefined();
    expect(readConditions(`${'not '.repeat(50_000)}a eq 1`)).toBeUndefined();
    expect(readConditions(`${'tolower('.repeat(50_000)}a`)).toBeUndefined();
  });
});

describe('filters in the syntax of other languages', () => {
  test.each([
    [`displayName = "Ada"`, `displayName eq 'Ada'`],
    [`displayName == 'a' && mail != "b" || (x >= 5)`, `displayName eq 'a' and mail ne 'b' or (x ge 5)`],
    [`displayName EQ 'A = "b"' AND x<5`, `displayName eq 'A = "b"' and x lt 5`],
    [`surname eq 'O'Brien'`, `surname eq 'O''Brien'`],
  ])('%s', (given, repaired) => {
    expect(repairFilter(given)).toBe(repaired);
  });

  test.each([`displayName eq 'Ada'`, 'displayName like x%', `displayName = "Ada`])('nothing for %s', (given) => {
    expect(repairFilter(given)).toBeUndefined();
  });

  test('of a search, only clauses are quoted', () => {
    expect(repairSearch('displayName:a or mail:b')).toBe('"displayName:a" OR "mail:b"');
    expect(repairSearch('"displayName:a"')).toBeUndefined();
    expect(repairSearch('ada lovelace')).toBeUndefined();
  });
});
