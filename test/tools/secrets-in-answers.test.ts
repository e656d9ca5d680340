import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isRecord } from '../../src/core/base/guards.ts';
import { defaultSecretRules } from '../../src/runtime/config/config.ts';
import { type FakeNamedSecrets, fakeNamedSecrets } from '../support/fake-named-secrets.ts';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { answerOf, marker, secretRows } from '../support/secret-answers.ts';

const service = createRewritingClient();
let secrets: FakeNamedSecrets;
let tools: SandboxTools;

beforeEach(async () => {
  secrets = fakeNamedSecrets();
  tools = await openSandboxTools({ watch: service.watch, namedSecrets: secrets });
});

afterEach(async () => {
  service.rewrite = undefined;
  await tools.close();
});

/** Answers every request whose address has the text with this body. */
function serve(part: string, body: unknown, more: { status?: number; headers?: Record<string, string> } = {}): void {
  service.rewrite = (request) =>
    request.url.includes(part)
      ? {
          status: 200,
          ...more,
          headers: { 'content-type': 'application/json', ...more.headers },
          body: JSON.stringify(body),
        }
      : undefined;
}

/** Everything that was written below the home folder. */
async function written(): Promise<string> {
  const entries = await readdir(tools.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

test('no tool shows what an action hands out', async () => {
  const shown: string[] = [];
  let asked = 0;
  for (const row of secretRows.filter(({ api }) => api !== 'devops')) {
    const [path = ''] = row.path.split('?');
    const action = path.split('/').at(-1)?.replace(/\(.*/, '') ?? '';
    serve(action, answerOf(row));
    const { method } = row;
    const isArm = row.api === 'arm';
    const input =
      method === 'GET'
        ? isArm
          ? { path, api_version: '2024-01-01' }
          : { endpoint: path }
        : isArm
          ? { method, path, api_version: '2024-01-01', body: {}, wait: false }
          : { requests: [{ method, endpoint: path, body: {} }] };
    const tool = `${row.api}_${method === 'GET' ? 'query' : 'write'}`;
    const { text } = await tools.call(tool, input);
    asked += 1;
    if (text.includes(marker)) shown.push(`${tool} ${path}`);
  }
  expect(shown).toEqual([]);
  expect(asked).toBeGreaterThan(140);
  expect(secrets.kept.size).toBeGreaterThan(50);
  console.log(`secrets in answers: ${asked} calls of tools, ${secrets.kept.size} secrets kept`);
  expect(await written()).not.toContain(marker);
});

test('no projection, no renaming and no table brings a secret out', async () => {
  const list = {
    value: [
      { id: '1', clientSecret: marker },
      { id: '2', clientSecret: marker },
    ],
  };
  serve('identityProviders', list);
  const reversed = [...marker].reverse().join('');
  const projections: Readonly<Record<string, unknown>> = {
    'value[].clientSecret': ['[secret]', '[secret]'],
    'value[].{x: clientSecret}': [{ x: '[secret]' }, { x: '[secret]' }],
    "join('', value[].clientSecret)": '[secret][secret]',
    'value[].reverse(clientSecret)': [']terces[', ']terces['],
    'value[0].clientSecret': '[secret]',
    'map(&to_string(@), value)': ['{"id":"1","clientSecret":"[secret]"}', '{"id":"2","clientSecret":"[secret]"}'],
    "value[?starts_with(clientSecret, 'MARKED')]": [],
    "value[].replace(clientSecret, 'MARKED', '')": ['[secret]', '[secret]'],
  };
  for (const [project, expected] of Object.entries(projections)) {
    const { text, response } = await tools.call('graph_query', { endpoint: '/identity/identityProviders', project });
    expect(text, project).not.toContain(marker);
    expect(text, project).not.toContain(reversed);
    expect(isRecord(response.data) ? response.data['value'] : response.data, project).toEqual(expected);
  }
  const table = await tools.call('graph_query', { endpoint: '/identity/identityProviders', format: 'csv' });
  expect(table.response.data).toContain('[secret]');
  expect(table.text).not.toContain(marker);
  // A kept secret is an object there: a function of texts has nothing to work on.
  serve('recoveryKeys', { id: '1', key: marker });
  const kept = await tools.call('graph_query', {
    endpoint: '/informationProtection/bitlocker/recoveryKeys/1?$select=key',
    project: 'key',
  });
  expect(kept.response.data).toEqual({ secret: 'kept-1-key' });
  const turned = await tools.call('graph_query', {
    endpoint: '/informationProtection/bitlocker/recoveryKeys/1?$select=key',
    project: 'reverse(key)',
  });
  expect(turned.text).not.toContain(reversed);
});

test('batches, operations, errors and stored results are no way around', async () => {
  const texts: string[] = [];
  const call = async (tool: string, input: Readonly<Record<string, unknown>>) => {
    const answer = await tools.call(tool, input);
    texts.push(answer.text);
    return answer;
  };
  const item = (id: string, body: unknown, status = 200) => ({
    id,
    status,
    headers: { Location: `https://x/?sig=${marker}` },
    body,
  });
  serve('$batch', {
    responses: [
      item('1', { '@odata.nextLink': `https://graph.x/v1.0/a?sig=${marker}`, value: [{ password: marker }] }),
      item(
        '2',
        { error: { code: 'x', message: 'm', details: [{ message: `sig=${marker} Password=${marker}` }] } },
        400,
      ),
      item('3', { id: '9', key: marker }),
    ],
  });
  await call('graph_batch', {
    requests: [{ url: '/a' }, { url: '/b' }, { url: '/informationProtection/bitlocker/recoveryKeys/9?$select=key' }],
    continue_on_error: true,
  });
  serve('addPassword', { keyId: 'k', secretText: marker });
  const added = await call('graph_write', {
    requests: [{ method: 'POST', endpoint: '/applications/7/addPassword', body: {} }],
  });
  expect(added.response.data).toEqual({ keyId: 'k', secretText: { secret: 'kept-7-secretText' } });
  expect(added.meta.notes.join()).toContain('kept');
  serve(
    '/things',
    {
      error: {
        code: 'Bad',
        message: `no ${marker}`.replace(marker, `AccountKey=${marker};`),
        details: [{ message: `AccountKey=${marker}` }],
        innerError: { clientSecret: marker },
      },
    },
    { status: 400 },
  );
  const failed = await call('arm_query', {
    path: '/subscriptions/1/providers/Contoso.X/things/t',
    api_version: '2024-01-01',
  });
  expect(failed.isError).toBe(true);
  // A long operation whose result, behind an address that says nothing, is the secret.
  let looks = 0;
  service.rewrite = (request) => {
    if (request.url.includes('beginGetAccess')) {
      return {
        status: 202,
        headers: {
          location: request.url.replace(/\/subscriptions.*/, '/subscriptions/1/operations/2?api-version=2024-01-01'),
          'retry-after': '1',
        },
        body: '',
      };
    }
    if (!request.url.includes('operations/2')) return undefined;
    looks += 1;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accessSAS: `https://x/?${marker}` }),
    };
  };
  const disk = '/subscriptions/1/resourceGroups/r/providers/Microsoft.Compute/disks/d/beginGetAccess';
  const started = await call('arm_write', {
    method: 'POST',
    path: disk,
    api_version: '2024-01-01',
    body: { access: 'Read' },
    wait: false,
  });
  const ended = await call('get_operation', { operation: started.response.data.operation });
  expect(ended.response.data.result).toEqual({ accessSAS: '[secret]' });
  expect(looks).toBe(1);
  const many = Array.from({ length: 2_000 }, (_, index) => ({
    id: String(index),
    displayName: 'x'.repeat(40),
    password: `${marker}${index}`,
  }));
  const link = 'https://graph.sandbox.example';
  serve('/groups', { value: many, '@odata.nextLink': `${link}/v1.0/groups?$skiptoken=1&sig=${marker}` });
  const list = await call('graph_query', { endpoint: '/groups', auto_paginate: false });
  const result = await tools.runtime.results.read(
    String(list.meta.result ?? '').replace(/.*\//, ''),
    'local',
    0,
    1_000_000,
  );
  expect(JSON.stringify(result ?? '')).not.toContain(marker);
  for (const text of texts) expect(text).not.toContain(marker);
  expect(await written()).not.toContain(marker);
});

test('sixty settings keep their names, their values are masked, and none is kept', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `SETTING_${index}`);
  serve('appsettings', {
    id: '/subscriptions/1/x',
    name: 'appsettings',
    properties: Object.fromEntries(names.map((name) => [name, `${marker} ${name}`])),
  });
  const path = '/subscriptions/1/resourceGroups/r/providers/Microsoft.Web/sites/s/config/appsettings/list';
  const { response, text } = await tools.call('arm_write', { method: 'POST', path, api_version: '2024-01-01' });
  expect(response.data.properties).toEqual(Object.fromEntries(names.map((name) => [name, '[secret]'])));
  expect(response.data.name).toBe('appsettings');
  expect(text).not.toContain(marker);
  expect(secrets.kept.size).toBe(0);
});

