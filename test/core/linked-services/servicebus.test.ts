import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type ArmRoutes,
  type LinkedConnection,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { startServiceBus, type TestServiceBus, type TestServiceBusOptions } from '../../support/service-bus.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';

let certificate: TestCertificate;
let bus: TestServiceBus | undefined;
let opened: LinkedConnection | undefined;

beforeAll(async () => {
  certificate = await makeCertificate();
});

afterAll(() => certificate?.remove());

afterEach(async () => {
  await bus?.close();
  await opened?.close();
  bus = undefined;
  opened = undefined;
});

const namespace = linkedService('servicebus', 'https://contoso.servicebus.windows.net', { status: 'Active' });
const child = (name: string) => `GET ${namespace.id}/${name}`.replace(/ .*/, (path) => path.toLowerCase());
const withQueue: ArmRoutes = { [child('queues')]: { status: 200, body: { value: [{ name: 'orders' }] } } };
const withTopic: ArmRoutes = {
  [child('queues')]: { status: 200, body: { value: [] } },
  [child('topics')]: { status: 200, body: { value: [{ name: 'events' }] } },
};

async function open(options: TestServiceBusOptions, arm: ArmRoutes = withQueue) {
  bus = await startServiceBus(certificate, options);
  const endpoint = `https://localhost:${bus.port}`;
  opened = await openLinkedConnection({ arm, dataPlane: { servicebus: endpoint } });
  const service = { ...namespace, endpoint };
  return { bus, opened, service };
}

async function probe(options: TestServiceBusOptions, arm?: ArmRoutes) {
  const { bus: server, opened: connection, service } = await open(options, arm);
  return { probed: await connection.probe(service), server };
}

test('who may manage lists queues over HTTP, and no message endpoint is needed', async () => {
  const { probed, server } = await probe({ claims: ['Manage'] });
  expect(statusLine(probed)).toBe('pass pass pass pass');
  expect(server.links).toEqual([]);
});

test('who may only send is found out over AMQP', async () => {
  const { probed, server } = await probe({ claims: ['Send'] });
  expect(probed.usable).toBe(true);
  expect(stageOf(probed, 'authorize').detail).toBe('The identity may send to queue `orders`; it may not manage.');
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'pass', partial: true });
  expect(stageOf(probed, 'authorize')).not.toHaveProperty('code');
  expect(server.links).toContain('send orders');
  expect(server.tokens[0]).toMatchObject({
    type: 'jwt',
    token: expect.stringMatching(/^ey/),
    audience: expect.stringContaining('/orders'),
  });
});

test('a queue on a later page of the list is found, whatever the first one holds', async () => {
  const nextLink = `https://management.azure.com${namespace.id}/queues?page=2`;
  const { probed } = await probe(
    { claims: ['Send'] },
    {
      [child('queues')]: (_body, url) => ({
        status: 200,
        body: url.searchParams.has('page') ? { value: [{ name: 'orders' }] } : { value: [], nextLink },
      }),
    },
  );
  expect(stageOf(probed, 'authorize').detail).toBe('The identity may send to queue `orders`; it may not manage.');
});

test('who may only receive is found out over AMQP', async () => {
  const { probed } = await probe({ claims: ['Listen'] });
  expect(probed.usable).toBe(true);
  expect(stageOf(probed, 'authorize').detail).toBe('The identity may receive from queue `orders`; it may not manage.');
});

test('a role on one queue is tried at that queue', async () => {
  const properties = {
    roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/69a216fc-b8fb-44d8-bc22-1f3c2cd27a39',
    scope: `${namespace.id}/queues/returns`,
  };
  const assignments = { status: 200, body: { value: [{ properties }] } };
  const path = `${namespace.id}/providers/Microsoft.Authorization/roleAssignments`.toLowerCase();
  const { server } = await probe({ claims: ['Send'] }, { ...withQueue, [`GET ${path}`]: assignments });
  expect(server.links).toContain('send returns');
  expect(server.links).not.toContain('send orders');
});

test('a namespace with topics only is tried by sending', async () => {
  const { probed, server } = await probe({ claims: ['Send', 'Listen'] }, withTopic);
  expect(stageOf(probed, 'authorize').detail).toContain('send to topic `events');
  expect(server.links).toEqual(['send events']);
});

test('who may do nothing lacks the role, with the code of the service', async () => {
  const { probed } = await probe({ claims: [] });
  expect(statusLine(probed)).toBe('pass pass pass fail');
  expect(stageOf(probed, 'authorize')).toMatchObject({
    code: '40100',
    detail: expect.stringContaining('Over AMQP: UnauthorizedAccess.'),
    hint: expect.stringContaining('--role 090c5cfd-751d-490a-894a-3ce6f1109419'),
  });
});

test('without a queue or topic the refusal of the management endpoint is what is known', async () => {
  const { probed, server } = await probe({ claims: ['Send'] }, {});
  expect(stageOf(probed, 'authorize')).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('There is no queue or topic'),
  });
  expect(server.links).toEqual([]);
});

test('a network that does not let WebSockets through leaves it open whether messages pass', async () => {
  const { probed } = await probe({ claims: ['Send'], withoutWebSockets: true });
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'warn', hint: expect.stringContaining('WebSockets') });
  expect(probed.usable).toBe(false);
});

test('cancelling closes the socket of a broker that stays silent', async () => {
  const { bus: server, opened: connection, service } = await open({ claims: [], silent: true });
  const controller = new AbortController();
  const probing = connection.probe(service, controller.signal);
  await server.connected;
  controller.abort();
  await expect(probing).rejects.toMatchObject({ code: 'cancelled' });
  await server.closed();
  expect(server.openSockets()).toBe(0);
});

test('no socket is left open after a probe', async () => {
  const { server } = await probe({ claims: ['Listen'] });
  await server.closed();
  expect(server.openSockets()).toBe(0);
});

test('a namespace that is not active is not called', async () => {
  opened = await openLinkedConnection();
  const probed = await opened.probe({ ...namespace, properties: { status: 'Disabled' } });
  expect(statusLine(probed)).toBe('pass fail skip skip');
});

test.each([
  ['Ip has been prevented to connect to the endpoint.', 'network', 'network-rule-set ip-rule add'],
  ['InvalidIssuer: Token issuer is invalid. SubCode=40103', 'authorize', 'trusts the tenant'],
] as const)('%s is a failure of the stage %s', async (detail, stage, hint) => {
  opened = await openLinkedConnection({
    dataPlaneClient: () => ({ status: 401, body: `<Error><Code>401</Code><Detail>${detail}</Detail></Error>` }),
  });
  const probed = await opened.probe(namespace);
  expect(stageOf(probed, stage)).toMatchObject({ status: 'fail', hint: expect.stringContaining(hint) });
});
