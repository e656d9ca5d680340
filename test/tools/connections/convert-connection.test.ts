import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../support/sandbox-tools.ts';
import {
  audience,
  createReady,
  type FederatedTools,
  openFederatedTools,
  startProcess,
  subject,
} from './federated-tools.ts';

let tools: FederatedTools;

beforeEach(async () => {
  tools = await openFederatedTools();
});

afterEach(() => tools.close());

const gitHub = 'https://token.actions.githubusercontent.com';

/** Without what differs from run to run. */
function stable({ response, meta }: Answer): unknown {
  const text = JSON.stringify({ response, meta });
  return JSON.parse(
    text
      .replaceAll(tools.issuer.issuer, 'http://issuer')
      .replaceAll(/tenantry-prod-[0-9a-f]{16}/g, 'tenantry-prod-…')
      .replaceAll(/"fingerprint":"[0-9a-f]{8}"/g, '"fingerprint":"…"'),
  );
}

/** The app trusts nobody that it did not trust before, and the connection signs in as before. */
async function expectUnchanged(): Promise<void> {
  expect(await tools.show()).toMatchObject({ auth_type: 'azure', secrets: [{ kind: 'client_secret' }] });
  expect(await tools.show()).not.toHaveProperty('conversion');
  expect((await tools.credentials()).map(({ name }) => name)).toEqual(['github-main']);
  expect(await tools.stored()).toEqual(['client_secret']);
}

