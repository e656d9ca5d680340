import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../../src/cli/program.ts';
import { stableId } from '../../src/cli/register/registration.ts';
import { temporaryFolder } from '../core/connections/support.ts';
import { testCall } from '../support/call.ts';
import { openSandboxGraph } from '../support/sandbox-graph.ts';

const tenant = '11111111-1111-4111-8111-111111111111';
const other = '99999999-9999-4999-8999-999999999999';
const clientId = '22222222-2222-4222-8222-222222222222';

async function register(home: string, ...args: readonly string[]) {
  let [script, said] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    script += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  onTestFinished(() => {
    stdout.mockRestore();
    stderr.mockRestore();
  });
  const code = await runProgram(['http', '--register', '--home', home, ...args]);
  stdout.mockRestore();
  stderr.mockRestore();
  return { code, script, said };
}

/** An `az` that notes its arguments, and answers where one is asked for an id. */
const stub = `#!/bin/bash
{ printf '%s\\x1f' "$@"; printf '\\x1e'; } >> "$AZ_LOG"
case "$*" in
  *'--query appId'*) echo ${clientId};;
  *'--query id'*) echo 33333333-3333-4333-8333-333333333333;;
  *'--query password'*) echo the-secret;;
esac
exit 0
`;

/** Runs a script with the stub, and returns the arguments of each call and what the script printed. */
function execute(script: string) {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  writeFileSync(join(folder, 'az'), stub, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env['PATH']}`, AZ_LOG: log };
  const printed = execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], { env, encoding: 'utf8' });
  const calls = readFileSync(log, 'utf8')
    .split('\x1e')
    .filter((line) => line !== '');
  return { printed, calls: calls.map((line) => line.split('\x1f').slice(0, -1)) };
}

const optionOf = (call: readonly string[], option: string) => call[call.indexOf(option) + 1] ?? '';
const patches = (calls: readonly string[][]) =>
  calls
    .filter((call) => optionOf(call, '--method') === 'PATCH')
    .map((call) => ({ url: optionOf(call, '--url'), body: JSON.parse(optionOf(call, '--body')) }));

test('the commands run in bash from the first to the last, and end with the section to paste', async () => {
  const { code, script } = await register(
    temporaryFolder(),
    '--public-url',
    'https://tenantry.contoso.example/',
    '--tenant',
    tenant,
  );
  expect(code).toBe(0);
  const { calls, printed } = execute(script);
  expect(
    calls.map((call) =>
      call
        .slice(
          0,
          call.findIndex((word) => word.startsWith('--')),
        )
        .join(' '),
    ),
  ).toEqual([
    'login',
    'ad app create',
    'ad app update',
    'rest',
    'rest',
    'ad sp show',
    'ad sp update',
    'ad app permission add',
    'ad app permission admin-consent',
    'ad app credential reset',
    'ad sp show',
    'rest',
  ]);
  expect(calls[1]).toContain('https://tenantry.contoso.example/sign-in/callback');
  expect(optionOf(calls[2] ?? [], '--identifier-uris')).toBe(`api://${clientId}`);
  expect(JSON.parse(optionOf(calls.at(-1) ?? [], '--body'))).toMatchObject({ appRoleId: stableId('Tenantry.Read') });
  expect(printed).not.toContain('the-secret');
  expect(parse(printed)).toEqual({
    http: {
      public_url: 'https://tenantry.contoso.example',
      sign_in: { tenants: [tenant], client_id: clientId, client_secret: { env: 'TENANTRY_SIGN_IN_SECRET' } },
    },
  });
  // The section is one that the server takes, and from then on no flag is needed.
  const home = temporaryFolder();
  writeFileSync(join(home, 'tenantry.yaml'), printed);
  const again = await register(home);
  expect(again).toMatchObject({ code: 0, said: '', script: expect.stringContaining(`APP_ID=${clientId}\n`) });
});

test('what is printed from a configuration is filled in from it, for every tenant', async () => {
  const home = temporaryFolder();
  const uri = 'https://tenantry.contoso.example/mcp';
  writeFileSync(
    join(home, 'tenantry.yaml'),
    `http:\n  public_url: https://tenantry.contoso.example\n  sign_in:\n    tenants: [${tenant}, ${other}]\n    client_id: ${clientId}\n    application_id_uri: ${uri}\n`,
  );
  const { code, script, said } = await register(home);
  expect(code, said).toBe(0);
  const { calls, printed } = execute(script);
  expect(script).toContain(`APP_ID=${clientId}\n`);
  expect(script).not.toContain('az ad app create');
  expect(calls[1]).toContain('AzureADMultipleOrgs');
  expect(optionOf(calls[2] ?? [], '--identifier-uris')).toBe(uri);
  expect(printed).toContain(`https://login.microsoftonline.com/${other}/adminconsent?client_id=${clientId}\n`);
  expect(printed).toContain(`application_id_uri: ${uri}\n`);
});

