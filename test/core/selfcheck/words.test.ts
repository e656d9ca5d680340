import { describe, expect, test } from 'vitest';
import { formAmong, strangerInWords } from '../../../src/core/selfcheck/forms.ts';
import { describeLink } from '../../../src/core/selfcheck/next-link.ts';
import { compareShape, exactly, list, object } from '../../../src/core/selfcheck/shape.ts';
import { codeInWords, countInWords } from '../../../src/core/selfcheck/vocabulary.ts';

// The words of a report: the only things that it says about answers.

test.each([
  [0, '0'],
  [1, '1'],
  [2, '2-9'],
  [9, '2-9'],
  [10, '10-99'],
  [99, '10-99'],
  [100, '100-999'],
  [999, '100-999'],
  [1000, '1000 or more'],
  [123_456, '1000 or more'],
])('%i items are said as %s', (count, words) => {
  expect(countInWords(count)).toBe(words);
});

test.each([
  ['Request_ResourceNotFound', 'Request_ResourceNotFound'],
  ['AADSTS7000222', 'AADSTS7000222'],
  ['AADSTS7000222 Contoso', 'an unknown code'],
  ['contoso', 'an unknown code'],
  ['toString', 'an unknown code'],
  ['', 'none'],
])('the code %j is said as %s', (code, words) => {
  expect(codeInWords(code)).toBe(words);
});

describe('forms', () => {
  test.each<readonly [string, unknown, string | undefined]>([
    ['guid|null', '5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001', 'guid'],
    ['guid|null', null, 'null'],
    ['guid|null', 'ada', undefined],
    ['=Enabled|=Disabled', 'Enabled', '=Enabled'],
    ['=Enabled|=Disabled', 'enabled', undefined],
    ['integer', 2 ** 60, undefined],
    ['date-time', '2026-11-20T10:00:00.1234567Z', 'date-time'],
    ['date-time', '2026-11-20 10:00', undefined],
    ['duration', '00:00:05', 'duration'],
    ['digits', '00123456789', undefined],
    ['constructor', {}, undefined],
  ])('%s: %j is %s', (forms, value, form) => {
    expect(formAmong(forms, value)).toBe(form);
  });

  test.each<readonly [string, unknown, string]>([
    ['guid', 'ada', 'another string'],
    ['guid', 7, 'number'],
    ['integer', '7', 'string'],
    ['array', undefined, 'nothing'],
  ])('where %s is assumed, %j is %s', (forms, value, words) => {
    expect(strangerInWords(forms, value)).toBe(words);
  });
});

describe('links', () => {
  const rule = { member: 'nextLink', keepsVersion: true };
  const answeredBy = 'https://management.azure.com/subscriptions?api-version=2022-12-01';

  test.each([
    [
      'https://management.azure.com/subscriptions?api-version=2022-12-01&%24skiptoken=abc',
      'absolute, same host, by $skiptoken, with api-version',
      true,
    ],
    ['/subscriptions?$skipToken=abc', 'relative, same host, by $skiptoken, without api-version', false],
    ['https://contoso.example/x?page=2', 'absolute, another host, by something unknown, without api-version', false],
    ['https://', 'absolute, another host, by something unknown, without api-version', false],
  ])('%s', (link, words, isAsAssumed) => {
    expect(describeLink(link, { rule, nextBy: ['$skiptoken'], answeredBy })).toEqual({ words, isAsAssumed });
  });
});

describe('shapes', () => {
  test('members that nobody names are counted, each once, by their place', () => {
    const value = [
      { id: 1, contoso: 1 },
      { id: 2, contoso: 2, fabrikam: 3 },
    ];
    const found = compareShape(list(object({ id: 'integer' })), value);
    expect(found).toEqual({
      members: { 'the answer': 'array', '[]': 'object', '[].id': 'integer' },
      unknownMembers: 2,
      mismatches: [],
    });
  });

  test('annotations may come with any answer, other members not where all are named', () => {
    const shape = exactly({ id: 'integer' });
    expect(compareShape(shape, { id: 1, '@odata.etag': 'x' }).mismatches).toEqual([]);
    expect(compareShape(shape, { id: 1, contoso: 'x' }).mismatches).toEqual([
      { what: 'the answer', assumed: 'no other members', seen: 'other members' },
    ]);
  });
});
