import { describe, expect, test } from 'vitest';
import { signInErrors } from '../../../src/core/auth/aadsts.ts';
import { explainFederation, type FederationFacts } from '../../../src/core/auth/federation-refusal.ts';
import { readAssertion } from '../../../src/core/auth/token-claims.ts';
import { quoted } from '../../../src/core/base/plain-text.ts';

const issuer = 'https://token.actions.githubusercontent.com';
const subject = 'repo:contoso/shop:ref:refs/heads/main';
const audience = 'api://AzureADTokenExchange';
const now = Date.parse('2026-11-20T10:00:00Z');

function token(claims: unknown, header: unknown = { alg: 'RS256', kid: 'k1' }): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.c2ln`;
}

function facts(claims: object = {}, expected?: FederationFacts['expected']): FederationFacts {
  const exp = now / 1000 + 600;
  const read = readAssertion(token({ iss: issuer, sub: subject, aud: audience, exp, iat: exp - 900, ...claims }));
  if (read === undefined) throw new Error('The token is one.');
  return { claims: read, expected, now };
}

describe('every code of federation shows what differs', () => {
  test.each([
    [70021, `issuer \`${issuer}\`, subject \`${subject}\` and audience \`${audience}\``],
    [700211, `issuer \`${issuer}\``],
    [700212, `audience \`${audience}\``],
    [7002138, `subject as \`${subject}\``],
    [700213, `subject \`${subject}\``],
    [7002137, `subject \`${subject}\``],
    [70025, `subject \`${subject}\``],
    [
      700024,
      'from 2026-11-20T09:55:00.000Z to 2026-11-20T10:10:00.000Z, and this machine has 2026-11-20T10:00:00.000Z',
    ],
    [700027, `the key that \`${issuer}\` publishes as \`k1\``],
    [7000272, 'does not publish the key `k1`'],
    [5002738, 'algorithm is `RS256`'],
    [70052, issuer],
    [50166, `\`${issuer}/.well-known/openid-configuration\``],
    [700223, issuer],
    [700238, issuer],
  ])('AADSTS%i', (code, text) => {
    const explained = explainFederation(code, facts());
    expect(explained?.hint).toContain(text);
    expect(explained?.meaning).toBeTruthy();
    expect(signInErrors[code]).toBeDefined();
  });

  test.each([7002137, 7002138])('AADSTS%i is about the subject, and says nothing of the audience', (code) => {
    const explained = explainFederation(code, facts());
    expect(`${explained?.meaning} ${explained?.hint}`).not.toMatch(/audience/i);
  });

  test('a subject that differs in case only is to be rewritten, not waited for', () => {
    expect(explainFederation(7002138, facts())?.hint).toMatch(/delete the credential and add it again.*not help/);
  });

  test('the subject that the service names is shown beside that of the token', () => {
    const said =
      "AADSTS7002137: No matching federated identity record found for presented assertion subject '/eid1/c/pub/t/a/a/b/c'. Please make sure the federated identity credential Subject is '/eid1/c/pub/t/{tenantId}/a/b/c'. Trace ID: 1";
    expect(explainFederation(7002137, { ...facts(), said })?.hint).toContain(
      'the service expects `/eid1/c/pub/t/{tenantId}/a/b/c`',
    );
    expect(explainFederation(7002137, facts())?.hint).not.toContain('expects');
  });

  test('federation that is switched off and an issuer that a policy keeps out have steps of their own', () => {
    const [off, kept] = [700223, 700238].map((code) => explainFederation(code, facts()));
    expect(off?.hint).not.toBe(kept?.hint);
    expect(off?.meaning).not.toBe(kept?.meaning);
  });

  test('an unknown code is not explained', () => {
    expect(explainFederation(1, facts())).toBeUndefined();
    expect(explainFederation(undefined, facts())).toBeUndefined();
  });
});

describe('what the connection was converted with', () => {
  const expected = { issuer: 'https://issuer.example', subject: 'somebody', audience: 'api://other' };

  test.each([
    [70021, 'converted with issuer `https://issuer.example`, subject `somebody`, audience `api://other`'],
    [700211, 'converted with `https://issuer.example`'],
    [700212, 'converted with `api://other`'],
    [700213, 'converted with `somebody`'],
  ])('is shown for AADSTS%i', (code, text) => {
    expect(explainFederation(code, facts({}, expected))?.hint).toContain(text);
  });

  test.each([70021, 700211, 700212, 700213])('is left out for AADSTS%i when it is the same', (code) => {
    const same = { issuer, subject, audience };
    expect(explainFederation(code, facts({}, same))?.hint).not.toContain('converted with');
  });
});

describe('a token of any kind', () => {
  test.each(['', 'a.b', 'a.b.c', 'e30.W10.x', 'bnVsbA.e30.x', `${'e30.'.repeat(4)}x`])('%j is no token', (text) => {
    expect(readAssertion(text)).toBeUndefined();
  });

  test('claims of other types are not there', () => {
    expect(
      readAssertion(token({ iss: 5, sub: ['a'], aud: [1, 'a', null], exp: '1', nbf: Number.MAX_VALUE }, {})),
    ).toEqual({
      issuer: undefined,
      subject: undefined,
      audiences: ['a'],
      expiresAt: undefined,
      validFrom: undefined,
      keyId: undefined,
      algorithm: undefined,
    });
  });

  test('what it says is shown as data: no control characters, nothing that ends the quote, not endless', () => {
    expect(quoted("a'\u202e\nb`")).toBe("`a' b'`");
    expect(quoted('x'.repeat(1000)).length).toBeLessThan(210);
    expect(quoted(undefined)).toBe('(none)');
  });
});
