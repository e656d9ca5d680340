import { testCertificate } from '../../sandbox/support/test-certificate.ts';

/** A PEM with a private key and its self-signed certificate, valid from 2024 to 2034. */
export function testPem(): string {
  const { certificate, privateKey } = testCertificate();
  const body = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return `${key}-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}
