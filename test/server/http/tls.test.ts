import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { followTlsFiles, readTlsPair, type TlsPair } from '../../../src/server/http/tls-files.ts';
import { call, type HttpLab, openHttpLab, openRaw } from '../../support/http-lab.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';

let old: TestCertificate;
let renewed: TestCertificate;
let folder: string;
let files: { readonly certificate: string; readonly key: string };

beforeAll(async () => {
  [old, renewed] = await Promise.all([makeCertificate({ trusted: false }), makeCertificate({ trusted: false })]);
  folder = await mkdtemp(join(tmpdir(), 'tenantry-http-tls-'));
  files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
});
afterAll(async () => {
  await Promise.all([old.remove(), renewed.remove(), rm(folder, { recursive: true, force: true })]);
});
beforeEach(() => put(old, old));

async function put(certificate: TestCertificate, key: TestCertificate): Promise<void> {
  await copyFile(certificate.certPath, files.certificate);
  await copyFile(key.keyPath, files.key);
}

async function open(place: { readonly tls?: typeof files } = { tls: files }): Promise<HttpLab> {
  const lab = await openHttpLab({ place: { port: 0, ...place }, timeouts: { headersMs: 200, checkMs: 20 } });
  onTestFinished(() => lab.close());
  return lab;
}

interface Handshake {
  readonly certificate: PeerCertificate;
  readonly answer: string;
}

/** A call over TLS to a server whose certificate must be this one. */
function callOverTls(lab: HttpLab, { cert }: TestCertificate): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify(call('who'));
    const lines = ['POST /mcp HTTP/1.1', 'Host: localhost', 'Authorization: Bearer alice', 'Connection: close'];
    const socket = connect({ port: Number(lab.url.port), host: '127.0.0.1', ca: cert, servername: 'localhost' }, () => {
      const certificate = socket.getPeerCertificate();
      socket.write(
        `${lines.join('\r\n')}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      socket.once('close', () => resolve({ certificate, answer }));
    });
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.once('error', reject);
  });
}

describe('with a certificate', () => {
  test('the server speaks HTTPS alone', async () => {
    const lab = await open();
    expect(lab.url.protocol).toBe('https:');
    expect((await callOverTls(lab, old)).answer).toContain('"text":"alice"');
    await expect(callOverTls(lab, renewed)).rejects.toThrow();
    const plain = await openRaw(Number(lab.url.port), 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n').ended;
    expect(plain).not.toContain('200');
  });

  test('a handshake that does not go on is ended', async () => {
    const lab = await open();
    expect(await openRaw(Number(lab.url.port), '').ended).toBe('');
    expect((await callOverTls(lab, old)).answer).toContain('"text":"alice"');
  });

  test('a renewed one is in use for the next connection, without a restart', async () => {
    const lab = await open();
    await callOverTls(lab, old);
    await put(renewed, renewed);
    await lab.server.renew();
    expect((await callOverTls(lab, renewed)).answer).toContain('"text":"alice"');
    await expect(callOverTls(lab, old)).rejects.toThrow();
  });

  test('a renewed one is found by itself', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const found = Promise.withResolvers<TlsPair>();
    const pair = await readTlsPair(files);
    const renewal = followTlsFiles({ files, pair, onRenewed: found.resolve, onProblem: found.reject });
    onTestFinished(renewal.stop);
    await put(renewed, renewed);
    vi.advanceTimersByTime(30_000);
    expect((await found.promise).cert).toBe(renewed.cert);
  });

  test('one that was replaced by half leaves the old one in use, and is told once', async () => {
    const lab = await open();
    await put(renewed, old);
    await lab.server.renew();
    await lab.server.renew();
    expect(lab.errors.map(({ message }) => message)).toEqual([expect.stringContaining('it is not the key of')]);
    expect((await callOverTls(lab, old)).answer).toContain('"text":"alice"');
    await put(renewed, renewed);
    await lab.server.renew();
    expect((await callOverTls(lab, renewed)).answer).toContain('"text":"alice"');
    expect(lab.errors).toHaveLength(1);
  });
});

describe('a server does not start with', () => {
  test.each([
    ['a key of another certificate', () => put(old, renewed), 'http.tls.key: '],
    ['no certificate', () => writeFile(files.certificate, 'nothing'), 'holds no certificate in PEM form'],
    ['no key', () => writeFile(files.key, '-----BEGIN PRIVATE KEY-----\nsecret\n'), 'holds no private key'],
    ['a certificate that is not there', () => rm(files.certificate), 'cannot be read'],
  ])('%s', async (_, spoil, words) => {
    await spoil();
    const failure = await openHttpLab({ place: { port: 0, tls: files } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'configuration', message: expect.stringContaining(words) });
    expect(String(failure)).not.toContain('secret');
  });
});

test('without one, the server speaks HTTP for the proxy before it', async () => {
  const lab = await open({});
  expect(lab.url.protocol).toBe('http:');
  await lab.server.renew();
  expect((await lab.post('alice', call('who'))).status).toBe(200);
});
