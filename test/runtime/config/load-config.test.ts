import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  absentAddress,
  dataPlaneAudience,
  dataPlanes,
  tokenAudience,
  tokenServices,
} from '../../../src/core/base/clouds.ts';
import { environmentVariables } from '../../../src/core/base/environment.ts';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import { defaultSecretRules } from '../../../src/runtime/config/config.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { errorOf, load } from './write-config.ts';

const guids = {
  tenant: '00000000-0000-0000-0000-000000000000',
  client: '00000000-0000-0000-0000-000000000002',
};

const full = `clouds:
  lab:
    login: https://login.lab.example
    graph: https://graph.lab.example
    resource_manager: https://management.lab.example
    devops: https://dev.lab.example
    data_plane: { storage: "https://{account}.blob.lab.example" }
    token_audience: { resource_manager: https://management.core.example }
connections:
  - name: prod_azure
    provider: azure
    scopes: [directory, resources, storage, database, broker]
    auth_type: azure
    tenant_id: ${guids.tenant}
    subscription_id: 00000000-0000-0000-0000-000000000001
    client_id: ${guids.client}
    client_secret: { env: PROD_AZURE_SECRET }
    access: read_write
    settings: { max_concurrent_requests: 8, retry: { max_attempts: 6 } }
`;

test('without a file there are the built-in clouds and defaults, and nothing is created', async () => {
  const { config, error } = await load(undefined);
  expect(error).toBeUndefined();
  expect([...config.clouds.keys()]).toEqual(['public', 'usgov', 'usdod', 'china']);
  expect(config).toMatchObject({
    connections: [],
    secrets: defaultSecretRules,
    policy: defaultPolicy,
    readOnly: false,
    logLevel: 'info',
    vault: 'local',
  });
  expect(existsSync(config.home)).toBe(false);
});

test('a declared connection says with whom it is shared; by default with nobody', async () => {
  const { config, error } = await load(`connections:
  - name: own
    auth_type: azure_cli
  - name: shared
    auth_type: azure_cli
    shared_with:
      - { everyone: true, access: read }
      - { group: ${guids.tenant.toUpperCase()}, access: write }
`);
  expect(error).toBeUndefined();
  const [own, shared] = config.connections;
  expect(own).not.toHaveProperty('shared_with');
  expect(shared?.shared_with).toEqual([
    { everyone: true, access: 'read' },
    { group: guids.tenant, access: 'write' },
  ]);
});

test('a cloud names its own audiences, also those of its data planes', async () => {
  const { config, error } = await load(`clouds:
  stack:
    login: https://login.stack.example
    graph: https://graph.stack.example
    resource_manager: https://management.stack.example
    token_audience: { resource_manager: https://management.core.stack.example, storage: https://storage.stack.example }
`);
  expect(error).toBeUndefined();
  const stack = config.clouds.get('stack');
  expect(stack && tokenAudience(stack, 'resource_manager')).toBe('https://management.core.stack.example');
  expect(stack && dataPlaneAudience(stack, 'storage')).toBe('https://storage.stack.example');
  expect(stack && dataPlaneAudience(stack, 'servicebus')).toBe('https://servicebus.azure.net');
});