test('Graph takes the bodies, again with the same ids', async () => {
  const { script } = await register(
    temporaryFolder(),
    '--public-url',
    'https://tenantry.contoso.example',
    '--tenant',
    tenant,
  );
  const bodies = patches(execute(script).calls);
  expect(bodies).toHaveLength(2);
  const box = openSandboxGraph({ users: 5 });
  onTestFinished(() => box.close());
  const call = testCall();
  const made = await box.client.send(
    { method: 'POST', path: '/applications', body: { displayName: 'Tenantry', signInAudience: 'AzureADMyOrg' } },
    call,
  );
  const { appId } = made.body as { appId: string };
  const path = `/applications(appId='${appId}')`;
  for (const { url, body } of [...bodies, ...bodies]) {
    expect(url).toBe(`https://graph.microsoft.com/v1.0/applications(appId='${clientId}')`);
    expect(await box.client.send({ method: 'PATCH', path, body }, call)).toMatchObject({ status: 204 });
  }
  const { body: app } = await box.client.send({ method: 'GET', path }, call);
  const values = ['Tenantry.Read', 'Tenantry.Write', 'Tenantry.Manage'];
  const ids = values.map(stableId);
  expect(app).toMatchObject({
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: values.map((value) => ({ value, id: stableId(value), isEnabled: true })),
      preAuthorizedApplications: [{ delegatedPermissionIds: ids }, { delegatedPermissionIds: ids }],
    },
    appRoles: values.map((value) => ({ value, id: stableId(value), allowedMemberTypes: ['User', 'Application'] })),
    groupMembershipClaims: 'ApplicationGroup',
  });
  const principal = await box.client.send({ method: 'POST', path: '/servicePrincipals', body: { appId } }, call);
  const { id: resourceId } = principal.body as { id: string };
  const groups = await box.client.send({ method: 'GET', path: '/groups?$top=1' }, call);
  const [group] = (groups.body as { value: { id: string }[] }).value;
  const assigned = { principalId: group?.id, resourceId, appRoleId: stableId('Tenantry.Read') };
  const answer = await box.client.send(
    { method: 'POST', path: `/servicePrincipals/${resourceId}/appRoleAssignedTo`, body: assigned },
    call,
  );
  expect(answer.status).toBe(201);
});

test('a scope and a role of one value have one id and the same texts, as Entra wants it', async () => {
  const { script } = await register(
    temporaryFolder(),
    '--public-url',
    'https://tenantry.contoso.example',
    '--tenant',
    tenant,
  );
  const [{ body } = { body: {} }] = patches(execute(script).calls);
  const scopes = body.api.oauth2PermissionScopes as Record<string, unknown>[];
  const of = scopes.map((one) => [
    one['id'],
    one['value'],
    one['adminConsentDisplayName'],
    one['adminConsentDescription'],
    one['isEnabled'],
  ]);
  const roles = body.appRoles as Record<string, unknown>[];
  expect(of).toEqual(
    roles.map((one) => [one['id'], one['value'], one['displayName'], one['description'], one['isEnabled']]),
  );
});

test('ids are those of RFC 9562 for a name', () => {
  const ids = ['Tenantry.Read', 'Tenantry.Write', 'Tenantry.Manage'].map(stableId);
  expect(new Set(ids).size).toBe(3);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test.each([
  ['no address', ['--tenant', tenant], '--public-url'],
  [
    'an address without encryption',
    ['--public-url', 'http://tenantry.contoso.example', '--tenant', tenant],
    'is not such an address',
  ],
  ['an address that is a command', ['--public-url', 'https://a.example/$(id)', '--tenant', tenant], '--public-url'],
  ['an address with a query', ['--public-url', 'https://a.example/?a=b', '--tenant', tenant], '--public-url'],
  ['neither', [], 'and the tenant'],
  ['no tenant', ['--public-url', 'https://a.example'], 'tenant'],
  ['a tenant that is a command', ['--public-url', 'https://a.example', '--tenant', '$(id)'], 'tenant'],
])('%s is refused with an example', async (_what, args, words) => {
  const { code, script, said } = await register(temporaryFolder(), ...args);
  expect(code).toBe(2);
  expect(script).toBe('');
  expect(said).toContain(words);
  expect(said).toContain('tenantry http --register');
});

test.each([
  ['--public-url', 'https://a.example'],
  ['--tenant', tenant],
])('%s without --register starts no server', async (...flag) => {
  let said = '';
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  onTestFinished(() => stderr.mockRestore());
  expect(await runProgram(['http', '--home', temporaryFolder(), '--port', '0', ...flag])).toBe(2);
  expect(said).toContain(`${flag[0]} goes with --register`);
});
