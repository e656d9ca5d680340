import { describe, expect, test } from 'vitest';
import { signInErrors } from '../../../src/core/auth/aadsts.ts';
import { toSignInError } from '../../../src/core/auth/sign-in-error.ts';
import type { AppError } from '../../../src/core/base/errors.ts';

// Each documented code of the token endpoint has a meaning and a next step of ours.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes

function refused(code: number, status: number, error: string): AppError {
  const description = `AADSTS${code}: Words of the service.`;
  return toSignInError(new Error('library'), {
    connection: 'contoso',
    authType: 'azure',
    log: {
      signal: new AbortController().signal,
      httpClient: { sendRequest: () => Promise.reject(new Error('Nothing is sent.')) },
      refusal: { status, error, codes: [code], description, traceId: undefined, retryAfterMs: undefined },
      failure: undefined,
      assertion: undefined,
    },
  });
}

describe('a refused sign-in', () => {
  test.each<[number, number, string, RegExp]>([
    [7000215, 401, 'invalid_client', /value of the client secret, not its id/],
    [7000222, 401, 'invalid_client', /new client secret/],
    [700016, 400, 'unauthorized_client', /tenant_id and client_id/],
    [7000112, 400, 'unauthorized_client', /Enable/],
    [90002, 400, 'invalid_request', /tenant_id/],
    [900023, 400, 'invalid_request', /GUID/],
    [900144, 400, 'invalid_request', /proxy/],
    [7000216, 401, 'invalid_client', /client_secret or certificate/],
    [7000218, 401, 'invalid_client', /public client/],
    [70003, 400, 'unsupported_grant_type', /another auth_type/],
    [70011, 400, 'invalid_scope', /token_audience/],
    [1002012, 400, 'invalid_scope', /token_audience/],
    [700022, 400, 'invalid_request', /token_audience/],
    [500011, 400, 'invalid_resource', /scopes/],
    [9001023, 400, 'invalid_request', /common or consumers/],
    [900561, 405, 'invalid_request', /proxy/],
    [90015, 400, 'invalid_request', /proxy/],
    [700027, 401, 'invalid_client', /Upload the public part/],
    [700024, 401, 'invalid_client', /clock/],
    [50027, 400, 'invalid_request', /JSON Web Token/],
    [70021, 400, 'invalid_request', /[Ff]ederated credential/],
    [700211, 401, 'invalid_client', /[Ff]ederated credential/],
    [700212, 401, 'invalid_client', /[Ff]ederated credential/],
    [700213, 401, 'invalid_client', /[Ff]ederated credential/],
    [7002138, 401, 'invalid_client', /[Ff]ederated credential/],
    [7002137, 401, 'invalid_client', /[Ff]ederated credential/],
    [70025, 401, 'invalid_client', /[Ff]ederated credential/],
    [70052, 401, 'invalid_client', /\w/],
    [5002738, 401, 'invalid_client', /RS256/],
    [90033, 503, 'temporarily_unavailable', /try again/],
    [90024, 503, 'temporarily_unavailable', /try again/],
    [90006, 503, 'server_error', /try again/],
    [90055, 503, 'server_error', /try again/],
    [50196, 400, 'invalid_grant', /[Ww]ait/],
  ])('AADSTS%i', (code, status, error, hint) => {
    expect(signInErrors[code]?.meaning).toMatch(/^[a-z].{10,}[^.]$/i);
    const shown = refused(code, status, error);
    expect(shown.message).toBe(
      `Microsoft Entra refused the sign-in of connection contoso: AADSTS${code}, ${signInErrors[code]?.meaning}.`,
    );
    expect(shown.hint).toMatch(hint);
    expect(shown.hint).not.toMatch(/\bmessage\b|upstream|\bdetails?\b/i);
    expect(shown).toMatchObject({ status, upstream: { code: `AADSTS${code}` } });
  });
});
