import { describe, expect, test } from 'vitest';
import { splitFilter } from '../../../../../src/core/apis/graph/advanced/split-filter.ts';

const values = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `'v${from + index}'`);
const list = (count: number, from = 0) => `(${values(count, from).join(',')})`;
const chain = (count: number, path = 'department') =>
  values(count)
    .map((value) => `${path} eq ${value}`)
    .join(' or ');
const any = (path: string, count: number, from = 0, inside = 'x') =>
  values(count, from)
    .map((value) => `${path}/any(x:${inside} eq ${value})`)
    .join(' or ');
const two = (index: number) => String(index + 1).padStart(2, '0');
const days = (count: number) => Array.from({ length: count }, (_, index) => `2026-01-${two(index)}T00:00:00Z`);
const guids = (count: number) =>
  Array.from({ length: count }, (_, index) => `${two(index)}aaaaaa-0000-4000-8000-000000000000`);

describe('what fits is left alone', () => {
  test.each([
    "displayName eq 'x'",
    `id in ${list(15)}`,
    chain(15),
    `accountEnabled eq true and (${chain(15)})`,
    `startsWith(displayName,'${'a or b '.repeat(20)}')`,
    `displayName eq '${'a, b '.repeat(40)}' and accountEnabled eq true and userType eq 'Member' and city eq 'x' and jobTitle eq 'y'`,
  ])('%s', (filter) => {
    expect(splitFilter(filter)).toBeUndefined();
  });
});

describe('what cannot be split without another meaning is left alone', () => {
  test.each([
    `not (id in ${list(16)})`,
    `not(${chain(16)})`,
    `id in ${list(16)} )`,
    `id in (${values(16).join(' ')})`,
    `(${Array.from({ length: 16 }, () => `id in ${list(300)}`).join(' and ')})`,
  ])('%s', (filter) => {
    expect(splitFilter(filter)).toBeUndefined();
  });
});

describe('a list that is too long', () => {
  test('of `in`: fifteen values each, in order, each value once', () => {
    expect(splitFilter(`id in ${list(32)}`)).toEqual({
      filters: [
        `id in (${values(15).join(',')})`,
        `id in (${values(15, 15).join(',')})`,
        `id in (${values(2, 30).join(',')})`,
      ],
      alternatives: 32,
      isDisjoint: true,
    });
    expect(splitFilter(`id in (${[...values(16), ...values(16)].join(',')})`)?.filters).toHaveLength(2);
  });

  test('of `or`', () => {
    const split = splitFilter(chain(17));
    expect(split?.filters).toEqual([chain(15), "department eq 'v15' or department eq 'v16'"]);
    expect(split).toMatchObject({ alternatives: 17, isDisjoint: true });
  });

  test('of `or` with `in` inside counts the values', () => {
    const split = splitFilter(`city eq 'x' or id in ${list(15)}`);
    expect(split).toMatchObject({ filters: ["city eq 'x'", `id in ${list(15)}`], alternatives: 16, isDisjoint: false });
  });

  test('beside other conditions, which stand in every part', () => {
    const split = splitFilter(`accountEnabled eq true and (${chain(20)}) AND userType eq 'Guest'`);
    expect(split?.filters).toEqual([
      `accountEnabled eq true and (${chain(15)}) and userType eq 'Guest'`,
      `accountEnabled eq true and (${values(5, 15)
        .map((value) => `department eq ${value}`)
        .join(' or ')}) and userType eq 'Guest'`,
    ]);
  });

  test('twice: every combination', () => {
    expect(splitFilter(`id in ${list(16)} and department in ${list(31)}`)?.filters).toHaveLength(6);
  });

  test('inside of any', () => {
    const split = splitFilter(`proxyAddresses/any(p:${chain(16, 'p')})`);
    expect(split?.filters).toEqual([`proxyAddresses/any(p:${chain(15, 'p')})`, "proxyAddresses/any(p:p eq 'v15')"]);
    expect(split?.isDisjoint).toBe(false);
  });

  test.each<[string, boolean]>([
    [`${chain(16)} or department eq 'V1'`, false],
    [`${chain(16)} or city eq 'x'`, false],
    [`${chain(16)} or startsWith(department,'v')`, false],
    [`${chain(16)} or department in ('a','b')`, true],
    // A collection may have both values.
    [any('otherMails', 20), false],
    [`(${any('otherMails', 8)}) or (${any('otherMails', 8, 8)})`, false],
    [any('assignedLicenses', 20, 0, 'x/skuId'), false],
    // One value can be written in two ways.
    [`createdDateTime in (2026-01-01T00:00:00.000Z,${days(16).join(',')})`, false],
    [`displayName in ('é',${values(16).join(',')})`, false],
    [`displayName in ('v0 ',${values(16).join(',')})`, false],
    [`appOwnerOrganizationId in (${guids(16).join(',')})`, true],
  ])('%s: no object can match two parts: %s', (filter, isDisjoint) => {
    expect(splitFilter(filter)?.isDisjoint).toBe(isDisjoint);
  });

  test('quotes and keywords inside of texts are part of the text', () => {
    const names = Array.from({ length: 16 }, (_, index) => `displayName eq 'O''Brien, or (and) not in ${index}'`);
    expect(splitFilter(names.join(' or '))?.filters).toEqual([names.slice(0, 15).join(' or '), names[15]]);
  });
});
