import { describe, expect, test } from 'vitest';
import { signInErrors } from '../../../src/core/auth/aadsts.ts';
import { toSignInError } from '../../../src/core/auth/sign-in-error.ts';
import type { AuthType } from '../../../src/core/record/connection.ts';

/** The error of a connection whose sign-in the authority refused with this code. */
function refused(code: number, { status = 400, authType = 'azure' as AuthType, retryAfterMs = 0 } = {}) {
  const description = `AADSTS${code}: said by the service. Trace ID: 1`;
  const refusal = {
    ...{ status, error: 'invalid_client', codes: [code], description, traceId: 'trace' },
    claims: undefined,
    retryAfterMs: retryAfterMs === 0 ? undefined : retryAfterMs,
  };
  const log = {
    signal: new AbortController().signal,
    httpClient: { sendRequest: () => Promise.reject(new Error('Nothing is sent.')) },
    refusal,
    failure: undefined,
    assertion: undefined,
  };
  return toSignInError(new Error('the library'), { connection: 'prod', authType, log });
}

/** Code, what the message says about it, and the step that the hint names. */
const rows: readonly (readonly [number, string, string])[] = [
  [7000215, 'secret is wrong', 'the value of the client secret, not its id'],
  [7000222, 'secret has expired', 'create a new client secret'],
  [700016, 'does not exist in this tenant', 'Compare tenant_id and client_id'],
  [7000229, 'has no service principal', 'az ad sp create --id'],
  [90002, 'tenant does not exist', 'Correct tenant_id'],
  [900382, 'another cloud', 'in the cloud that the app is registered in'],
  [900432, 'another cloud', 'in the cloud that the app is registered in'],
  [70011, 'audience', 'token_audience'],
  [1002012, 'audience', 'token_audience'],
  [500011, 'does not have the service', 'Leave out the scopes that need it'],
  [65001, 'consent is missing', 'Grant admin consent'],
  [53003, 'Conditional Access', 'Sign-in logs'],
  [50076, 'multi-factor authentication', 'device_code'],
  [50079, 'not registered for multi-factor authentication', 'https://aka.ms/mfasetup'],
  [70021, 'issuer, subject and audience', 'all three'],
  [700211, 'issuer', 'iss'],
  [700212, 'audience', 'api://AzureADTokenExchange'],
  [700213, 'subject', 'sub'],
  [7002138, 'upper and lower case', 'Waiting does not help'],
  [7002137, 'subject', 'copy the subject'],
  [5002738, 'signed in a way', 'RS256 or PS256'],
  [50032, 'shorter than 2048 bits', 'RSA key of 2048 bits'],
  [7000213, 'chain', 'without its issuers'],
  [70025, 'no federated credentials', 'Add one'],
  [700024, 'not valid at this time', 'clock'],
  [700027, 'not one of the app', 'Upload the public part'],
  [700223, 'switched off', 'switch'],
  [700238, 'policy', 'issuer'],
  [70052, 'multitenant', '--sign-in-audience AzureADMyOrg'],
  [50034, 'does not know the account', 'account of the tenant'],
  [50020, 'not a guest', 'Invite'],
  [50196, 'too often', 'Wait a minute'],
  [7000112, 'the app is disabled', 'Enable the enterprise application'],
  [900023, 'tenant id is not valid', 'GUID'],
  [900144, 'a part of the sign-in request is missing', 'proxy'],
  [7000216, 'no client credential', 'client_secret or certificate'],
  [7000218, 'not a public client', 'Allow public client flows'],
  [70003, 'no permission for this way', 'another auth_type'],
  [700022, 'more than one audience', 'token_audience'],
  [9001023, 'tenant of its own', 'common or consumers'],
  [900561, 'did not arrive as a POST', 'proxy'],
  [90015, 'too long', 'tenant_id and client_id'],
  [50027, 'not a well-formed token', 'JSON Web Token'],
  [90024, 'trouble', 'try again'],
  [90006, 'trouble', 'try again'],
  [90033, 'trouble', 'try again'],
  [90055, 'too many requests', 'try again'],
];

describe('the refusals of the sign-in service', () => {
  test.each(rows)('AADSTS%i says %j and tells to %j', (code, meaning, step) => {
    const { message, hint, upstream } = refused(code);
    expect(message).toContain(`AADSTS${code}, `);
    expect(message).toContain(meaning);
    expect(hint).toContain(step);
    expect(upstream).toMatchObject({ code: `AADSTS${code}`, requestId: 'trace' });
  });

  /** Codes of one and the same cause. */
  const families = [
    [900382, 900432],
    [70011, 1002012],
    [90033, 90024, 90006],
  ];

  test('two codes share a step only where they have one cause', () => {
    const byHint = new Map<string, number[]>();
    for (const [code, { hint }] of Object.entries(signInErrors)) {
      byHint.set(hint, [...(byHint.get(hint) ?? []), Number(code)]);
    }
    const shared = [...byHint.values()].filter((codes) => codes.length > 1);
    expect(shared.filter((codes) => !families.some((family) => codes.every((code) => family.includes(code))))).toEqual(
      [],
    );
  });

  test('two codes share a meaning only where they have one cause', () => {
    const meanings = Object.entries(signInErrors).map(([code, { meaning }]) => [meaning, Number(code)] as const);
    const twice = meanings.filter(([meaning, code]) =>
      meanings.some(
        ([other, otherCode]) =>
          other === meaning &&
          otherCode !== code &&
          !families.some((family) => family.includes(code) && family.includes(otherCode)),
      ),
    );
    expect(twice).toEqual([]);
  });

  test.each([90033, 90055, 50196])(
    'AADSTS%i with 429 or 503 can be sent again after the time that it names',
    (code) => {
      for (const [status, expected] of [
        [429, 'throttled'],
        [503, 'upstream_unavailable'],
      ] as const) {
        const failure = refused(code, { status, retryAfterMs: 7_000 });
        expect(failure).toMatchObject({ code: expected, retryable: true, retryAfterMs: 7_000 });
      }
    },
  );

  test.each(rows.filter(([code]) => ![50196, 90006, 90024, 90033, 90055].includes(code)))(
    'AADSTS%i is not sent again',
    (code) => {
      expect(refused(code)).toMatchObject({ code: 'unauthenticated', retryable: false });
    },
  );
});
