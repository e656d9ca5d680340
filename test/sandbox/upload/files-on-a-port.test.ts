import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { loadConfig } from '../../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../../src/runtime/create-runtime.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { runTool } from '../../../src/server/run-tool.ts';
import { tools } from '../../../src/tools/registry.ts';

test('Tenantry follows a download to the other host name of a sandbox on a port, without its token', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tenantry-port-'));
  const sandbox = createSandbox({ users: 5 });
  const { cloud } = await sandbox.listen(0);
  const { tenantId, clientId, clientSecret } = sandbox.credentials;
  const file = join(home, 'tenantry.yaml');
  const lines = [
    'clouds:',
    `  lab: { login: "${cloud.login}", graph: "${cloud.graph}", resource_manager: "${cloud.resourceManager}", devops: "${cloud.devops}" }`,
    'connections:',
    `  - { name: lab, cloud: lab, scopes: [directory], auth_type: azure, tenant_id: ${tenantId}, client_id: ${clientId}, client_secret: { env: LAB_SECRET } }`,
  ];
  await writeFile(file, lines.join('\n'));
  const environment = (name: string) => (name === 'LAB_SECRET' ? clientSecret : undefined);
  const { config } = await loadConfig({ flags: { home, config: file, logLevel: 'silent' }, environment });
  const runtime = createRuntime({ config, version: '0.0.0' });
  onTestFinished(async () => {
    await runtime.close();
    await sandbox.close();
    await rm(home, { recursive: true, force: true });
  });
  const query = async (endpoint: string) => {
    const tool = tools.find(({ name }) => name === 'graph_query');
    if (!tool) throw new Error('There is no tool graph_query.');
    const { signal } = new AbortController();
    const { text } = await runTool(tool, { connection: 'lab', endpoint }, { caller: localCaller, signal }, runtime);
    return JSON.parse(text).response;
  };
  const { data } = await query('/users?$select=id');
  const answer = await query(`/users/${data.value[0].id}/drive/root:/Welcome.txt:/content`);
  expect(answer.data).toMatch(/^Welcome to OneDrive, /);
  const [redirect, download] = sandbox.requests().slice(-2);
  expect(redirect).toMatchObject({ service: 'graph', status: 302, headers: { authorization: 'Bearer ***' } });
  expect(download).toMatchObject({ service: 'upload', status: 200 });
  expect(download?.headers['host']).toMatch(/^localhost:/);
  expect(download?.headers).not.toHaveProperty('authorization');
});
