import { describe, expect, test } from 'vitest';
import { proxiesOf } from '../../../src/core/http/proxy.ts';

const proxyFor = (variables: Readonly<Record<string, string>>, url = 'https://graph.microsoft.com/v1.0/users') =>
  proxiesOf((name) => variables[name])(url);

describe('which proxy leads to an address', () => {
  test.each([
    [{ HTTPS_PROXY: 'http://proxy.contoso.com:8080' }, 'proxy.contoso.com:8080', 'HTTPS_PROXY'],
    [{ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://large:2' }, 'small:1', 'https_proxy'],
    [{ ALL_PROXY: 'http://all:3', HTTP_PROXY: 'http://plain:4' }, 'all:3', 'ALL_PROXY'],
    [{ HTTP_PROXY: 'http://plain:4' }, 'plain:4', 'HTTP_PROXY'],
    [{ HTTPS_PROXY: 'proxy:8080' }, 'proxy:8080', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'http://user:p%40ss@proxy' }, 'proxy:80', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'https://proxy' }, 'proxy:443', 'HTTPS_PROXY'],
    [{ HTTPS_PROXY: 'http://[fd00::1]:8080/' }, '[fd00::1]:8080', 'HTTPS_PROXY'],
  ])('%j', (variables: Record<string, string>, shown, variable) => {
    expect(proxyFor(variables)).toMatchObject({ shown, variable });
  });

  test.each([{}, { HTTPS_PROXY: '' }, { HTTPS_PROXY: '  ' }])('none with %j', (variables: Record<string, string>) => {
    expect(proxyFor(variables)).toBeUndefined();
  });

  test.each([
    'http://127.0.0.1:40342/token',
    'https://localhost:8443',
    'https://[::1]:1',
    'http://169.254.169.254/metadata',
  ])('never one to %s', (url) => {
    expect(
      proxyFor({ HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://p:1', ALL_PROXY: 'http://p:1' }, url),
    ).toBeUndefined();
  });

  test.each([
    '::nothing',
    'http://',
    'socks5://proxy:1080',
    // What is not percent-encoded ends the host, and the start of a password would pass for a port.
    'http://user:1234/56@proxy:8080',
    'http://user:1234#56@proxy:8080',
    'http://user:1234?56@proxy:8080',
    'CONTOSO\\user:password@proxy:8080',
  ])('%s is no proxy, and its text is not shown', (value) => {
    expect(() => proxyFor({ HTTPS_PROXY: value })).toThrow(
      expect.objectContaining({
        code: 'configuration',
        message: expect.not.stringContaining(value),
        hint: expect.stringContaining('Set HTTPS_PROXY to'),
      }),
    );
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['*', true],
    ['graph.microsoft.com', true],
    ['microsoft.com', true],
    ['.microsoft.com', true],
    ['*.microsoft.com', true],
    ['GRAPH.Microsoft.com', true],
    ['graph.microsoft.com:443', true],
    ['graph.microsoft.com:8443', false],
    ['soft.com', false],
    ['login.microsoftonline.com, graph.microsoft.com', true],
    ['login.microsoftonline.com graph.microsoft.com', true],
    ['10.0.0.0/8', false],
    ['', false],
  ])('%j', (list, isDirect) => {
    expect(proxyFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(isDirect);
  });

  test.each([
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['2001:db8::1', 'https://[2001:db8::1]/', true],
    ['2001:db8:0::1', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]/', false],
    ['2001:db8::2', 'https://[2001:db8::1]/', false],
    ['contoso.com', 'https://graph.contoso.com./', true],
  ])('%s covers %s: %s', (list, url, isDirect) => {
    expect(proxyFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: list }, url) === undefined).toBe(isDirect);
  });
});

describe('the user and password', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  test.each([
    ['http://user:p%40s%3As@proxy', 'user:p@s:s'],
    ['http://user:p%ss^"@proxy', 'user:p%ss^"'],
    ['http://user:%C3%BC@proxy', 'user:ü'],
    ['http://user@proxy', 'user:'],
    ['http://CONTOSO%5Cuser:p@proxy', 'CONTOSO\\user:p'],
  ])('of %s', (address, plain) => {
    expect(proxyFor({ HTTPS_PROXY: address })?.authorization?.reveal()).toBe(basic(plain));
  });

  test('are absent where the address has none', () => {
    expect(proxyFor({ HTTPS_PROXY: 'http://proxy' })?.authorization).toBeUndefined();
  });
});
