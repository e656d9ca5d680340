import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOf, openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let client: ServiceBusAdministrationClient;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12');
  const url = tenant.cloud.data_plane['servicebus']?.replace('{account}', 'sb-contoso-orders') ?? '';
  // The client takes a host; below a path, that is the host with the path.
  client = new ServiceBusAdministrationClient(url.replace('https://', ''), tenant.credential);
});
afterAll(() => tenant?.close());

describe('ServiceBusAdministrationClient at a path', () => {
  test('reads the namespace, lists queues by their names and reads one', async () => {
    expect(await client.getNamespaceProperties()).toMatchObject({
      name: 'sb-contoso-orders',
      messagingSku: expect.stringMatching(/^(Basic|Standard|Premium)$/),
    });
    expect((await allOf(client.listQueues())).map(({ name }) => name)).toEqual(['orders', 'returns']);
    expect(await client.getQueue('orders')).toMatchObject({ name: 'orders', lockDuration: 'PT1M', status: 'Active' });
    expect(await client.getQueueRuntimeProperties('orders')).toMatchObject({ name: 'orders', totalMessageCount: 0 });
    expect([await client.queueExists('orders'), await client.queueExists('none')]).toEqual([true, false]);
    await expect(client.getQueue('none')).rejects.toMatchObject({ code: 'MessageEntityNotFoundError' });
  });

  test('makes, changes and deletes queues and topics', async () => {
    const made = await client.createQueue('made', { maxDeliveryCount: 3, lockDuration: 'PT30S' });
    expect(made).toMatchObject({ name: 'made', maxDeliveryCount: 3, lockDuration: 'PT30S' });
    await expect(client.createQueue('made')).rejects.toMatchObject({ code: 'MessageEntityAlreadyExistsError' });
    expect(await client.updateQueue({ ...made, maxDeliveryCount: 7 })).toMatchObject({ maxDeliveryCount: 7 });
    expect(await client.createTopic('news')).toMatchObject({ name: 'news' });
    expect((await allOf(client.listTopics())).map(({ name }) => name)).toEqual(['news']);
    await client.deleteQueue('made');
    await client.deleteTopic('news');
    await expect(client.deleteQueue('made')).rejects.toMatchObject({ statusCode: 404 });
  });
});
