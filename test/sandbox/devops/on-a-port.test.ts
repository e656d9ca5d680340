import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { seededAccessToken } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { basic, endpoints, payments } from './support/devops-client.ts';

const sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true });
let root = '';
let url = '';

beforeAll(async () => {
  const server = await sandbox.listen(0);
  root = server.cloud.devops;
  url = server.url;
});
afterAll(() => sandbox.close());

const send = (method: string, path: string, body?: unknown) =>
  fetch(`${root}/contoso${path}${path.includes('?') ? '&' : '?'}api-version=7.1`, {
    method,
    headers: { authorization: basic(seededAccessToken), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
  });

test('the same organization is below /devops', async () => {
  const answer = await send('GET', `/Space%20game%20web%20agent${endpoints}`);
  expect([answer.status, ((await answer.json()) as { count: number }).count]).toEqual([200, 3]);
  const missing = await send('GET', `/Payments${endpoints}/${payments.id}`);
  expect(await missing.text()).toBe('null');
});

test('federation is real on a port as well: converted, tested, and logged without secrets', async () => {
  const [endpoint] = (
    (await (await send('GET', `/Payments${endpoints}?endpointNames=azure-production`)).json()) as {
      value: { id: string }[];
    }
  ).value;
  const id = endpoint?.id ?? '';
  const body = { id, type: 'azurerm', authorization: { scheme: 'WorkloadIdentityFederation' } };
  expect((await send('PUT', `${endpoints}/${id}?operation=ConvertAuthenticationScheme`, body)).status).toBe(200);
  const advanced = await fetch(`${url}/__sandbox/clock`, { method: 'POST', body: JSON.stringify({ advance: 60 }) });
  expect(advanced.status).toBe(200);
  const tested = await send('POST', `/Payments/_apis/serviceendpoint/endpointproxy?endpointId=${id}`, {
    dataSourceDetails: { dataSourceName: 'TestConnection' },
  });
  expect(await tested.json()).toMatchObject({ statusCode: 'ok', errorMessage: '' });
  const log = await (await fetch(`${url}/__sandbox/requests`)).text();
  expect([log.includes('ConvertAuthenticationScheme'), log.includes(seededAccessToken)]).toEqual([true, false]);
});

test('objects are placed over HTTP, and an unknown one is refused with the valid ones', async () => {
  const place = (type: string, object: unknown) =>
    fetch(`${url}/__sandbox/objects`, { method: 'POST', body: JSON.stringify({ service: 'devops', type, object }) });
  expect((await place('project', { name: 'Placed' })).status).toBe(200);
  const refused = await place('pipeline', {});
  expect([refused.status, await refused.text()]).toEqual([
    400,
    expect.stringContaining('Valid: project, serviceEndpoint'),
  ]);
});
