import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import type { UrlRequest } from '../../../src/core/http/api-client.ts';
import { createUrlBuilder } from '../../../src/core/http/urls.ts';
import { cloud, descriptor } from './client-fixture.ts';

const urls = createUrlBuilder(descriptor, cloud);
const root = 'https://graph.microsoft.com/v1.0';

function resolve(path: string, rest: Omit<UrlRequest, 'path'> = {}): string {
  return urls.resolve({ path, ...rest }).url;
}

/** The error of an address that must be refused. */
function refusal(path: string, rest: Omit<UrlRequest, 'path'> = {}): AppError {
  try {
    resolve(path, rest);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`It was accepted: ${path.slice(0, 100)}`);
}

test.each([
  ['/users', `${root}/users`],
  ['users', `${root}/users`],
  ['/users/', `${root}/users`],
  ['users?$top=5', `${root}/users?$top=5`],
  ['/v1.0/users', `${root}/users`],
  ['/beta/users', 'https://graph.microsoft.com/beta/users'],
  ['https://graph.microsoft.com/v1.0/users?$top=5', `${root}/users?$top=5`],
  ['https://graph.microsoft.com:443/beta/users', 'https://graph.microsoft.com/beta/users'],
  ['HTTPS://GRAPH.MICROSOFT.COM/v1.0/users', `${root}/users`],
  ['/users/ada@contoso.example', `${root}/users/ada@contoso.example`],
  ['/users/ada_x.example#EXT#@contoso.example', `${root}/users/ada_x.example%23EXT%23@contoso.example`],
  ['/users/a+b@contoso.example', `${root}/users/a%2Bb@contoso.example`],
  ["/users('$ada')", `${root}/users('$ada')`],
  ['/users/Ada Lovelace', `${root}/users/Ada%20Lovelace`],
  ['/drives/1/root:/a b/ü.txt:/content', `${root}/drives/1/root:/a%20b/%C3%BC.txt:/content`],
  ["users?$filter=displayName eq 'A & B #1?'", `${root}/users?$filter=displayName%20eq%20%27A%20%26%20B%20%231%3F%27`],
  ['users?$filter=startsWith(displayName,%27A%27)', `${root}/users?$filter=startsWith(displayName,%27A%27)`],
])('%s goes to %s', (path, url) => {
  expect(resolve(path)).toBe(url);
});

describe('params', () => {
  test('are encoded completely, and win over the query of the address', () => {
    expect(resolve('users?$top=5&$select=id', { params: { $top: 9, $filter: "a eq 'x+y&z#?/ü'" } })).toBe(
      `${root}/users?$select=id&$top=9&$filter=a%20eq%20%27x%2By%26z%23%3F%2F%C3%BC%27`,
    );
  });

  test('that are null or undefined are left out; booleans and numbers are written', () => {
    expect(resolve('users', { params: { $count: true, $top: 5, $skip: null, $search: undefined } })).toBe(
      `${root}/users?$count=true&$top=5`,
    );
  });

  test.each([
    ['displayName:Ada', '%22displayName%3AAda%22'],
    ['"displayName:Ada"', '%22displayName%3AAda%22'],
    ['"displayName:A&B#"', '%22displayName%3AA%2526B%2523%22'],
    ['"displayName:a" AND "mail:b"', '%22displayName%3Aa%22%20AND%20%22mail%3Ab%22'],
  ])('$search=%s is quoted, and & and # are encoded twice for v1.0', (search, wire) => {
    expect(resolve('users', { params: { $search: search } })).toBe(`${root}/users?$search=${wire}`);
    expect(resolve('users', { params: { $search: search }, apiVersion: 'beta' })).toBe(
      `https://graph.microsoft.com/beta/users?$search=${wire.replaceAll('%25', '%')}`,
    );
  });

  test('keep an already doubly encoded $search of the address as it is', () => {
    expect(resolve('users?$search="displayName:A%2526B"')).toBe(`${root}/users?$search=%22displayName%3AA%2526B%22`);
  });
});

const hostile: readonly (readonly [string, string])[] = [
  ['a parent segment', '/users/../admin'],
  ['an encoded parent segment', '/users/%2e%2e/admin'],
  ['a doubly encoded parent segment', '/users/%252e%252E/admin'],
  ['a host after @', '@evil.example/users'],
  ['a host with user info', 'https://graph.microsoft.com@evil.example/v1.0/users'],
  ['user info on the right host', 'https://user:pw@graph.microsoft.com/v1.0/users'],
  ['a backslash', 'users\\..\\admin'],
  ['a network path', '//evil.example/users'],
  ['an empty segment', '/users//admin'],
  ['an encoded slash', '/users/a%2Fb'],
  ['a doubly encoded slash', '/users/a%252Fb'],
  ['an encoded backslash', '/users/a%5cb'],
  ['a second question mark', '/users?$top=5?$skip=1'],
  ['a line break', '/users\r\nHost: evil.example'],
  ['an encoded line break', '/users/a%0d%0ab'],
  ['a null byte', '/users\u0000'],
  ['half a character', '/users/\ud800'],
  ['a fragment', '/users#admin'],
  ['a fragment in an absolute URL', 'https://graph.microsoft.com/v1.0/users#x'],
  ['another host', 'https://evil.example/v1.0/users'],
  ['a lookalike suffix', 'https://graph.microsoft.com.evil.example/v1.0/users'],
  ['a lookalike prefix', 'https://evilgraph.microsoft.com/v1.0/users'],
  ['a trailing dot', 'https://graph.microsoft.com./v1.0/users'],
  ['a full-width letter', 'https://ｇraph.microsoft.com/v1.0/users'],
  ['a Cyrillic letter', 'https://grаph.microsoft.com/v1.0/users'],
  ['another port', 'https://graph.microsoft.com:8443/v1.0/users'],
  ['http', 'http://graph.microsoft.com/v1.0/users'],
  ['another scheme', 'file:///etc/passwd'],
  ['a script', 'javascript:alert(1)'],
  ['one slash', 'https:/graph.microsoft.com/v1.0/users'],
  ['the other cloud', 'https://graph.microsoft.us/v1.0/users'],
  ['nothing', ''],
  ['a mere slash', '/'],
  ['100 kB', `/users/${'a'.repeat(100_000)}`],
];

