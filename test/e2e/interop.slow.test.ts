import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tools } from '../../src/tools/registry.ts';
import { clientKinds, connectClient, type TestClient } from './support/clients.ts';
import { type HttpAccess, httpAccess, type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;
let http: Product;
let access: HttpAccess;

beforeAll(async () => {
  lab = await openLab();
  http = new Product(lab, 'http', '--port', '0');
  access = await httpAccess(http);
});

afterAll(async () => {
  await http.stop();
  await lab.close();
});

const cases = clientKinds.flatMap((kind) =>
  (['stdio', 'http'] as const).map((transport) => [kind, transport] as const),
);

describe.each(cases)('%s over %s', (kind, transport) => {
  let client: TestClient;

  beforeEach(async () => {
    client = await connectClient(kind, transport === 'http' ? access : { lab });
  });
  afterEach(() => client.close());

  test('lists the tools in the order of the registry', async () => {
    expect((await client.tools()).map((tool) => tool.name)).toEqual(tools.map((tool) => tool.name));
  });

  test('answers a call with structured content and the same as text', async () => {
    const answer = await client.call('graph_query', {
      connection: 'lab',
      endpoint: '/users',
      params: { $top: 3, $select: 'id,displayName' },
      limit: 3,
    });
    expect(answer.structured.response).toMatchObject({ success: true, status: 200 });
    expect(answer.structured.response.data.value).toHaveLength(3);
    expect(answer.structured.connection).toMatchObject({ name: 'lab', cloud: 'lab' });
    expect(JSON.parse(String(answer.content[0]?.['text']))).toEqual(answer.structured);
  });

  test('answers wrong arguments with an error that says what is valid', async () => {
    const answer = await client.call('graph_query', { connection: 'lab', endpont: '/users' });
    expect(answer.isError).toBe(true);
    expect(answer.structured.response.error).toMatchObject({ code: 'invalid_argument' });
    expect(answer.structured.response.error.message).toContain('nearest valid key is "endpoint"');
  });

  test('refuses an unknown tool as a protocol error', async () => {
    await expect(client.call('no_such_tool', {})).rejects.toMatchObject({ code: -32602 });
  });

  test('tells the progress of each page, strictly increasing', async () => {
    const seen: number[] = [];
    await client.call(
      'graph_query',
      { connection: 'lab', endpoint: '/users', params: { $top: 50, $select: 'id' }, auto_paginate: true },
      { onProgress: ({ progress }) => seen.push(progress) },
    );
    // A client may see the answer before it has handled the last notification.
    expect(seen.slice(0, 4)).toEqual([50, 100, 150, 200]);
    expect([undefined, 240]).toContain(seen[4]);
  });

  test('cancels: nothing is sent afterwards', async () => {
    lab.sandbox.reset();
    lab.sandbox.fault({ match: 'GET /v1.0/users*', delay_ms: 400, times: 100 });
    const cancel = new AbortController();
    const args = { connection: 'lab', endpoint: '/users', params: { $top: 24, $select: 'id' }, auto_paginate: true };
    const call = client.call('graph_query', args, { signal: cancel.signal, onProgress: () => cancel.abort() });
    await expect(call).rejects.toThrow();
    // Answered after the cancellation has arrived, while a second page may still be on its way to be dropped.
    const other = await client.call('graph_query', { connection: 'lab', endpoint: '/organization?$select=id' });
    expect(other.structured.response.success).toBe(true);
    const pages = () => lab.sandbox.requests().filter(({ url }) => url.startsWith('/v1.0/users')).length;
    expect(pages()).toBeLessThanOrEqual(2);
    await client.call('graph_query', { connection: 'lab', endpoint: '/users/none', timeout: 5 });
    expect(pages()).toBeLessThanOrEqual(3);
    lab.sandbox.reset();
  });

  test('stores a list that is too long, and reads it back as a resource', async () => {
    const answer = await client.call('graph_query', { connection: 'lab', endpoint: '/users' });
    expect(answer.structured.meta).toMatchObject({ total: 240, complete: false, cursor: expect.any(String) });
    const link = answer.content.find((block) => block['type'] === 'resource_link');
    expect(link?.['uri']).toBe(answer.structured.meta.result);
    const ids: string[] = [];
    for (let uri: string | undefined = String(link?.['uri']); uri !== undefined; ) {
      const part: { value: { id: string }[]; next?: string } = JSON.parse(await client.readResource(uri));
      ids.push(...part.value.map((user) => user.id));
      uri = part.next;
    }
    expect(new Set(ids).size).toBe(240);
  });

  test('offers prompts and completes connection names', async () => {
    expect(await client.prompts()).toEqual([
      'onboard_tenant',
      'audit_licenses',
      'migrate_to_federation',
      'explain_failure',
    ]);
    expect(await client.complete('audit_licenses', 'connection', 'la')).toEqual(['lab']);
  });

  test('reads connections as resources, and refuses what does not exist', async () => {
    const { connections } = JSON.parse(await client.readResource('tenantry://connections'));
    expect(connections.map((one: { name: string }) => one.name)).toContain('lab');
    const { steps } = JSON.parse(await client.readResource('tenantry://checklist/lab'));
    expect(steps).toContainEqual(expect.objectContaining({ step: 'validate' }));
    await expect(client.readResource('tenantry://connections/nobody')).rejects.toMatchObject({
      code: expect.any(Number),
    });
  });
});