describe('a connection with a secret', () => {
  test('is federated once a token of the issuer works, and shows its way back', async () => {
    await tools.writeToken();
    expect(stable(await tools.convert())).toMatchInlineSnapshot(`
      {
        "meta": {
          "notes": [
            "Taken from the federated token: issuer \`http://issuer\`, subject \`repo:contoso/shop:ref:refs/heads/main\`.",
          ],
        },
        "response": {
          "data": {
            "changes": [
              "added the federated credential \`tenantry-prod-…\` to the app 5a11d0c5-7e4a-4c0d-8b0a-a99000000001: \`repo:contoso/shop:ref:refs/heads/main\` of \`http://issuer\`",
              "switched prod from azure to workload_identity",
            ],
            "connection": {
              "access": "read_write",
              "auth_type": "workload_identity",
              "cloud": "sandbox",
              "conversion": {
                "auth_type": "azure",
                "converted_at": "2026-11-20T10:00:00.000Z",
                "federated_credential": {
                  "audience": "api://AzureADTokenExchange",
                  "issuer": "http://issuer",
                  "name": "tenantry-prod-…",
                  "subject": "repo:contoso/shop:ref:refs/heads/main",
                },
                "revert_until": "2026-11-27T10:00:00.000Z",
                "secrets": [
                  {
                    "age_days": 0,
                    "fingerprint": "…",
                    "kind": "client_secret",
                    "source": "inline",
                    "stored_at": "2026-11-20T10:00:00.000Z",
                  },
                ],
                "way_back": "open",
              },
              "health": "unknown",
              "name": "prod",
              "next_step": "Call validate_connection for "prod".",
              "scopes": [
                "directory",
              ],
              "status": "ready",
              "tenant_id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
            },
          },
          "status": 200,
          "success": true,
        },
      }
    `);
    expect(await tools.credentials()).toMatchObject([
      { name: 'github-main' },
      {
        name: expect.stringMatching(/^tenantry-prod-[0-9a-f]{16}$/),
        issuer: tools.issuer.issuer,
        subject,
        audiences: [audience],
      },
    ]);
    expect(await tools.stored()).toEqual(['client_secret']);
    expect(await tools.passwords()).toHaveLength(1);
  });

  test('works afterwards with every token of the file, and no secret is sent', async () => {
    await tools.writeToken();
    await tools.convert();
    tools.sandbox.advance(2 * 3600);
    await tools.writeToken();
    tools.forget();
    expect((await tools.call('validate_connection', { connection: 'prod' })).response.data.health).toBe('healthy');
    const shown = await tools.call('list_connections', { name: 'prod' });
    expect(shown.response.data.value).toMatchObject([{ conversion: { way_back: 'open' } }]);
    const bodies = tools
      .seen()
      .filter(({ service }) => service === 'login')
      .map(({ body }) => JSON.stringify(body));
    expect(bodies.some((body) => body?.includes('client_assertion'))).toBe(true);
    expect(bodies.some((body) => body?.includes('client_secret'))).toBe(false);
  });

  test('takes given values that are those of the token', async () => {
    await tools.writeToken({ aud: ['somebody', 'api://mine'] });
    const answer = await tools.convert({ issuer: tools.issuer.issuer, subject, audience: 'api://mine' });
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes).toBeUndefined();
    expect((await tools.show()).conversion.federated_credential.audience).toBe('api://mine');
  });

  test('has to be validated again', async () => {
    const validated = await tools.call('validate_connection', { connection: 'prod' });
    expect(validated.response.data.health).toBe('healthy');
    await tools.writeToken();
    await tools.convert();
    expect(await tools.show()).toMatchObject({ health: 'unknown', next_step: expect.stringContaining('validate') });
    expect(await tools.show()).not.toHaveProperty('checks');
  });

  test('takes what the token says even where it looks odd, and says so', async () => {
    await tools.writeToken({ sub: 'system:serviceaccount:Prod:Deployer' });
    const answer = await tools.convert();
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toContain('not one that Kubernetes puts into the token');
  });

  test('keeps the secret that it signs in with, not the one before', async () => {
    const { clientSecret } = tools.sandbox.credentials;
    await tools.call('complete_connection', { connection: 'prod', client_secret: 'never-validated' });
    await tools.call('complete_connection', { connection: 'prod', client_secret: clientSecret });
    expect(await tools.stored()).toEqual(['client_secret', 'client_secret']);
    await tools.writeToken();
    await tools.convert();
    expect(await tools.stored()).toEqual(['client_secret']);
    expect((await tools.show()).secrets).toHaveLength(1);
    expect((await tools.call('convert_connection', { connection: 'prod', revert: true })).response.success).toBe(true);
  });

  test('takes a literal token, which is stored and noted', async () => {
    const answer = await tools.convert({ federated_token: await tools.issuer.sign() });
    expect(answer.response.success).toBe(true);
    expect(answer.meta.notes.join()).toMatch(/passed through the model.*ends at 2026-11-20T10:10:00.000Z/);
    expect(await tools.stored()).toEqual(['client_secret', 'federated_token']);
  });

  test('finds a credential that exists already, whatever its name, and leaves it there on the way back', async () => {
    await tools.writeToken();
    const credential = { name: 'by-hand', issuer: tools.issuer.issuer, subject, audiences: [audience] };
    const endpoint = `/applications(appId='${tools.sandbox.credentials.clientId}')/federatedIdentityCredentials`;
    await tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body: credential }] });
    expect((await tools.convert()).response.data.changes).toEqual(['switched prod from azure to workload_identity']);
    expect((await tools.show()).conversion.federated_credential.name).toBe('by-hand');
    const back = await tools.convert({ federated_token: undefined, revert: true });
    expect(back.meta.notes).toEqual(['The federated credential of the app existed before the conversion and stays.']);
    expect(await tools.credentials()).toHaveLength(2);
  });

  test('is not converted by a credential with another audience', async () => {
    await tools.writeToken();
    const credential = { name: 'by-hand', issuer: tools.issuer.issuer, subject, audiences: ['api://other'] };
    const endpoint = `/applications(appId='${tools.sandbox.credentials.clientId}')/federatedIdentityCredentials`;
    await tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body: credential }] });
    const { error } = (await tools.convert()).response;
    expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('api://other') });
    expect((await tools.show()).auth_type).toBe('azure');
  });

  test('is converted once: a repeat changes nothing, other values are refused', async () => {
    await tools.writeToken();
    await tools.convert();
    const before = await tools.show();
    const again = await tools.convert({ issuer: tools.issuer.issuer });
    expect(again.response).toMatchObject({ success: true, data: { changes: [] } });
    expect(await tools.show()).toEqual(before);
    const other = await tools.convert({ subject: 'somebody' });
    expect(other.response.error).toMatchObject({
      code: 'conflict',
      message: `prod is federated with the subject \`${subject}\`, not \`somebody\`.`,
    });
    expect(await tools.credentials()).toHaveLength(2);
  });
});