test('every service and every data plane can have an audience of its own', async () => {
  const names = [...tokenServices, ...dataPlanes];
  const { config, error } = await load(`clouds:
  stack:
    login: https://login.stack.example
    graph: https://graph.stack.example
    resource_manager: https://management.stack.example
    token_audience: { ${names.map((name) => `${name}: https://${name.replace('_', '-')}.audience.example`).join(', ')} }
`);
  expect(error).toBeUndefined();
  const stack = config.clouds.get('stack');
  const found = names.map((name) => stack?.audiences?.[name]);
  expect(found).toEqual(names.map((name) => `https://${name.replace('_', '-')}.audience.example`));
  expect(stack && tokenServices.map((service) => tokenAudience(stack, service))).toEqual(
    found.slice(0, tokenServices.length),
  );
  expect(stack && dataPlanes.map((plane) => dataPlaneAudience(stack, plane))).toEqual(
    found.slice(tokenServices.length),
  );
});

test('an address that a cloud may do without leads nowhere, and every other one is asked for', async () => {
  const { config } = await load(`clouds:
  stack: { login: "https://login.stack.example", graph: "https://graph.stack.example/", resource_manager: "https://management.stack.example" }
`);
  expect(config.clouds.get('stack')).toMatchObject({
    graph: 'https://graph.stack.example',
    devops: absentAddress('devops'),
  });
  expect(
    await errorOf('clouds:\n  stack: { login: "https://login.stack.example", graph: "https://g.example" }\n'),
  ).toContain('clouds.stack.resource_manager');
});

test('max_result_bytes bounds the text of an answer, and is 24,000 without a word', async () => {
  expect((await load(undefined)).config.maxResultBytes).toBe(24_000);
  expect((await load('max_result_bytes: 12000\n')).config.maxResultBytes).toBe(12_000);
  expect(await errorOf('max_result_bytes: 10\n')).toContain('max_result_bytes');
});

test('stored_results bounds what is kept of lists, one and all together', async () => {
  const mebibyte = 1024 * 1024;
  const kept = { mostBytes: 64 * mebibyte, mostBytesTogether: 512 * mebibyte };
  expect((await load(undefined)).config.storedResults).toMatchObject(kept);
  expect((await load('max_result_bytes: 12000\n')).config.storedResults).toMatchObject(kept);
  const { config } = await load('stored_results: { max_mb: 2, max_total_mb: 6 }\n');
  expect(config.storedResults).toMatchObject({ mostBytes: 2 * mebibyte, mostBytesTogether: 6 * mebibyte });
  expect(await errorOf('stored_results: { max_mb: 9, max_total_mb: 6 }\n')).toContain('max_total_mb');
});

test('exports bounds what save_as writes, and zero switches it off', async () => {
  const mebibyte = 1024 * 1024;
  const usual = { mostBytes: 1_024 * mebibyte, mostBytesTogether: 10_240 * mebibyte };
  expect((await load(undefined)).config.exports).toEqual(usual);
  expect((await load('max_result_bytes: 12000\n')).config.exports).toEqual(usual);
  const { config } = await load('exports: { max_mb: 0, max_total_mb: 6 }\n');
  expect(config.exports).toEqual({ mostBytes: 0, mostBytesTogether: 6 * mebibyte });
  expect(await errorOf('exports: { max_mb: 9, max_total_mb: 6 }\n')).toContain('max_total_mb');
});

test('a full file becomes clouds and declared connections', async () => {
  const { config, error } = await load(full);
  expect(error).toBeUndefined();
  const lab = config.clouds.get('lab');
  expect(lab).toMatchObject({
    name: 'lab',
    devops: 'https://dev.lab.example',
    dataPlane: { storage: 'https://{account}.blob.lab.example' },
  });
  expect(lab && tokenAudience(lab, 'resource_manager')).toBe('https://management.core.example');
  expect(lab && tokenAudience(lab, 'graph')).toBe('https://graph.lab.example');
  expect(lab && tokenAudience(lab, 'devops')).toBe('499b84ac-1321-427f-aa17-267ca6975798');
  expect(config.connections).toEqual([
    {
      name: 'prod_azure',
      provider: 'azure',
      scopes: ['directory', 'resources', 'storage', 'database', 'broker'],
      cloud: 'public',
      access: 'read_write',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: { max_concurrent_requests: 8, retry: { max_attempts: 6 } },
      identity: {
        tenant_id: guids.tenant,
        client_id: guids.client,
        subscription_id: '00000000-0000-0000-0000-000000000001',
      },
      secrets: { client_secret: { env: 'PROD_AZURE_SECRET' } },
    },
  ]);
});

test('an unknown key names its line, the nearest valid key and all valid keys', async () => {
  const text = await errorOf(full.replace('    access: read_write', '    acess: read_write'));
  expect(text).toContain('line 18');
  expect(text).toContain('unknown key "acess" in connections[1]. Did you mean access?');
  expect(text).toContain('client_secret');
  expect(await errorOf('conections: []\n')).toContain(
    'line 1, column 1: unknown key "conections". Did you mean connections?',
  );
  expect(await errorOf(full.replace('max_attempts', 'max_atempts'))).toContain('Did you mean max_attempts?');
});

test('a wrong value names its place and line', async () => {
  expect(await errorOf(full.replace('auth_type: azure', 'auth_type: password'))).toMatch(
    /line 13, column 5: connections\[1\]\.auth_type/,
  );
  expect(await errorOf(full.replace(guids.tenant, 'common'))).toContain('tenant id');
});

test('broken YAML names the line and quotes nothing', async () => {
  const text = await errorOf('connections:\n  - name: "MARKED\n');
  expect(text).toContain('not valid YAML');
  expect(text).not.toContain('MARKED');
  expect(await errorOf('secrets: { inline: true }\nsecrets: { inline: false }\n')).toContain('line 2');
});

test('a literal secret is refused and not repeated', async () => {
  const text = await errorOf(full.replace('{ env: PROD_AZURE_SECRET }', 'MARKED-SECRET'));
  expect(text).toContain('{ env: NAME }');
  expect(text).not.toContain('MARKED-SECRET');
});

test.each([
  ['http on another host', 'https://login.lab.example', 'http://login.lab.example', false],
  ['http on loopback', 'https://login.lab.example', 'http://127.0.0.1:8080', true],
  ['http on IPv6 loopback', 'https://login.lab.example', 'http://[::1]:8080', true],
  ['a host that only begins like loopback', 'https://login.lab.example', 'http://127.0.0.1.evil.example', false],
  ['a user in the address', 'https://login.lab.example', 'https://a:b@login.lab.example', false],
  ['another protocol', 'https://login.lab.example', 'ftp://login.lab.example', false],
])('clouds: %s', async (_name, from, to, accepted) => {
  const { error } = await load(full.replace(from, to));
  expect(error === undefined).toBe(accepted);
});

test('what tenantry sandbox prints can be put into the file as it is', async () => {
  const addresses =
    'login: http://127.0.0.1:1, graph: http://127.0.0.1:1/graph, resource_manager: http://127.0.0.1:1/arm';
  const { config, error } = await load(`clouds: { sandbox: { ${addresses} } }`);
  expect(error).toBeUndefined();
  expect(config.clouds.get('sandbox')?.graph).toBe('http://127.0.0.1:1/graph');
});

test.each([
  ['hello', 'the file: use keys with values'],
  ['clouds: 3', 'clouds: use keys with values'],
  ['clouds: { LAB: {} }', 'clouds.LAB: use a name of a-z'],
  ['connections: [{ tenant_id: x }]', 'connections[1].name: it is missing'],
  ['connections: [{ name: prod!azure }]', 'letter or digit; the character "!" at position 5 is not allowed'],
  ['connections: [{ name: abc, tenant_id: 1 }]', 'connections[1].tenant_id: use text, in quotes'],
  ['connections: [{ name: abc, shared_with: [{ everyone: true }] }]', 'connections[1].shared_with[1].access'],
  [
    'connections: [{ name: abc, shared_with: [{ user: ada@contoso.example, access: read }] }]',
    'connections[1].shared_with[1].user: use an object id (a GUID)',
  ],
  [
    'connections: [{ name: abc, shared_with: [{ access: read }] }]',
    'connections[1].shared_with[1]: name exactly one of everyone: true, group and user',
  ],
  ['connections: [{ name: abc, access: rw }]', 'access: use "read_only" or "read_write"'],
  ['connections: [{ name: abc, scopes: [] }]', 'connections[1].scopes: it is empty'],
  ['max_result_bytes: 1', 'max_result_bytes: use at least 2000'],
  ['max_result_bytes: 2500.5', 'max_result_bytes: use a whole number'],
])('%s is answered in plain words', async (yaml, words) => {
  expect(await errorOf(yaml)).toContain(words);
});

test.each(['/dev/zero', '/'])('what is no file is not read: %s', async (config) => {
  const { error } = await load(undefined, {}, { config });
  expect(error?.message).toMatch(/it is (?:not a file|a folder)/);
});

test('gremlin and graph are one scope, which a connection has once', async () => {
  const scopes = 'scopes: [gremlin, graph, directory, directory]';
  const { config } = await load(full.replace(/scopes: \[[^\]]*\]/, scopes));
  expect(config.connections[0]?.scopes).toEqual(['graph', 'directory']);
});