test('two hundred files are answered as before, without the addresses that nobody selected', async () => {
  const files = Array.from({ length: 200 }, (_, index) => ({
    id: `f${index}`,
    name: `file ${index}.txt`,
    size: index,
    webUrl: `https://x.sharepoint.com/f${index}`,
  }));
  const value = files.map((file) => ({
    ...file,
    '@microsoft.graph.downloadUrl': `https://x.sharepoint.com/?tempauth=${marker}`,
  }));
  serve('/children', { value });
  const plain = await tools.call('graph_query', { endpoint: '/me/drive/root/children', format: 'csv' });
  expect(plain.text).not.toContain(marker);
  expect(plain.response.data.split('\n').filter(Boolean)).toHaveLength(201);
  const listed = await tools.call('graph_query', { endpoint: '/me/drive/root/children', limit: 20 });
  expect(listed.response.data.value).toEqual(files.slice(0, 20));
  expect(listed.meta.notes.join()).toContain('@microsoft.graph.downloadUrl');
  const asked = await tools.call('graph_query', {
    endpoint: '/me/drive/root/children',
    params: { $select: 'id,@microsoft.graph.downloadUrl' },
    limit: 2,
  });
  expect(asked.response.data.value[1]['@microsoft.graph.downloadUrl']).toContain(marker);
});

test('an operator who wants to see them sees them', async () => {
  const open = await openSandboxTools({
    watch: service.watch,
    namedSecrets: secrets,
    rules: { secrets: { ...defaultSecretRules, reveal: true } },
  });
  try {
    serve('addPassword', { keyId: 'k', secretText: marker });
    const { response } = await open.call('graph_write', {
      requests: [{ method: 'POST', endpoint: '/applications/7/addPassword', body: {} }],
    });
    expect(response.data.secretText).toBe(marker);
    expect(secrets.kept.size).toBe(0);
  } finally {
    await open.close();
  }
});

test('no code above the core asks for an answer with its secrets', async () => {
  const files = await readdir('src', { recursive: true, withFileTypes: true });
  const asking: string[] = [];
  for (const file of files.filter((one) => one.isFile() && one.name.endsWith('.ts'))) {
    const path = join(file.parentPath, file.name);
    if (/\breveals\b/.test(await readFile(path, 'utf8'))) asking.push(path.replace(/^src\//, ''));
  }
  expect(asking.toSorted()).toEqual([
    'core/http/api-client.ts',
    'core/http/policies/answers.ts',
    'core/identities/applications.ts',
    'core/service-connections/endpoints.ts',
  ]);
});
