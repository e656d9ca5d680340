import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type OidcServer, startOidcServer } from '../support/oidc-server.ts';
import { type Lab, openLab, Product } from './support/product.ts';

// The built server with `http.sign_in`: from the first refusal by its metadata to a call.

const tenant = '11111111-1111-4111-8111-111111111111';
const clientId = '22222222-2222-4222-8222-222222222222';
const ada = 'ada@contoso.example';
const publicUrl = 'https://tenantry.contoso.example';
let lab: Lab;
let oidc: OidcServer;

beforeAll(async () => {
  lab = await openLab({ logLevel: 'info' });
  const users = { [ada]: { oid: '44444444-4444-4444-8444-444444444444', name: 'Ada' } };
  oidc = await startOidcServer({ tenants: [tenant], clientId, users });
});
afterAll(async () => {
  await oidc.close();
  await lab.close();
});

async function start() {
  const { cloud } = lab.sandbox;
  const clouds = { company: { login: oidc.base, graph: cloud.graph, resource_manager: cloud.resourceManager } };
  const file = join(lab.home, 'sign-in.yaml');
  const sign_in = { cloud: 'company', tenants: [tenant], client_id: clientId };
  writeFileSync(file, JSON.stringify({ clouds, http: { public_url: publicUrl, sign_in } }));
  const product = new Product(lab, 'http', '--port', '0', '--config', file);
  onTestFinished(() => product.stop());
  const url = await product.until(({ stderr }) => /(http:\/\/\S+\/mcp), known as/.exec(stderr)?.[1]);
  return { product, url };
}

const call = (tool: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } });
const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

test('somebody is sent to the login host, signs in, and calls', async () => {
  const { product, url } = await start();
  const post = (headers: Record<string, string>, tool = 'list_connections') =>
    fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(call(tool)) });
  const refused = await post({});
  expect(refused.status).toBe(401);
  const [, address = ''] = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '') ?? [];
  expect(address).toBe(`${publicUrl}/.well-known/oauth-protected-resource/mcp`);
  const metadata = await (await fetch(address.replace(publicUrl, url.replace('/mcp', '')))).json();
  expect(metadata).toMatchObject({ resource: `${publicUrl}/mcp`, authorization_servers: [oidc.issuer(tenant)] });
  const token = await oidc.userToken(ada, ['Tenantry.Read']);
  const answered = await post({ authorization: `Bearer ${token}` });
  expect(answered.status).toBe(200);
  expect(await answered.text()).toContain('"success":true');
  expect((await post({ authorization: `Bearer ${token}` }, 'delete_connection')).status).toBe(403);
  expect((await fetch(url.replace('/mcp', '/healthz'))).status).toBe(200);
  product.process.kill('SIGTERM');
  expect(await product.exit).toBe(0);
  expect(product.stdout + product.stderr).not.toContain(token.slice(-40));
});
