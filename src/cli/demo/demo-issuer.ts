import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issuer of OpenID Connect tokens on a loopback port, like a build system or a cluster. */
export interface DemoIssuer {
  /** Its address: `http://127.0.0.1:{port}`. */
  readonly url: string;
  /** A token that a workload with this subject would get. `now` in milliseconds since the Unix epoch. */
  issue(subject: string, audience: string, now: number): string;
  close(): Promise<void>;
}

const keyId = 'demo';
const lifeSeconds = 3600;

/** Publishes its key where Entra looks for it: a discovery document that leads to the key set. */
export async function startDemoIssuer(): Promise<DemoIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const documents = new Map<string, unknown>();
  const server = createServer((request, response) => {
    const document = documents.get(request.url ?? '');
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  // The address is a string only for pipes; this is a port.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  documents.set('/.well-known/openid-configuration', { issuer: url, jwks_uri: `${url}/keys` });
  documents.set('/keys', {
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }],
  });
  return {
    url,
    issue(subject, audience, now) {
      const seconds = Math.floor(now / 1000);
      const claims = { iss: url, sub: subject, aud: audience, iat: seconds, nbf: seconds, exp: seconds + lifeSeconds };
      const text = `${encode({ alg: 'RS256', typ: 'JWT', kid: keyId })}.${encode(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
