import net, { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { proxiesOf } from '../../../src/core/http/proxy.ts';
import { startGremlin } from '../../support/gremlin-server.ts';
import {
  type ArmRoutes,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { startServiceBus } from '../../support/service-bus.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { type ProxyAnswer, startProxy } from '../../support/test-proxy.ts';

let certificate: TestCertificate;
const opened: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  certificate = await makeCertificate({ names: ['contoso.test.example'] });
});

afterAll(() => certificate.remove());

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A proxy that alone knows the name, and what a connection needs to use it. */
async function behind(answer: (host: string) => ProxyAnswer) {
  const proxy = await startProxy(answer);
  opened.push(() => proxy.close());
  const variables: Record<string, string> = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  return { proxy, services: { proxyFor: proxiesOf((name) => variables[name]) } };
}

const list = (...names: string[]) => ({ status: 200, body: { value: names.map((name) => ({ name })) } });

function routesBelow(id: string, routes: Record<string, ReturnType<typeof list>>): ArmRoutes {
  return Object.fromEntries(
    Object.entries(routes).map(([path, answer]) => [`GET ${id}/${path}`.toLowerCase().replace('get', 'GET'), answer]),
  );
}

test('Service Bus is spoken to through the proxy, over HTTP and over AMQP', async () => {
  const bus = await startServiceBus(certificate, { claims: ['Send'] });
  opened.push(() => bus.close());
  const { proxy, services } = await behind(() => ({ port: bus.port }));
  const endpoint = 'https://contoso.test.example';
  const service = linkedService('servicebus', endpoint, { status: 'Active' });
  const arm = routesBelow(service.id, { queues: list('orders') });
  const connection = await openLinkedConnection({ arm, services, dataPlane: { servicebus: endpoint } });
  opened.push(() => connection.close());
  const probed = await connection.probe(service);
  expect(stageOf(probed, 'authorize').detail).toBe('The identity may send to queue `orders`; it may not manage.');
  expect(new Set(proxy.asked.map(({ host }) => host))).toEqual(new Set(['contoso.test.example:443']));
  expect(bus.links).toContain('send orders');
});

test('a proxy without WebSockets is named where AMQP fails', async () => {
  const bus = await startServiceBus(certificate, { claims: ['Send'], withoutWebSockets: true });
  opened.push(() => bus.close());
  const { proxy, services } = await behind(() => ({ port: bus.port }));
  const endpoint = 'https://contoso.test.example';
  const service = linkedService('servicebus', endpoint, { status: 'Active' });
  const arm = routesBelow(service.id, { queues: list('orders') });
  const connection = await openLinkedConnection({ arm, services, dataPlane: { servicebus: endpoint } });
  opened.push(() => connection.close());
  expect(stageOf(await connection.probe(service), 'authorize').hint).toContain(
    `through the proxy \`127.0.0.1:${proxy.port}\``,
  );
});

function gremlinAccount() {
  const service = linkedService('cosmos-gremlin', 'wss://contoso.test.example', { provisioningState: 'Succeeded' });
  const arm = routesBelow(service.id, {
    gremlinRoleAssignments: list(),
    gremlinDatabases: list('people'),
    'gremlinDatabases/people/graphs': list('friends'),
  });
  return { service, arm, dataPlane: { cosmos: 'https://contoso.test.example' } };
}

test('Gremlin is spoken to through the proxy', async () => {
  const server = await startGremlin(certificate);
  opened.push(() => server.close());
  const { proxy, services } = await behind(() => ({ port: server.port }));
  const { service, arm, dataPlane } = gremlinAccount();
  const connection = await openLinkedConnection({ arm, services, dataPlane });
  opened.push(() => connection.close());
  expect(statusLine(await connection.probe(service))).toBe('pass pass pass pass');
  expect(proxy.asked).toEqual([{ host: 'contoso.test.example:443', authorization: undefined }]);
  await server.disconnected;
});

test('a proxy that refuses Gremlin is named with its status', async () => {
  const { proxy, services } = await behind(() => ({ status: 403 }));
  const { service, arm, dataPlane } = gremlinAccount();
  const connection = await openLinkedConnection({ arm, services, dataPlane });
  opened.push(() => connection.close());
  expect(stageOf(await connection.probe(service), 'network')).toMatchObject({
    status: 'fail',
    code: '403',
    detail: `The proxy \`127.0.0.1:${proxy.port}\` (HTTPS_PROXY) does not let connections to \`wss://contoso.test.example\` through (403).`,
    hint: expect.stringContaining('Ask its administrator'),
  });
  expect(proxy.leaked()).toBe('');
});

test('PostgreSQL goes past the proxy, and says so where its port is closed', async () => {
  const { proxy, services } = await behind(() => ({ status: 403 }));
  const gone = net.createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const options = { services, dataPlane: { postgresql: `https://database.localtest.example:${port}` } };
  const connection = await openLinkedConnection(options);
  opened.push(() => connection.close());
  const ready = { state: 'Ready', authConfig: { activeDirectoryAuth: 'Enabled' } };
  const probed = await connection.probe(
    linkedService('postgresql', `postgresql://database.localtest.example:${port}`, ready),
  );
  expect(stageOf(probed, 'network')).toMatchObject({
    status: 'fail',
    hint: expect.stringContaining(`PostgreSQL does not go through the proxy \`127.0.0.1:${proxy.port}\``),
  });
  expect(proxy.asked).toEqual([]);
});