describe('before any request', () => {
  const refused = async (input: Readonly<Record<string, unknown>>) => {
    tools.forget();
    const answer = await tools.convert(input);
    expect(tools.seen().filter(({ url }) => !url.includes('/.well-known/'))).toEqual([]);
    expect(answer.response.success).toBe(false);
    return answer.response.error;
  };

  test.each([
    ['issuer', { issuer: 'https://issuer.example' }, 'issuer `http://127'],
    ['slash', { issuer: 'slash' }, 'the slash at the end counts'],
    [
      'subject',
      { subject: 'repo:contoso/shop:pull_request' },
      `subject \`${subject}\` instead of \`repo:contoso/shop:pull_request\``,
    ],
    ['case', { subject: subject.toUpperCase() }, 'upper and lower case count'],
    ['audience', { audience: 'api://other' }, `audience \`${audience}\` instead of \`api://other\``],
  ])('a token with another %s is refused with both values', async (_name, input, text) => {
    await tools.writeToken();
    const given = 'issuer' in input && input.issuer === 'slash' ? { issuer: `${tools.issuer.issuer}/` } : input;
    expect(await refused(given)).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(text) });
    await expectUnchanged();
  });

  test('all differences are told at once', async () => {
    await tools.writeToken();
    const error = await refused({ issuer: 'https://issuer.example', subject: 'a', audience: 'b' });
    expect(error.detail.differences.map(({ field }: { field: string }) => field)).toEqual([
      'issuer',
      'subject',
      'audience',
    ]);
  });

  test.each([
    [{ exp: 1 }, 'ended at 1970-01-01T00:00:01.000Z'],
    [{ exp: -1e300 }, 'does not say when it ends'],
    [{ exp: 1e300 }, 'does not say when it ends'],
    [{ exp: 'soon' }, 'does not say when it ends'],
    [{ exp: undefined }, 'does not say when it ends'],
    [{ iss: undefined }, 'has no iss'],
    [{ sub: undefined }, 'has no sub'],
    [{ aud: undefined }, 'has no aud'],
    [{ aud: 'https://graph.microsoft.com' }, `instead of \`${audience}\``],
    [{ iss: 'http://issuer.example' }, 'http address'],
    [{ sub: 'repo:contoso/*' }, 'wildcard'],
  ])('a token with %j is refused', async (claims, text) => {
    await tools.writeToken(claims);
    const error = await refused({});
    expect(error.code).toBe('invalid_argument');
    expect(error.message).toContain(text);
    await expectUnchanged();
  });

  test.each(['', 'opaque', 'a.b.c', 'two words', 'e30.bm8.x'])('the file content %j is refused', async (content) => {
    await writeFile(tools.tokenFile, content);
    expect(await refused({})).toMatchObject({ code: content === '' ? 'refused' : 'invalid_argument' });
  });

  test.each([
    [{ issuer: gitHub, subject: 'repo:contoso/shop:refs/heads/main' }, 'repo:contoso/shop:ref:refs/heads/main,'],
    [{ issuer: `${gitHub}/`, subject }, gitHub],
    [{ issuer: 'http://issuer.example', subject: 'a' }, 'https://issuer.example'],
    [{ issuer: 'https://issuer.example', subject: 'a ' }, 'sub claim'],
    [{ revert: true }, 'revert: true alone'],
    [{ federated_token: { previous: true } }, '{"file": "name"}'],
    [{ federated_token: { vault: 'https://v.example' } }, '{"secret":"name"}'],
    [{ federated_token: { env: 'NOT_SET' } }, 'Ask the person'],
    [{ federated_token: { file: 'nothing' } }, 'Ask the person'],
    [{ isuer: 'x' }, 'issuer'],
    [{ issuer: 5 }, ''],
  ])('%j is refused with the next step', async (input, hint) => {
    await tools.writeToken();
    const error = await refused(input);
    expect(error.hint).toContain(hint);
  });

  test('without a token there is no conversion, and the hint says where tokens come from', async () => {
    expect(await refused({ federated_token: undefined })).toMatchObject({
      code: 'configuration',
      hint: expect.stringContaining('AZURE_FEDERATED_TOKEN_FILE'),
    });
  });

  test('the token of the platform is taken where there is one', async () => {
    await tools.writeToken();
    const pod = await startProcess(tools, { variables: { AZURE_FEDERATED_TOKEN_FILE: tools.tokenFile } });
    const answer = await pod.call('convert_connection', { connection: 'prod' });
    expect(answer.response).toMatchObject({ success: true, data: { connection: { auth_type: 'workload_identity' } } });
    expect((await pod.call('validate_connection', { connection: 'prod' })).response.data.health).toBe('healthy');
    await pod.close();
  });

  test('a token of the platform that has ended is refused', async () => {
    await tools.writeToken({ exp: 1 });
    const pod = await startProcess(tools, { variables: { AZURE_FEDERATED_TOKEN_FILE: tools.tokenFile } });
    const { error } = (await pod.call('convert_connection', { connection: 'prod' })).response;
    expect(error.message).toContain('ended at 1970-01-01T00:00:01.000Z');
    await pod.close();
  });
});

