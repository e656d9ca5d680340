import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { httpAccess, type Lab, openLab, Product } from './support/product.ts';
import { expectNothingOf, filesBelow } from './support/sweep.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab({ logLevel: 'trace', policy: { max_access: 'read_write' } });
});
afterAll(() => lab.close());

const marks = {
  inline: 'MARKED-inline-4e5b-secret-value/+="quoted"',
  variable: 'MARKED-variable-9d21~secret.value',
  file: 'MARKED-file-77aa-secret-value',
  token: 'MARKED-token-value-that-is-no-jwt',
};

test('no secret, token or key is in anything that the server writes', async () => {
  const secretFile = join(lab.home, 'secrets', 'marked-secret');
  await mkdir(join(lab.home, 'secrets'));
  await writeFile(secretFile, marks.file, { mode: 0o600 });
  const { tenantId, clientId, clientSecret } = lab.sandbox.credentials;
  const server = new Product({ env: { ...lab.env, TENANTRY_SECRET_MARKED: marks.variable }, args: lab.args }, 'stdio');
  await server.initialize();
  let id = 0;
  const results: string[] = [];
  const call = async (name: string, args: Record<string, unknown>) => {
    id += 1;
    server.send({ id, method: 'tools/call', params: { name, arguments: args, _meta: { progressToken: id } } });
    const answer = (await server.answer(id)) as { result?: { structuredContent?: { meta?: { result?: string } } } };
    const uri = answer.result?.structuredContent?.meta?.result;
    if (uri) results.push(uri);
  };
  const identity = { tenant_id: tenantId, client_id: clientId };
  const settings = { logging: { enabled: true, request: true, response: true, auth: true, format: 'detailed' } };

  await call('create_connection', {
    name: 'swept',
    cloud: 'lab',
    scopes: ['directory'],
    access: 'read_write',
    settings,
  });
  await call('complete_connection', { connection: 'swept', ...identity, client_secret: clientSecret });
  await call('validate_connection', { connection: 'swept' });
  await call('graph_query', { connection: 'swept', endpoint: '/users' });
  // What a tenant or a broken proxy could hand back.
  for (const body of [{ value: [{ id: '1', note: `echo ${clientSecret}` }] }, `<html>${clientSecret}</html>`]) {
    for (const status of [200, 400, 403, 404, 500]) {
      lab.sandbox.fault({ match: 'GET /v1.0/users*', status, body, times: 1, headers: { 'x-echo': clientSecret } });
      await call('graph_query', { connection: 'swept', endpoint: '/users', timeout: 3 });
    }
  }
  for (const status of [400, 401, 500]) {
    const body = { error: 'invalid_client', error_description: `AADSTS7000215: ${clientSecret}` };
    lab.sandbox.fault({ service: 'login', status, body, times: 3 });
    await call('complete_connection', { connection: 'swept', client_secret: clientSecret });
    await call('validate_connection', { connection: 'swept' });
  }
  lab.sandbox.fault({ match: 'POST /v1.0/users*', reset: 'after', times: 1 });
  const password = { password: marks.inline, forceChangePasswordNextSignIn: true };
  const user = { displayName: 'A', mailNickname: 'a', userPrincipalName: 'a@contoso.example', accountEnabled: true };
  const requests = [{ method: 'POST', endpoint: '/users', body: { ...user, passwordProfile: password } }];
  await call('graph_write', { connection: 'lab', requests });
  await call('complete_connection', { connection: 'swept', client_secret: marks.inline });
  await call('complete_connection', { connection: 'swept', client_secret: { env: 'TENANTRY_SECRET_MARKED' } });
  await call('complete_connection', { connection: 'swept', client_secret: { file: secretFile } });
  await call('complete_connection', { connection: 'swept', certificate: marks.file });
  await call('complete_connection', { connection: 'swept', client_secrte: marks.inline });
  await call('complete_connection', { connection: marks.inline, tenant_id: marks.token, token: marks.token });
  await call('validate_connection', { connection: 'swept' });
  await call('create_connection', { name: 'bearer', cloud: 'lab', auth_type: 'bearer' });
  await call('complete_connection', { connection: 'bearer', tenant_id: tenantId, token: marks.token });
  await call('graph_query', { connection: 'bearer', endpoint: '/users' });
  await call('graph_batch', { connection: 'swept', requests: [{ url: '/users' }], continue_on_error: true });
  await call('graph_delta', { connection: 'lab', endpoint: '/groups/delta', name: 'sweep' });
  await call('assign_license', { connection: 'lab', user: 'nobody@contoso.example', add: [{ sku: 'SPE_E5' }] });
  const group = `/subscriptions/${lab.sandbox.credentials.subscriptionId}/resourceGroups/rg-contoso-data`;
  const account = `${group}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
  await call('arm_query', { connection: 'lab', path: `${group}/resources` });
  await call('arm_query', { connection: 'bearer', path: account });
  await call('arm_write', { connection: 'lab', method: 'PATCH', path: account, body: { tags: {} }, dry_run: true });
  await call('arm_write', { connection: 'lab', method: 'POST', path: `${account}/listKeys`, dry_run: true });
  await call('arm_write', { connection: 'lab', method: 'DELETE', path: `${group}-web`, wait: false });
  await call('get_operation', { connection: 'lab', operation: marks.inline });
  await call('resource_graph_query', { connection: 'lab', query: 'resources | project id | take 5' });
  await call('resource_graph_query', { connection: 'bearer', query: 'resources | where' });
  await call('list_linked_services', { connection: 'lab', probe: true });
  const workspace = { connection: 'lab', resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
  const keys = { inline: marks.inline, variable: { env: 'TENANTRY_SECRET_MARKED' } };
  const properties = { authType: 'CustomKeys', category: 'CustomKeys', credentials: { keys } };
  const made = { ...workspace, connection_name: 'swept', properties };
  const echoed = { error: { code: 'ValidationError', message: `bad key ${marks.inline}`, target: marks.variable } };
  lab.sandbox.fault({ service: 'arm', match: 'PUT *', status: 400, body: echoed });
  for (const replace of [false, false, false, true]) await call('create_workspace_connection', { ...made, replace });
  await call('create_workspace_connection', { ...made, properties: { ...properties, key: marks.token } });
  await call('list_workspace_connections', workspace);
  await call('delete_workspace_connection', { ...workspace, connection_name: 'swept' });
  for (const status of [200, 400, 403, 500]) {
    const echo = { value: [{ id: '1', note: `echo ${clientSecret}` }], error: { code: 'X', message: clientSecret } };
    lab.sandbox.fault({ service: 'arm', status, body: echo, times: 1, headers: { 'x-echo': clientSecret } });
    await call('arm_query', { connection: 'lab', path: group, api_version: '2021-04-01' });
  }
  await call('list_connections', {});
  await call('delete_connection', { connection: 'bearer' });
  expect(results.length).toBeGreaterThan(0);
  for (const uri of [...results, 'tenantry://connections', 'tenantry://connections/swept']) {
    id += 1;
    server.send({ id, method: 'resources/read', params: { uri } });
    await server.answer(id);
  }
  server.process.stdin.end();
  await server.exit;

  const overHttp = new Product(
    { env: { ...lab.env, TENANTRY_SECRET_MARKED: marks.variable }, args: lab.args },
    'http',
    '--port',
    '0',
  );
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'complete_connection', arguments: { connection: 'swept', client_secret: marks.inline } },
  });
  const access = await httpAccess(overHttp);
  const sent = { method: 'POST', headers: { ...headers, ...access.headers }, body };
  const httpAnswer = await (await fetch(access.url, sent)).text();
  expect(httpAnswer).toContain('no such secret that this call may use');
  overHttp.process.kill('SIGTERM');
  await overHttp.exit;

  expect(server.stderr.length).toBeGreaterThan(1_000);
  expectNothingOf(
    [clientSecret, ...Object.values(marks)],
    [
      ['stdout', server.stdout],
      ['stderr', server.stderr],
      ['stdout over HTTP', overHttp.stdout + httpAnswer],
      ['stderr over HTTP', overHttp.stderr],
      // The file that the test itself has put there for the server to read.
      ...(await filesBelow(lab.home)).filter(([path]) => !path.endsWith('marked-secret')),
    ],
  );
}, 90_000);
