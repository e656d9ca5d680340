import { afterEach, beforeEach, expect, test } from 'vitest';
import { post, send, untilPhase, visit } from '../pages/page-client.ts';
import { connectClient, type TestClient } from './support/clients.ts';
import { exitWithinASecond, httpUrl, type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;
let server: Product | undefined;
let client: TestClient | undefined;

beforeEach(async () => {
  lab = await openLab();
});
afterEach(async () => {
  await client?.close();
  await server?.stop();
  [client, server] = [undefined, undefined];
  await lab.close();
});

const creation = { name: 'prod', cloud: 'lab', scopes: ['directory'] };

test('over stdio, the page of the built server takes the secret; a page that waits does not keep the server alive', async () => {
  server = new Product(lab, 'stdio');
  await server.initialize();
  const calls = [
    ['create_connection', creation],
    ['complete_connection', { connection: 'prod' }],
  ] as const;
  for (const [id, [name, args]] of calls.entries()) {
    server.send({ id: id + 1, method: 'tools/call', params: { name, arguments: args } });
    await server.answer(id + 1);
  }
  const url = await server.until(({ stderr }) => /http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{43}/.exec(stderr)?.[0]);
  expect(server.stdout).toContain(url);
  for (const file of ['page.css', 'form.css', 'checks.css', 'page.js', 'icon.svg']) {
    expect([file, (await send(`${new URL(url).origin}/assets/${file}`)).status]).toEqual([file, 200]);
  }
  const { tenantId, clientId, clientSecret } = lab.sandbox.credentials;
  const visited = await visit({ url });
  const values = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
  expect(await post(visited, {}, values)).toMatchObject({ status: 202 });
  await untilPhase(visited, 'done');
  server.send({ id: 9, method: 'tools/call', params: { name: 'complete_connection', arguments: rotation } });
  await server.answer(9);
  server.process.stdin.end();
  expect(await exitWithinASecond(server)).toBe(0);
  expect(server.stdout + server.stderr).not.toContain(clientSecret);
});

const rotation = { connection: 'prod', client_secret: { prompt: true } };

test('over HTTP on loopback the pages are those of stdio', async () => {
  server = new Product(lab, 'http', '--port', '0');
  client = await connectClient('v2 legacy', { url: await httpUrl(server) });
  await client.call('create_connection', creation);
  const { structured } = await client.call('complete_connection', { connection: 'prod' });
  const { page } = structured.response.error.detail;
  expect(server.stderr).toContain(page);
  expect(await send(page)).toMatchObject({ status: 303 });
});