test.each(hostile)('%s is refused with what would be right', (_name, path) => {
  expect(refusal(path)).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/\S{3}/) });
});

test.each(hostile)('%s is refused as a link of the service too', (_name, path) => {
  expect(refusal(path, { verbatim: true })).toMatchObject({ code: 'invalid_argument' });
});

test.each([
  [{ '': 'x' }],
  [{ $filter: 'a\u0000b' }],
  [{ 'a\nb': 'x' }],
  [{ $filter: '\udc00' }],
  [{ $filter: 'x'.repeat(100_000) }],
])('a broken parameter is refused', (params) => {
  expect(refusal('/users', { params })).toMatchObject({ code: 'invalid_argument' });
});

test('a version that is not one is refused, and so are two different ones', () => {
  expect(refusal('/users', { apiVersion: '../v2' }).hint).toContain('v1.0 or beta');
  expect(refusal('/beta/users', { apiVersion: 'v1.0' }).code).toBe('invalid_argument');
});

test('a link of the service is used byte for byte', () => {
  const link = `https://graph.microsoft.com/v1.0/users?$skiptoken=RFN%2fx'"|+%zz&$count=true`;
  expect(resolve(link, { verbatim: true })).toBe(link);
});

describe('settings.base_url', () => {
  test('sets the version', () => {
    const beta = createUrlBuilder(descriptor, cloud, 'https://graph.microsoft.com/beta');
    expect(beta.resolve({ path: '/users' }).url).toBe('https://graph.microsoft.com/beta/users');
  });

  test.each(['https://evil.example/v1.0', 'http://graph.microsoft.com/v1.0', 'https://graph.microsoft.com/v9', 'x'])(
    '%s is a configuration error',
    (baseUrl) => {
      expect(() => createUrlBuilder(descriptor, cloud, baseUrl)).toThrow(
        expect.objectContaining({
          code: 'configuration',
          hint: expect.stringContaining('https://graph.microsoft.com'),
        }),
      );
    },
  );
});

test('a cloud below a path keeps its requests and its token there', () => {
  const local = createUrlBuilder(descriptor, { ...cloud, graph: 'http://127.0.0.1:8080/graph' });
  expect(local.resolve({ path: '/users' }).url).toBe('http://127.0.0.1:8080/graph/v1.0/users');
  expect(local.isTrusted('http://127.0.0.1:8080/graph/v1.0/users')).toBe(true);
  expect(local.isTrusted('http://127.0.0.1:8080/upload/1')).toBe(false);
  expect(local.isTrusted('http://127.0.0.1:8080/graphite/1')).toBe(false);
});

describe('whatever is passed', () => {
  const pieces = [
    '/',
    '..',
    '%2e',
    '%2F',
    '@',
    ':',
    '\\',
    '?',
    '#',
    '//',
    'https://',
    'evil.example',
    'users',
    '$top=5',
    '%',
    "'",
    '"',
    ' ',
  ];
  const nasty = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 8 })), {
    maxLength: 8,
  });
  const text = fc.oneof(
    nasty.map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
  );

  test('the request stays below the root of the cloud, or is refused as invalid_argument', () => {
    fc.assert(
      fc.property(
        text,
        fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
        fc.boolean(),
        (path, params, verbatim) => {
          let url: string;
          try {
            ({ url } = urls.resolve({ path, params, verbatim }));
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid_argument' });
            return;
          }
          const parsed = new URL(url);
          expect(parsed.origin).toBe('https://graph.microsoft.com');
          expect(parsed.username + parsed.password + parsed.hash).toBe('');
          expect(decodeURIComponent(parsed.pathname.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).split('/')).not.toContain(
            '..',
          );
          if (!verbatim) expect(parsed.pathname).toMatch(/^\/(?:v1\.0|beta)\/[^/]/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('the value of a parameter arrives as it was passed', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((given) => !/[\p{Cc}\u2028\u2029]/u.test(given));
    fc.assert(
      fc.property(value, (given) => {
        const query = resolve('/users', { params: { $filter: given } }).split('?')[1] ?? '';
        expect(decodeURIComponent(query.slice('$filter='.length))).toBe(given);
        expect(query).toMatch(/^\$filter=[A-Za-z0-9\-._~%]*$/);
      }),
      { numRuns: 500 },
    );
  });
});
