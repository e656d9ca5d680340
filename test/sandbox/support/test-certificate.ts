import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A self-signed certificate, encoded by hand because Node can read X.509 but not create it. */
export function testCertificate(commonName = 'tenantry-test'): {
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
} {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sha256WithRsa = sequence(objectId([42, 134, 72, 134, 247, 13, 1, 1, 11]), der(0x05));
  const name = sequence(der(0x31, sequence(objectId([85, 4, 3]), der(0x0c, Buffer.from(commonName)))));
  const validity = sequence(der(0x17, Buffer.from('240101000000Z')), der(0x17, Buffer.from('340101000000Z')));
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.from([1, 2, 3, 4]));
  const body = sequence(
    version,
    serial,
    sha256WithRsa,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('RSA-SHA256', body, privateKey));
  return { certificate: sequence(body, sha256WithRsa, signature), privateKey };
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function objectId(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
