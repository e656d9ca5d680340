import { describe, expect, test } from 'vitest';
import { baseOf, isPagePath, pathBelow, returnPath } from '../../../src/pages/signed-in/page-paths.ts';

describe('after the sign-in', () => {
  test.each(['/approve', '/approve/K7F3', '/secrets', '/connections', '/enter/prod/abc_-9'])(
    'the browser goes on to %s',
    (path) => expect(returnPath(path)).toBe(path),
  );

  test.each([
    null,
    '',
    'approve',
    '//evil.example',
    '/\\evil.example',
    '///evil.example/approve',
    'https://evil.example/approve',
    'javascript:alert(1)',
    '/approve//evil.example',
    '/approve/..%2f..',
    '/approve/../../x',
    '/approve?next=https://evil.example',
    '/approve/a/b/c/d',
    '/sign-in',
    '/sign-out',
    '/mcp',
    '/enter/prod/"><script>',
    '/approve/K7F3\r\nset-cookie: a=b',
  ])('%j leads to the first page instead', (path) => expect(returnPath(path)).toBe('/approve'));
});

test('pages leave the paths of MCP alone', () => {
  for (const path of ['/mcp', '/healthz', '/readyz', '/metrics', '/.well-known/oauth-protected-resource/mcp', '/x']) {
    expect(isPagePath(path)).toBe(false);
  }
  for (const path of ['/', '/approve/K7F3', '/sign-in/callback', '/assets/page.css'])
    expect(isPagePath(path)).toBe(true);
});

test('what a proxy has put before the paths is known, whether or not it takes it off', () => {
  const base = baseOf('https://apps.contoso.example/tenantry/');
  expect(base).toBe('/tenantry');
  expect(pathBelow(base, '/tenantry/approve')).toBe('/approve');
  expect(pathBelow(base, '/approve')).toBe('/approve');
  expect(pathBelow(base, '/tenantryx/approve')).toBe('/tenantryx/approve');
  expect(baseOf('https://apps.contoso.example')).toBe('');
});
