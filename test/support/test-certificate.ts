import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';

/** A local certificate, created for one run. */
export interface TestCertificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
  /** Forgets the trust and removes the files. */
  remove(): Promise<void>;
}

const run = promisify(execFile);

/**
 * A self-signed certificate for `localhost`, 127.0.0.1 and the given names. With `trusted`, this process trusts it as it does the
 * certificates of NODE_EXTRA_CA_CERTS; nothing else about verification changes.
 */
export async function makeCertificate({
  trusted = true,
  names = [] as readonly string[],
} = {}): Promise<TestCertificate> {
  const alternatives = ['localhost', ...names].map((name) => `DNS:${name}`).join(',');
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-tls-'));
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', `subjectAltName=${alternatives},IP:127.0.0.1`, '-out', certPath, '-keyout', keyPath],
  ]);
  const cert = await readFile(certPath, 'utf8');
  const before = tls.getCACertificates('default');
  if (trusted) tls.setDefaultCACertificates([...before, cert]);
  return {
    certPath,
    keyPath,
    cert,
    key: await readFile(keyPath, 'utf8'),
    async remove() {
      if (trusted) tls.setDefaultCACertificates(before);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
