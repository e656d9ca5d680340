import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCertificate } from '../../../../src/core/auth/certificates/open-certificate.ts';
import { buildChecklist } from '../../../../src/core/connections/checklist/build-checklist.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { certificateText, passphrase } from '../../../support/certificates/read.ts';
import { failureOf, temporaryFolder, testRecord } from '../../connections/support.ts';

/** Runs what a hint tells the person to type. OpenSSL asks for passphrases; here it is given one. */
function run(command: string, folder: string): void {
  const unattended = command.replace('openssl pkcs12', `openssl pkcs12 -passin pass:${passphrase}`);
  execFileSync('sh', ['-c', unattended], { cwd: folder, stdio: 'ignore' });
}

async function opensIn(folder: string): Promise<boolean> {
  const pem = await openCertificate(new Secret(readFileSync(join(folder, 'app.pem'), 'utf8')));
  return pem.reveal().startsWith('-----BEGIN PRIVATE KEY-----');
}

async function hintFor(name: string): Promise<string> {
  return (await failureOf(openCertificate(new Secret(certificateText(name)), new Secret(passphrase)))).hint ?? '';
}

test('a store with weak encryption is converted as the hint says', async () => {
  const folder = temporaryFolder();
  copyFileSync(new URL('../../../support/certificates/rsa-rc2.pfx', import.meta.url), join(folder, 'app.pfx'));
  const [command = ''] = /openssl pkcs12 .*/.exec(await hintFor('rsa-rc2.pfx')) ?? [];
  run(command, folder);
  expect(await opensIn(folder)).toBe(true);
});

test.each(['ec-p256.pem', 'rsa-1024.pem', 'rsa-pss.pem'])(
  'a new certificate instead of %s is made as the hint says',
  async (name) => {
    const folder = temporaryFolder();
    const [command = ''] = /openssl req .*/.exec(await hintFor(name)) ?? [];
    run(command, folder);
    expect(await opensIn(folder)).toBe(true);
  },
);

test('key and certificate are joined as the hint says', async () => {
  const folder = temporaryFolder();
  const pem = certificateText('rsa.pem');
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----');
  writeFileSync(join(folder, 'key.pem'), pem.slice(0, at));
  writeFileSync(join(folder, 'cert.pem'), pem.slice(at));
  const { hint = '' } = await failureOf(openCertificate(new Secret(pem.slice(0, at))));
  const [command = ''] = /cat .*/.exec(hint) ?? [];
  run(command, folder);
  expect(await opensIn(folder)).toBe(true);
});

test('the checklist makes a certificate that is accepted', async () => {
  const folder = temporaryFolder();
  const { steps } = buildChecklist(testRecord({ auth_type: 'certificate', status: 'pending' }));
  const commands = steps.flatMap((step) => step.commands ?? []).filter((one) => /^(?:openssl|cat) /.test(one));
  expect(commands).toHaveLength(2);
  for (const command of commands) run(command, folder);
  expect(await opensIn(folder)).toBe(true);
});
