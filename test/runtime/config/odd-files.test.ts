import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { temporaryFolder } from '../../core/connections/support.ts';

/** Files as people really have them: other encodings, empty sections, merges, and mistakes. */

async function load(content: string | Buffer, variables: Readonly<Record<string, string>> = {}) {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'tenantry.yaml'), content);
  const { config, error } = await loadConfig({ flags: { home }, environment: (name) => variables[name] });
  return { config, text: error === undefined ? '' : `${error.message} ${error.hint}` };
}

const cloud = `clouds:
  first: &addresses
    login: https://login.first.example
    graph: https://graph.first.example
    resource_manager: https://management.first.example
  second:
    <<: *addresses
    graph: https://graph.second.example
`;

test.each([
  ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(cloud)])],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(cloud, 'utf16le')])],
  ['UTF-8', Buffer.from(cloud)],
])('a file in or with %s is read, and << takes over the keys of an anchor', async (_name, content) => {
  const { config, text } = await load(content);
  expect(text).toBe('');
  expect(config.clouds.get('second')).toMatchObject({
    login: 'https://login.first.example',
    graph: 'https://graph.second.example',
  });
});

test('another encoding is named', async () => {
  expect((await load(Buffer.from(cloud, 'utf16le'))).text).toContain('it is UTF-16 without a byte order mark');
  expect((await load(Buffer.from('# größe\n', 'latin1'))).text).toContain('it is not UTF-8; save it as UTF-8');
});

test('a section without lines counts as none', async () => {
  const { config, text } = await load('connections:\nclouds:\npolicy:\n  deny:\nsecrets:\n  named:\n');
  expect(text).toBe('');
  expect(config.connections).toEqual([]);
  expect(config.policy.deny).toEqual([]);
});

test.each([
  ['policy:\n  ambient: true\n  ambient: false\n', 'line 3, column 3: the key ambient stands here twice'],
  ['policy:\n\tambient: true\n', 'line 2, column 1: a tab indents the line'],
  ['a: *nowhere\n', 'an alias (*name) has no anchor (&name) before it'],
  ['connections:\n  - name: prod\n    client_secret: { env: "1 2" }\n', 'use the name of an environment variable'],
  ['secrets:\n  named: { "a b": { use: [sign_in] } }\n', 'use 1 to 127 of a-z, A-Z, 0-9, _, . and -'],
  [
    'connections:\n  - name: prod\n    settings: { base_url: "x y" }\n',
    'line 3, column 17: connections[1].settings.base_url',
  ],
])('%j is broken: %s', async (content, words) => {
  const { text } = await load(content);
  expect(text).toContain(words);
  expect(text).not.toMatch(/must match|Invalid|\/\^|\\d|\[A-Z/);
});

test('a folder in the place of the file, or a file in that of a folder, is said', async () => {
  const home = join(temporaryFolder(), 'home');
  mkdirSync(join(home, 'tenantry.yaml'), { recursive: true });
  const environment = () => undefined;
  const folder = await loadConfig({ flags: { home }, environment });
  expect(folder.error?.message).toContain(`${home}/tenantry.yaml: it is a folder, not a file`);
  const file = join(home, 'file');
  writeFileSync(file, '');
  const below = await loadConfig({ flags: { home, config: join(file, 'tenantry.yaml') }, environment });
  expect(below.error?.message).toContain('a part of the path is a file, not a folder');
  const none = await loadConfig({ flags: { home, config: join(home, 'none.yaml') }, environment });
  expect(none.error?.message).toContain(`${home}/none.yaml does not exist`);
  const homeIsFile = await loadConfig({ flags: { home: file }, environment });
  expect(homeIsFile.error?.message).toContain(`The home folder ${file} is a file`);
});

test('a placeholder that a host has not filled in counts as unset, in variables and flags', async () => {
  const name = 'user_config.x';
  const placeholder = `\${${name}}`;
  const names = [
    ...['TENANTRY_TOOLSETS', 'TENANTRY_READ_ONLY', 'TENANTRY_MAX_ACCESS', 'TENANTRY_LOG_LEVEL', 'TENANTRY_VAULT'],
    ...['TENANTRY_CONFIG', 'TENANTRY_HOME_CHECK', 'TENANTRY_DATABASE_URL', 'TENANTRY_REDIS_URL'],
  ];
  const variables = Object.fromEntries(names.map((name) => [name, placeholder]));
  const { config, text } = await load('', variables);
  expect(text).toBe('');
  expect(config).toMatchObject({ readOnly: false, toolsets: undefined, logLevel: 'info', vault: 'local' });
  expect(config.environment('TENANTRY_CONFIG')).toBeUndefined();
  const userHome = temporaryFolder();
  const flags = { home: placeholder, toolsets: placeholder, logLevel: placeholder, config: placeholder };
  const given = await loadConfig({ flags, environment: (name) => variables[name], userHome, platform: 'linux' });
  expect(given.error).toBeUndefined();
  expect(given.config.home).toBe(join(userHome, '.local', 'share', 'tenantry'));
});
