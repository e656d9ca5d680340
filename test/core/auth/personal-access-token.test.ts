import { describe, expect, test } from 'vitest';
import { basicCredentials, isPersonalAccessToken } from '../../../src/core/auth/token-claims.ts';
import { tokenAudience } from '../../../src/core/base/clouds.ts';
import { createKnownSecrets, createRedactor } from '../../../src/core/secrets/secret.ts';
import { testToken } from '../../support/test-token.ts';
import { failureOf, testRecord } from '../connections/support.ts';
import { labCloud, setUp } from './support.ts';

const olderPat = 'a2b3c4d5'.repeat(6).concat('abcd');
const newerPat = `${'Ab1'.repeat(25)}xAZDO4zzz`;
const devops = tokenAudience(labCloud, 'devops');

describe('a token is a personal access token', () => {
  const isPat = (token: string, record = {}) =>
    isPersonalAccessToken(token, testRecord({ auth_type: 'bearer', identity: {}, ...record }));

  test('by its form, whatever the connection is for', () => {
    expect([olderPat, newerPat].map((token) => isPat(token))).toEqual([true, true]);
  });

  test('never by what the connection is for: an opaque token of another form is none', () => {
    for (const token of ['opaque', olderPat.slice(1), `${olderPat}a`, olderPat.toUpperCase(), newerPat.slice(1)]) {
      expect(isPat(token)).toBe(false);
      expect(isPat(token, { scopes: ['devops'] })).toBe(false);
      expect(isPat(token, { identity: { organization: 'contoso' } })).toBe(false);
    }
  });

  test('never when it says what it is for, or when the connection signs in itself', () => {
    expect(isPat(testToken({ audience: devops }), { scopes: ['devops'] })).toBe(false);
    expect(isPat(olderPat, { auth_type: 'azure', scopes: ['devops'] })).toBe(false);
  });
});

describe('a bearer connection with a personal access token', () => {
  const open = (token: string, scopes: readonly ('directory' | 'devops')[] = ['devops']) =>
    setUp({ auth_type: 'bearer', secrets: { token }, record: { identity: {}, scopes } }).source;

  test.each([olderPat, newerPat, 'opaque'])('gives it to Azure DevOps: %s', async (token) => {
    expect((await open(token).getToken({ audience: devops })).token).toBe(token);
  });

  test.each([labCloud.graph, labCloud.resourceManager, 'https://storage.azure.com'])(
    'keeps it from %s',
    async (audience) => {
      for (const [token, scopes] of [
        [olderPat, ['directory']],
        [newerPat, ['directory']],
        [newerPat, ['directory', 'devops']],
      ] as const) {
        const error = await failureOf(open(token, scopes).getToken({ audience }));
        expect(error).toMatchObject({ code: 'configuration', hint: expect.stringContaining('another connection') });
        expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain(token);
      }
    },
  );
});

test.each(['devops', 'directory', 'resources'] as const)(
  'an opaque token of another form goes where the connection (%s) sends it, as it is',
  async (scope) => {
    const record = { identity: { organization: 'contoso' }, scopes: [scope] };
    const { source } = setUp({ auth_type: 'bearer', secrets: { token: 'EwB4-opaque' }, record });
    for (const audience of [devops, labCloud.graph, labCloud.resourceManager]) {
      expect((await source.getToken({ audience })).token).toBe('EwB4-opaque');
    }
  },
);

test('a token for Azure DevOps is not sent elsewhere, nor any other to Azure DevOps', async () => {
  const open = (audience: string) =>
    setUp({ auth_type: 'bearer', secrets: { token: testToken({ audience }) }, record: { identity: {} } }).source;
  const graphApplication = '00000003-0000-0000-c000-000000000000';
  expect((await open(devops).getToken({ audience: devops })).token).toMatch(/^eyJ/);
  expect((await open(graphApplication).getToken({ audience: labCloud.graph })).token).toMatch(/^eyJ/);
  for (const [audience, wanted] of [
    [devops, labCloud.graph],
    [graphApplication, devops],
    [labCloud.graph, devops],
  ] as const) {
    expect(await failureOf(open(audience).getToken({ audience: wanted }))).toMatchObject({ code: 'configuration' });
  }
});

test('the form that goes over the wire is masked in answers and logs', () => {
  const secrets = createKnownSecrets();
  const redactor = createRedactor();
  const text = basicCredentials('opaque');
  secrets.add(text);
  redactor.register(text);
  expect(secrets.maskJson(JSON.stringify({ said: `x ${text} y` }))).toBe('{"said":"x [redacted] y"}');
  expect(redactor.text(`x ${text} y`)).toBe('x [redacted] y');
});
