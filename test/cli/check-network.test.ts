import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkNetwork } from '../../src/cli/doctor/check-network.ts';
import { makeCertificate } from '../support/test-certificate.ts';

const check = (variables: Readonly<Record<string, string>>) => checkNetwork((name) => variables[name]);

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-doctor-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'root.pem');
  await writeFile(path, text);
  return path;
}

test('a network without variables has nothing to tell', async () => {
  expect(await check({})).toEqual([]);
});

describe('the proxy', () => {
  test('is shown without its password', async () => {
    expect(await check({ HTTPS_PROXY: 'http://user:MARKED@proxy.contoso.com:8080' })).toEqual([
      { check: 'proxy', status: 'ok', detail: 'proxy.contoso.com:8080 (HTTPS_PROXY)' },
    ]);
  });

  test('is told not to be used for Graph', async () => {
    expect(await check({ https_proxy: 'http://p:1', NO_PROXY: '.microsoft.com' })).toEqual([
      { check: 'proxy', status: 'ok', detail: 'p:1 (https_proxy); graph.microsoft.com is reached directly (NO_PROXY)' },
    ]);
  });

  test('that is none fails, without its text', async () => {
    const [found] = await check({ HTTPS_PROXY: 'socks5://user:MARKED@proxy' });
    expect(found).toMatchObject({ check: 'proxy', status: 'fail', hint: expect.stringContaining('SOCKS') });
    expect(JSON.stringify(found)).not.toContain('MARKED');
  });
});

describe('NODE_EXTRA_CA_CERTS', () => {
  test('counts the certificates of its file', async () => {
    const { cert, remove } = await makeCertificate({ trusted: false });
    onTestFinished(remove);
    const path = await fileWith(`comment\n${cert}${cert}`);
    expect(await check({ NODE_EXTRA_CA_CERTS: path })).toEqual([
      { check: 'NODE_EXTRA_CA_CERTS', status: 'ok', detail: `2 certificates in ${path}` },
    ]);
  });

  test.each(['', 'DER', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    '%j is no certificate',
    async (text) => {
      const path = await fileWith(text);
      expect(await check({ NODE_EXTRA_CA_CERTS: path })).toMatchObject([
        { status: 'fail', hint: expect.stringContaining('openssl x509') },
      ]);
    },
  );

  test('a file that is missing fails: Node would only warn', async () => {
    expect(await check({ NODE_EXTRA_CA_CERTS: '/nowhere/root.pem' })).toMatchObject([
      { status: 'fail', detail: '/nowhere/root.pem cannot be read' },
    ]);
  });
});

test.each([
  ['0', ['warn']],
  ['1', []],
])('NODE_TLS_REJECT_UNAUTHORIZED=%s', async (value, statuses) => {
  const found = await check({ NODE_TLS_REJECT_UNAUTHORIZED: value });
  expect(found.map(({ status }) => status)).toEqual(statuses);
});
