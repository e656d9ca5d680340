import { beforeEach, describe, expect, test } from 'vitest';
import { federation, reader, useCreation } from './creation-tools.ts';
import type { Row } from './devops-tools.ts';

const { create, devops, sent } = useCreation();
const automatic = { scheme: federation, automatic: true };

const graph = async (method: string, endpoint: string, body?: unknown): Promise<Row> => {
  const { response } = await devops.tools.call('graph_write', {
    requests: [{ method, endpoint, ...(body === undefined ? {} : { body }) }],
  });
  expect(response).toMatchObject({ success: true });
  return response.data;
};
const read = async (endpoint: string): Promise<Row> =>
  (await devops.tools.call('graph_query', { endpoint })).response.data;

/** The name under which the app of azure-new is looked for. */
let uniqueName: string;

beforeEach(async () => {
  const { response } = await create(automatic);
  const made = await read(`/applications(appId='${response.data.client_id}')?$select=id,uniqueName`);
  uniqueName = made.uniqueName;
  await devops.startOver();
});

const ids = { id: '9e0f9a3b-0000-4000-8000-0000000000aa', appId: '9e0f9a3b-0000-4000-8000-0000000000bb' };

/** An app with that name, made by somebody before the service connection is. */
async function squat(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const application = { displayName: 'Of somebody', uniqueName, createdDateTime: '2026-01-01T00:00:00Z', ...ids };
  devops.tools.sandbox.placeObject('graph', 'application', { ...application, ...more });
  return (await read(`/applications(uniqueName='${uniqueName}')?$select=id`)).id;
}

async function own(id: string, owner: string): Promise<void> {
  const { graph: root } = devops.tools.sandbox.cloud;
  await graph('POST', `/applications/${id}/owners/$ref`, { '@odata.id': `${root}/v1.0/directoryObjects/${owner}` });
}

async function expectRefusal(): Promise<void> {
  devops.tools.forget();
  const { isError, response } = await create(automatic);
  expect(isError).toBe(true);
  expect(response.error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('client_id') });
  expect(devops.tools.seen().filter(({ method, service }) => method !== 'GET' && service !== 'login')).toEqual([]);
}

describe('an app that somebody has made under the name of the one for a service connection', () => {
  test('gets neither role nor trust when a person owns it', async () => {
    const id = await squat();
    const [person] = (await read('/users?$top=1&$select=id')).value;
    await own(id, person.id);
    await expectRefusal();
  });

  test('gets neither when another app owns it', async () => {
    const id = await squat();
    const { value } = await read('/servicePrincipals?$top=20&$select=id,appId');
    const { clientId } = devops.tools.sandbox.credentials;
    const principal = value.find(({ appId }: Row) => appId !== clientId);
    await own(id, principal.id);
    await expectRefusal();
  });

  test('gets neither when it has a secret', async () => {
    const id = await squat();
    await graph('POST', `/applications/${id}/addPassword`, { passwordCredential: { displayName: 'mine' } });
    await expectRefusal();
  });

  test('gets neither when it has a certificate', async () => {
    await squat({ keyCredentials: [{ keyId: '9e0f9a3b-0000-4000-8000-000000000001', type: 'AsymmetricX509Cert' }] });
    await expectRefusal();
  });

  test.each([
    ['a stranger', 'https://evil.example', 'anybody'],
    ['GitHub', 'https://token.actions.githubusercontent.com', 'repo:evil/repo:ref:refs/heads/main'],
    ['another organization', 'https://vstoken.dev.azure.com/9e0f9a3b-0000-4000-8000-000000000001', 'sc://evil/a/b'],
    ['another app', 'https://login.microsoftonline.com/5a11d0c5-7e4a-4c0d-8b0a-c04705000001/v2.0', reader],
  ])('gets neither when it trusts %s', async (_who, issuer, subject) => {
    const id = await squat();
    const audiences = ['api://AzureADTokenExchange'];
    await graph('POST', `/applications/${id}/federatedIdentityCredentials`, {
      name: 'theirs',
      issuer,
      subject,
      audiences,
    });
    await expectRefusal();
  });

  test('gets neither when it trusts a service connection of another organization of the tenant', async () => {
    const id = await squat();
    const theirs = '9e0f9a3b-0000-4000-8000-0000000000cc';
    const issuer = 'https://login.microsoftonline.com/5a11d0c5-7e4a-4c0d-8b0a-c04705000001/v2.0';
    const subject = `/eid1/c/pub/t/x/a/y/sc/9e0f9a3b-0000-4000-8000-0000000000dd/${theirs}`;
    const credential = { issuer, subject, audiences: ['api://AzureADTokenExchange'] };
    await graph('POST', `/applications/${id}/federatedIdentityCredentials`, {
      name: `azure-devops-${theirs}`,
      ...credential,
    });
    await expectRefusal();
  });

  test('is used when we own it', async () => {
    const id = await squat();
    const { clientId } = devops.tools.sandbox.credentials;
    await own(id, (await read(`/servicePrincipals(appId='${clientId}')?$select=id`)).id);
    expect((await create(automatic)).response.data.verification.ok).toBe(true);
  });

  test('is used when nobody but us can sign in as it', async () => {
    await squat();
    const { isError, response } = await create(automatic);
    expect(isError).toBe(false);
    expect(response.data.verification.ok).toBe(true);
    expect(sent('PUT', '/roleAssignments/')).toHaveLength(1);
  });
});

test('the app of a connection that was deleted is used again', async () => {
  const first = (await create(automatic)).response.data;
  await devops.call('delete_service_connection', { id: first.id });
  const { isError, response } = await create(automatic);
  expect(isError).toBe(false);
  expect(response.data).toMatchObject({ client_id: first.client_id, verification: { ok: true } });
});