test('a relative data folder is ignored', async () => {
  const environment = (name: string) => (name === 'XDG_DATA_HOME' ? 'data' : undefined);
  const { config } = await loadConfig({ environment, platform: 'linux', userHome: '/home/ada' });
  expect(config.home).toBe('/home/ada/.local/share/tenantry');
});

test.each([
  ['a built-in cloud redefined', full.replace('  lab:', '  public:'), 'built-in'],
  ['a connection declared twice', full + full.slice(full.indexOf('  - name')), 'twice'],
  ['a connection of an unknown cloud', full.replace('    provider: azure', '    cloud: labs'), 'no cloud labs'],
  [
    'a connection without its secret',
    full.replace('    client_secret: { env: PROD_AZURE_SECRET }\n', ''),
    'client_secret missing',
  ],
  ['a secret of another kind', full.replace('client_secret:', 'certificate:'), 'client_secret missing'],
  [
    'a passphrase without its certificate',
    full.replace('    access:', '    certificate_passphrase: { env: WORD }\n    access:'),
    'certificate_passphrase without a certificate',
  ],
])('%s is an error', async (_name, yaml, reason) => {
  expect(await errorOf(yaml)).toContain(reason);
});

test('a certificate is declared with its passphrase', async () => {
  const secrets = 'certificate: { file: /etc/app.pfx }\n    certificate_passphrase: { env: WORD }';
  const yaml = full
    .replace('client_secret: { env: PROD_AZURE_SECRET }', secrets)
    .replace('auth_type: azure', 'auth_type: certificate');
  expect((await load(yaml)).config?.connections).toMatchObject([
    { secrets: { certificate: { file: '/etc/app.pfx' } }, certificate_passphrase: { env: 'WORD' } },
  ]);
});

