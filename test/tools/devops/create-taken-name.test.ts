import { describe, expect, test } from 'vitest';
import { federation, nobody, reader, useCreation } from './creation-tools.ts';

const { create, devops, listed, posted, sent } = useCreation();

describe('a name that is taken', () => {
  test('by something else is a conflict that says what is there', async () => {
    const { response } = await create({ name: 'AZURE-Production', scheme: federation, client_id: reader });
    expect(response.error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('already'),
      hint: expect.stringContaining('delete_service_connection'),
    });
    expect(posted()).toEqual([]);
    expect(devops.tools.graphRequests()).toEqual([]);
  });

  test('by one with another identity is a conflict', async () => {
    await create({ scheme: federation, client_id: reader });
    const { response } = await create({ scheme: federation, client_id: nobody });
    expect(response.error.message).toContain('another identity');
    expect(posted()).toHaveLength(1);
  });

  test('by one with another scope is a conflict', async () => {
    await create({ scheme: federation, client_id: reader });
    const { response } = await create({ scheme: federation, client_id: reader, resource_group: 'rg-contoso-web' });
    expect(response.error.code).toBe('conflict');
  });

  test('by the same, without a secret, is no second one', async () => {
    const first = await create({ scheme: federation, client_id: reader });
    const { response, meta } = await create({ scheme: federation, client_id: reader });
    expect(response.data.id).toBe(first.response.data.id);
    expect(meta.notes).toEqual([expect.stringContaining('no second one was made')]);
    expect(posted()).toHaveLength(1);
    expect(sent('PATCH', 'federatedIdentityCredentials')).toHaveLength(1);
  });

  test('by the same with a secret is a conflict: nobody can see whether it is the same secret', async () => {
    const key = { scheme: 'ServicePrincipal', client_id: nobody, client_secret: 'not-the-key-of-anybody' };
    await create(key);
    const { response } = await create(key);
    expect(response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('same secret') });
  });

  test('by one that the caller may not see is a conflict', async () => {
    devops.tools.sandbox.fault({
      match: 'POST *endpoints*',
      service: 'devops',
      status: 500,
      body: {
        typeKey: 'DuplicateServiceConnectionException',
        message: 'Service connection with name x already exists.',
      },
    });
    const { response } = await create({ scheme: federation, client_id: reader });
    expect(response.error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('another name') });
  });
});

test('two calls at once make one connection with one credential', async () => {
  const [one, other] = await Promise.all([
    create({ scheme: federation, client_id: reader }),
    create({ scheme: federation, client_id: reader }),
  ]);
  expect([one.response.success, other.response.success]).toEqual([true, true]);
  expect(one.response.data.id).toBe(other.response.data.id);
  expect(await listed()).toHaveLength(1);
});

test.each(['azure/prod', 'a,b', 'Größe 10 % & mehr?#', '..', "O'Brien", '名前'])(
  'the name %j is made, found and not made twice',
  async (name) => {
    const first = await create({ name, scheme: federation, client_id: reader });
    expect(first.response).toMatchObject({ success: true, data: { name } });
    const { response } = await create({ name, scheme: federation, client_id: reader });
    expect(response.data.id).toBe(first.response.data.id);
  },
);
