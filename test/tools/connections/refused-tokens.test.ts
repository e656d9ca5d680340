import type { HttpClient } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IssuerTrouble } from '../../support/oidc-issuer.ts';
import { testToken } from '../../support/test-token.ts';
import { audience, type FederatedTools, openFederatedTools, startProcess, subject } from './federated-tools.ts';

let tools: FederatedTools;

beforeEach(async () => {
  tools = await openFederatedTools();
});

afterEach(() => tools.close());

/** The app trusts nobody that it did not trust before, and the connection signs in as before. */
async function expectUnchanged(): Promise<void> {
  expect(await tools.show()).toMatchObject({ auth_type: 'azure', secrets: [{ kind: 'client_secret' }] });
  expect(await tools.show()).not.toHaveProperty('conversion');
  expect((await tools.credentials()).map(({ name }) => name)).toEqual(['github-main']);
  expect(await tools.stored()).toEqual(['client_secret']);
}

describe('a token that Entra refuses changes nothing', () => {
  const soon = Date.parse('2026-11-20T11:00:00Z') / 1000;

  test.each([
    ['not valid yet', { nbf: soon, exp: soon + 600 }, {}, '700024', 'It is valid from 2026-11-20T11:00:00.000Z'],
    ['a forged signature', {}, { forged: true }, '700027', '`key-1`'],
    ['an unknown key', {}, { kid: 'key-9' }, '7000272', 'key `key-9`'],
    ['no signature', {}, { alg: 'none' as const }, '5002738', '`none`'],
    ['a shared key', {}, { alg: 'HS256' as const }, '5002738', '`HS256`'],
    ['an elliptic curve', {}, { alg: 'ES256' as const }, '5002738', 'RS256'],
  ])('%s', async (_name, claims, how, code, hint) => {
    const token = await tools.writeToken(claims, how);
    const answer = await tools.convert();
    expect(answer.response.error).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('prod is not converted, and the federated credential was taken back.'),
      hint: expect.stringContaining(hint),
      upstream: { code: `AADSTS${code}` },
    });
    expect(answer.text).not.toContain(token);
    await expectUnchanged();
    await tools.writeToken();
    expect((await tools.convert()).response.success).toBe(true);
  });

  test.each<IssuerTrouble>(['status_500', 'html', 'other_issuer', 'no_jwks_uri'])(
    'an issuer with %s',
    async (trouble) => {
      await tools.writeToken();
      tools.issuer.breakWith(trouble);
      expect((await tools.convert()).response.error).toMatchObject({
        hint: expect.stringContaining(`${tools.issuer.issuer}/.well-known/openid-configuration`),
        upstream: { code: 'AADSTS50166' },
      });
      await expectUnchanged();
    },
  );

  test.each([
    ['app', { appid: '00000000-0000-0000-0000-0000000000aa' }],
    ['tenant', { tid: '00000000-0000-0000-0000-0000000000bb' }],
  ])('a sign-in as another %s', async (_what, claims) => {
    await tools.writeToken();
    const { tenantId, clientId } = tools.sandbox.credentials;
    const accessToken = testToken({ claims: { tid: tenantId, appid: clientId, ...claims } });
    const httpClient: HttpClient = {
      async sendRequest(request) {
        const response = await tools.sandbox.httpClient.sendRequest(request);
        const isFederated = String(request.body).includes('client_assertion');
        const body = { token_type: 'Bearer', expires_in: 3600, access_token: accessToken };
        return isFederated ? { ...response, bodyAsText: JSON.stringify(body) } : response;
      },
    };
    const process = await startProcess(tools, { httpClient });
    const input = { connection: 'prod', federated_token: { file: tools.tokenFile } };
    const answer = await process.call('convert_connection', input);
    expect(answer.response.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('instead of app'),
    });
    expect(answer.text).not.toContain(accessToken);
    await process.close();
    await expectUnchanged();
  });

  test('what cannot be taken back is said', async () => {
    await tools.writeToken({}, { forged: true });
    tools.sandbox.fault({ service: 'graph', match: 'DELETE *', status: 403, times: 20 });
    expect((await tools.convert()).response.error.message).toMatch(
      /credential tenantry-prod-\w+ could not be taken back/,
    );
    expect((await tools.show()).auth_type).toBe('azure');
  });
});

describe('after the conversion, a refused token is explained by what differs', () => {
  const explain = async (): Promise<{ token: string; way: string }> => {
    const { checks } = (await tools.call('validate_connection', { connection: 'prod' })).response.data;
    const line = (name: string) => checks.find(({ check }: { check: string }) => check === name);
    return { token: `${line('token.graph').detail} ${line('token.graph').hint}`, way: line('conversion')?.hint };
  };

  test.each([
    [
      'sub',
      { sub: 'repo:contoso/shop:pull_request' },
      'AADSTS700213',
      `subject \`repo:contoso/shop:pull_request\`, the connection was converted with \`${subject}\``,
    ],
    [
      'aud',
      { aud: 'api://other' },
      'AADSTS700212',
      `audience \`api://other\`, the connection was converted with \`${audience}\``,
    ],
    [
      'iss',
      { iss: 'http://127.0.0.1:9' },
      'AADSTS700211',
      'issuer `http://127.0.0.1:9`, the connection was converted with `http://127',
    ],
    ['exp', { exp: Date.parse('2026-11-20T09:00:00Z') / 1000 }, 'AADSTS700024', 'to 2026-11-20T09:00:00.000Z'],
  ])('%s', async (_claim, claims, code, text) => {
    await tools.writeToken();
    await tools.convert();
    await tools.writeToken(claims);
    const { token, way } = await explain();
    expect(token).toContain(code);
    expect(token).toContain(text);
    expect(way).toContain('convert_connection and revert: true');
  });

  test('without a way back where there is none, and only for the sign-in itself', async () => {
    await tools.writeToken();
    await tools.convert();
    tools.sandbox.fault({ service: 'login', match: 'POST *', status: 429, retry_after: 60 });
    const busy = await explain();
    expect(busy.token).toContain('the sign-in service has trouble');
    expect(busy.way).toBeUndefined();
    tools.sandbox.advance(8 * 86_400);
    await tools.writeToken({ sub: 'somebody' });
    expect((await explain()).way).toBeUndefined();
    expect((await tools.show()).conversion).not.toHaveProperty('revert_until');
  });

  test('an app whose credentials were deleted', async () => {
    await tools.writeToken();
    await tools.convert();
    const application = `/applications(appId='${tools.sandbox.credentials.clientId}')`;
    for (const { id } of await tools.credentials()) {
      const endpoint = `${application}/federatedIdentityCredentials/${id}`;
      await tools.call('graph_write', { requests: [{ method: 'DELETE', endpoint }] });
    }
    const { token } = await explain();
    expect(token).toContain('AADSTS70025');
    expect(token).toContain(`subject \`${subject}\``);
  });
});