test('flags win over variables', async () => {
  const variables = { TENANTRY_LOG_LEVEL: 'warn', TENANTRY_TOOLSETS: 'graph', TENANTRY_READ_ONLY: 'false' };
  expect((await load(undefined, variables)).config).toMatchObject({
    logLevel: 'warn',
    toolsets: ['graph'],
    readOnly: false,
  });
  const flags = { logLevel: 'debug', toolsets: 'connections, graph', readOnly: true };
  expect((await load(undefined, variables, flags)).config).toMatchObject({
    logLevel: 'debug',
    toolsets: ['connections', 'graph'],
    readOnly: true,
  });
});

test.each([
  ['TENANTRY_LOG_LEVEL', 'loud'],
  ['TENANTRY_READ_ONLY', 'yes please'],
  ['TENANTRY_VAULT', 'keyvault'],
  ['TENANTRY_DATABASE_URL', 'mysql://u:MARKED@h/d'],
  ['TENANTRY_REDIS_URL', 'redis://h'],
  ['TENANTRY_CONFIG', '/nowhere/tenantry.yaml'],
])('%s=%s is an error, and an empty value is none', async (name, value) => {
  const { error } = await load(undefined, { [name]: value });
  expect(error).toMatchObject({ code: 'configuration' });
  expect(`${error?.message}${error?.hint}`).not.toContain('MARKED');
  expect((await load(undefined, { [name]: '' })).error).toBeUndefined();
});

test('a mistyped read-only switch forbids writes', async () => {
  expect((await load(undefined, { TENANTRY_READ_ONLY: 'ture' })).config.readOnly).toBe(true);
});

test.each([
  ['linux', {}, '/users/ada/.local/share/tenantry'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/tenantry'],
  ['darwin', {}, '/users/ada/Library/Application Support/tenantry'],
  ['linux', { TENANTRY_HOME: '/srv/t' }, '/srv/t'],
] as const)('the home folder on %s with %j is %s', async (platform, variables: Record<string, string>, home) => {
  const { config } = await loadConfig({ platform, userHome: '/users/ada', environment: (name) => variables[name] });
  expect(config.home).toBe(home);
});

test('every variable is read once and described', () => {
  expect(environmentVariables.map(({ name }) => name)).toEqual([
    'TENANTRY_HOME',
    'TENANTRY_CONFIG',
    'TENANTRY_READ_ONLY',
    'TENANTRY_MAX_ACCESS',
    'TENANTRY_AGENT',
    'TENANTRY_TOOLSETS',
    'TENANTRY_DATABASE_URL',
    'TENANTRY_REDIS_URL',
    'TENANTRY_VAULT',
    'TENANTRY_HOME_CHECK',
    'TENANTRY_SECRET_*',
    'TENANTRY_LOG_LEVEL',
    'HTTPS_PROXY',
    'NO_PROXY',
    'NODE_EXTRA_CA_CERTS',
    'OTEL_*',
  ]);
});

test('a list of toolsets without a name is refused, since it would offer all of them', async () => {
  const { error } = await loadConfig({ flags: { home: '/nowhere', toolsets: ' , ' }, environment: () => undefined });
  expect(error).toMatchObject({ code: 'configuration', message: expect.stringContaining('TENANTRY_TOOLSETS') });
});