describe('connections that cannot be converted', () => {
  test.each(['managed_identity', 'azure_cli', 'bearer', 'device_code', 'default'])('%s', async (authType) => {
    const { tenantId, clientId } = tools.sandbox.credentials;
    const identity = authType === 'device_code' ? { tenant_id: tenantId, client_id: clientId } : {};
    const secret = authType === 'bearer' ? { token: 'opaque' } : {};
    await createReady(tools, 'other', { ...identity, ...secret }, { auth_type: authType });
    await tools.writeToken();
    tools.forget();
    expect((await tools.convert({ connection: 'other' })).response.error).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('azure or certificate'),
    });
    expect(tools.seen()).toEqual([]);
  });

  test('one that is declared, one that only reads, one without identity, one that is not there', async () => {
    await tools.writeToken();
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    const completion = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
    await createReady(tools, 'reader', completion, { access: 'read_only' });
    await tools.call('create_connection', { name: 'empty', cloud: 'sandbox', access: 'read_write' });
    const errorOf = async (connection: string) => (await tools.convert({ connection })).response.error;
    expect(await errorOf('sandbox')).toMatchObject({ code: 'refused', hint: expect.stringContaining('tenantry.yaml') });
    expect(await errorOf('reader')).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('admin_connection'),
    });
    expect(await errorOf('empty')).toMatchObject({ code: 'configuration' });
    expect(await errorOf('nowhere')).toMatchObject({ code: 'not_found' });
  });

  test('one that was made for federation has nothing to revert and no secret to remove', async () => {
    const { tenantId, clientId } = tools.sandbox.credentials;
    const completion = { tenant_id: tenantId, client_id: clientId };
    await createReady(tools, 'fed', completion, { auth_type: 'workload_identity' });
    const plain = { connection: 'fed', federated_token: undefined };
    expect((await tools.convert({ ...plain, revert: true })).response.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('nothing to revert'),
    });
    expect((await tools.convert({ ...plain, remove_secret: true })).response.error).toMatchObject({ code: 'refused' });
    expect((await tools.convert(plain)).response).toMatchObject({ success: true, data: { changes: [] } });
  });

  test('nothing is converted in read-only mode', async () => {
    const process = await startProcess(tools, { readOnly: true });
    expect((await process.call('convert_connection', { connection: 'prod', revert: true })).response.error.code).toBe(
      'refused',
    );
    await process.close();
  });
});
