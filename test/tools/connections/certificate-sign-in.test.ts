import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPageLab, type PageLab } from '../../pages/page-lab.ts';
import { certificateText, passphrase } from '../../support/certificates/read.ts';

let lab: PageLab;
beforeEach(async () => {
  // Certificates sign with the system's time.
  lab = await openPageLab({ now: new Date().toISOString() });
});
afterEach(() => lab.close());

test.each([
  'rsa-chain-root-first.pem',
  'rsa-literal-line-breaks.txt',
  'rsa-encrypted.pem',
  'rsa-aes.pfx',
  'rsa-3des.pfx',
])('a connection signs in with %s', async (name) => {
  await lab.registerCertificate(certificateText('rsa.pem'));
  const { tenantId, clientId } = lab.sandbox.credentials;
  const connection = 'prod';
  await lab.call('create_connection', {
    ...{ name: connection, cloud: 'sandbox', scopes: ['directory'], auth_type: 'certificate' },
  });
  const completed = await lab.call('complete_connection', {
    ...{ connection, tenant_id: tenantId, client_id: clientId },
    ...{ certificate: certificateText(name), certificate_passphrase: passphrase },
  });
  expect(completed.text).not.toContain(passphrase);
  const { response } = await lab.call('validate_connection', { connection, checks: ['token'] });
  expect(response.data.checks).toMatchObject([{ check: 'token.graph', status: 'pass' }]);
});
