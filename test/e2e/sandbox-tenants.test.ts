import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProduct } from './support/run-product.ts';
import { type ServedSandbox, serveSandbox } from './support/served-sandbox.ts';

let served: ServedSandbox;

beforeAll(async () => {
  served = await serveSandbox('--tenants', '3', '--users', '12');
});
afterAll(async () => {
  await served?.stop();
});

async function data(...args: string[]) {
  const { code, stdout, stderr } = await runProduct(served.lab, [...args, '--home', served.line.home]);
  expect(code, `${stdout}${stderr}`).toBe(0);
  return JSON.parse(stdout).response.data;
}

test('the line names each tenant with its credentials and its ready connection', () => {
  const { tenants = [], credentials } = served.line;
  expect(tenants.map(({ domain, connection }) => [domain, connection])).toEqual([
    ['contoso.example', 'sandbox'],
    ['fabrikam.example', 'sandbox-fabrikam'],
    ['northwind.example', 'sandbox-northwind'],
  ]);
  expect(tenants[0]?.credentials).toEqual(credentials);
  expect(new Set(tenants.map((one) => one.credentials.client_secret)).size).toBe(3);
});

test('the home has a connection to each, in one cloud', async () => {
  const { value } = await data('connections', 'list');
  expect(value.map(({ name, cloud }: { readonly name: string; readonly cloud: string }) => [name, cloud])).toEqual([
    ['sandbox', 'sandbox'],
    ['sandbox-fabrikam', 'sandbox'],
    ['sandbox-northwind', 'sandbox'],
  ]);
  for (const [connection, name] of [
    ['sandbox', 'Contoso'],
    ['sandbox-northwind', 'Northwind'],
  ]) {
    const call = { connection, endpoint: '/organization?$select=displayName' };
    expect((await data('call', 'graph_query', JSON.stringify(call))).value).toMatchObject([{ displayName: name }]);
  }
});

test('one read names several of them, or all but the first', async () => {
  for (const [connection, names] of [
    ['sandbox-northwind,sandbox', ['sandbox-northwind', 'sandbox']],
    ['*', ['sandbox-fabrikam', 'sandbox-northwind']],
  ]) {
    const call = { connection, endpoint: '/organization?$select=displayName' };
    const { value } = await data('call', 'graph_query', JSON.stringify(call));
    expect(value.map((one: { readonly connection: string }) => one.connection)).toEqual(names);
  }
});

test('the audit log finds such a read by each of its connections', async () => {
  const call = { connection: 'sandbox-northwind,sandbox', endpoint: '/organization' };
  await data('call', 'graph_query', JSON.stringify(call));
  const { stdout } = await runProduct(served.lab, [
    ...['audit', '--connection', 'sandbox-northwind', '-n', '1'],
    ...['--home', served.line.home],
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ connection: 'sandbox-northwind,sandbox', outcome: 'success' });
});

test('controls name a tenant by its domain', async () => {
  const control = (path: string, body: object) =>
    fetch(`${served.line.url}/__sandbox/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { url } = served.line;
  const discovery = (domain: string) => fetch(`${url}/${domain}/v2.0/.well-known/openid-configuration`);
  await control('faults', { service: 'login', status: 503, tenant: 'fabrikam.example' });
  expect((await discovery('contoso.example')).status).toBe(200);
  expect((await discovery('fabrikam.example')).status).toBe(503);
  const answer = await control('objects', { service: 'graph', type: 'domain', object: {}, tenant: 'nobody.example' });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('Valid: contoso.example, ')]);
});

test.each(['0', '101', 'many'])('--tenants %s is refused', async (number) => {
  const { code, stderr } = await runProduct(served.lab, ['sandbox', '--tenants', number]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('Use a whole number from 1 to 100.')]);
});
