import { describe, expect, test } from 'vitest';
import { seededAccessToken } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { federation, useCreation } from './creation-tools.ts';

const { devops, create, posted, listed, sent } = useCreation();
type Input = Readonly<Record<string, unknown>>;

/** A connection with the personal access token of a person, who owns the subscription or not. */
async function signInAsPerson(isOwner = true): Promise<void> {
  fakeTime();
  const { tools } = devops;
  await passTime(
    tools.call('create_connection', {
      name: 'person',
      scopes: ['devops'],
      cloud: tools.sandbox.cloud.name,
      access: 'read_write',
      auth_type: 'bearer',
    }),
  );
  // The files of the process outlive a test: it is there for all but the first.
  const { text } = await passTime(
    tools.call('complete_connection', {
      connection: 'person',
      token: seededAccessToken,
      organization: 'contoso',
      tenant_id: tenant.id,
      subscription_id: tenant.subscriptionId,
    }),
  );
  expect(text).toContain('"success":true');
  tools.forget();
  if (!isOwner) return;
  const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
  const { response } = await passTime(
    tools.call('graph_query', { endpoint: '/users', params: { $top: 1, $select: 'id' }, auto_paginate: false }),
  );
  const [{ id }] = response.data.value;
  const assigned = await passTime(
    tools.call('arm_write', {
      method: 'PUT',
      path: `/subscriptions/${tenant.subscriptionId}/providers/Microsoft.Authorization/roleAssignments/99999999-9999-4999-8999-999999999999`,
      body: {
        properties: {
          roleDefinitionId: `/subscriptions/${tenant.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${owner}`,
          principalId: id,
          principalType: 'User',
        },
      },
    }),
  );
  expect(assigned.text).toContain('"success":true');
  tools.forget();
}

const createAsPerson = (input: Input) => create({ connection: 'person', ...input });

describe('for a person, Azure DevOps makes the app', () => {
  test('and the call waits until it is ready', async () => {
    await signInAsPerson();
    const { response } = await createAsPerson({ scheme: federation, automatic: true });
    expect(response).toMatchObject({
      success: true,
      data: { creation_mode: 'Automatic', is_ready: true, verification: { ok: true } },
    });
    expect(response.data.client_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent('PATCH', 'uniqueName')).toEqual([]);
    expect(posted()[0]?.body).toMatchObject({ data: { creationMode: 'Automatic' } });
  });

  test('also one with a secret', async () => {
    await signInAsPerson();
    const { response } = await createAsPerson({ scheme: 'ServicePrincipal', automatic: true });
    expect(response).toMatchObject({
      success: true,
      data: { creation_mode: 'Automatic', scheme: 'ServicePrincipal', convertible: true, verification: { ok: true } },
    });
  });

  test('where it cannot, its reason is told, with what is there', async () => {
    await signInAsPerson(false);
    const { isError, response } = await createAsPerson({ scheme: federation, automatic: true });
    expect(isError).toBe(true);
    expect(response.error.message).toMatch(
      /roleAssignments\/write.*There is now the service connection azure-new \(id/,
    );
    expect(response.error.hint).toContain('delete_service_connection');
    const again = await createAsPerson({ scheme: federation, automatic: true });
    expect(again.response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('failed') });
    expect(posted()).toHaveLength(1);
  });

  test('one whose answer got lost is waited for, and not made twice', async () => {
    await signInAsPerson();
    devops.tools.sandbox.fault({ match: 'POST *endpoints', service: 'devops', reset: 'after' });
    const { response } = await createAsPerson({ scheme: federation, automatic: true });
    expect(response.success).toBe(true);
    expect(await listed()).toHaveLength(1);
  });

  test('one that a cancelled call began is waited for by the next', async () => {
    await signInAsPerson();
    await createUntilTaken({ scheme: federation, automatic: true });
    const { response } = await createAsPerson({ scheme: federation, automatic: true });
    expect(response).toMatchObject({ success: true, data: { is_ready: true } });
    expect(await listed()).toHaveLength(1);
  });

  test('an app may wait for it as well', async () => {
    await signInAsPerson();
    await createAsPerson({ scheme: federation, automatic: true });
    const { response } = await create({ scheme: federation, automatic: true });
    expect(response).toMatchObject({ success: true, data: { creation_mode: 'Automatic' } });
    expect(sent('PATCH', 'uniqueName')).toEqual([]);
  });
});

test('what Azure DevOps cannot do for a person is told: a personal access token makes no apps', async () => {
  await signInAsPerson();
  devops.tools.sandbox.fault({
    match: 'POST *endpoints',
    service: 'devops',
    status: 500,
    body: { typeKey: 'AadAccessSilentException', message: 'A valid refresh token was not found.' },
  });
  const { response } = await createAsPerson({ scheme: federation, automatic: true });
  expect(response.error).toMatchObject({
    code: 'unsupported',
    message:
      'Azure DevOps could not make the app for this person: Azure DevOps answered 500: `A valid refresh token was not found.`.',
    hint: expect.stringContaining('azure_cli'),
  });
  expect(sent('POST', '/serviceendpoint/endpoints?')).toHaveLength(1);
  expect(await listed()).toEqual([]);
});

/** Cancels as soon as the service has taken the creation. */
async function createUntilTaken(input: Input): Promise<void> {
  const cancel = new AbortController();
  const { httpClient } = devops.tools.sandbox;
  const send = httpClient.sendRequest;
  httpClient.sendRequest = async (request) => {
    const answer = await send(request);
    if (request.method === 'POST' && request.url.includes('/endpoints?')) cancel.abort();
    return answer;
  };
  try {
    await create({ connection: 'person', ...input }, { signal: cancel.signal });
    expect(posted()).toHaveLength(1);
  } finally {
    httpClient.sendRequest = send;
  }
}
