export const testIdentity = {
  tenantId: '11111111-1111-4111-8111-111111111111',
  clientId: '22222222-2222-4222-8222-222222222222',
  objectId: '33333333-3333-4333-8333-333333333333',
  subscriptionId: '44444444-4444-4444-8444-444444444444',
  name: 'tenantry-test',
};

export interface TestTokenOptions {
  readonly audience?: string;
  /** Seconds since the Unix epoch. Default: an hour from now. */
  readonly expiresAt?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Characters of padding, for tokens of realistic length. */
  readonly padding?: number;
}

/** An access token in v1.0 format. Its signature is not valid. */
export function testToken(options: TestTokenOptions = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: options.audience ?? 'https://storage.azure.com',
    iss: `https://sts.windows.net/${testIdentity.tenantId}/`,
    iat: now - 60,
    nbf: now - 60,
    exp: options.expiresAt ?? now + 3600,
    app_displayname: testIdentity.name,
    appid: testIdentity.clientId,
    idtyp: 'app',
    oid: testIdentity.objectId,
    sub: testIdentity.objectId,
    tid: testIdentity.tenantId,
    ver: '1.0',
    ...(options.padding === undefined ? {} : { padding: 'x'.repeat(options.padding) }),
    ...options.claims,
  };
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ typ: 'JWT', alg: 'RS256', kid: 'test' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}
