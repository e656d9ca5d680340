import { describe, expect, test } from 'vitest';
import { openSandboxTools } from '../../support/sandbox-tools.ts';
import { type Row, useDevOpsTools } from './devops-tools.ts';

const devops = useDevOpsTools();
const verify = (input: Readonly<Record<string, unknown>> = {}) =>
  devops.call('list_service_connections', { verify: true, ...input });

test("each connection of a project is tried with the service's own test, and the failures say what to do", async () => {
  const { isError, response, meta, text } = await verify();
  expect(isError).toBe(false);
  const rest = meta.cursor === undefined ? [] : (await verify({ cursor: meta.cursor })).response.data.value;
  const shown = [...response.data.value, ...rest].map(({ name, verification: { status, hint = '' } }: Row) =>
    [name, status, hint].join(' | '),
  );
  expect(shown).toMatchInlineSnapshot(`
    [
      "azure-agent-identity | badRequest | The service cannot test its scheme: run a pipeline that uses it.",
      "azure-converted-last-month | ok | ",
      "azure-converted-yesterday | ok | ",
      "azure-development | ok | ",
      "azure-expired-secret | unauthorized | Its secret is expired or wrong: convert it to federation with convert_service_connection, or give it a new secret.",
      "azure-failed | unauthorized | It was never finished: delete it with delete_service_connection and create it again.",
      "azure-federated-automatic | ok | ",
      "azure-federated-identity | ok | ",
      "azure-federated-manual | ok | ",
      "azure-federated-old-issuer | ok | ",
      "azure-federated-without-role | forbidden | Assign its app a role such as Reader or Contributor at /subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001; a new assignment needs up to ten minutes.",
      "azure-manual-certificate | unauthorized | Check tenant, app and scope of the connection, then call again with verify.",
      "azure-manual-key | ok | ",
      "azure-production | ok | ",
      "azure-publish-profile | badRequest | The service cannot test its scheme: run a pipeline that uses it.",
      "azure-shared | ok | ",
      "azure-web-group | ok | ",
    ]
  `);
  expect(text).not.toMatch(/eyJ|[\w~.-]{3}[78]Q~/);
});

test('a converted connection passes, and so does it after the revert', async () => {
  for (const revert of [false, true]) {
    await devops.call('convert_service_connection', { ids: ['azure-production'], revert });
    const { response } = await verify({ name: 'azure-production' });
    expect(response.data.value[0].verification).toEqual({ ok: true, status: 'ok' });
  }
});

test('progress counts the tests', async () => {
  const told: number[] = [];
  await devops.call('list_service_connections', { verify: true }, { progress: ({ progress }) => told.push(progress) });
  expect(told).toEqual(told.toSorted((one, other) => one - other));
  expect(told.at(-1)).toBe(17);
});

test('a test that cannot be made is told in its place', async () => {
  devops.tools.sandbox.fault({ match: 'POST */endpointproxy', status: 403, times: 1 });
  const { response } = await verify({ scheme: 'ServicePrincipal', convertible: true });
  const states = response.data.value.map(({ verification }: Row) => verification.status);
  expect(states.filter((status: string) => status === 'permission_denied')).toHaveLength(1);
});

test('a cancelled call ends at once, and sends nothing more', async () => {
  const cancel = new AbortController();
  const progress = () => cancel.abort();
  const { response } = await devops.call(
    'list_service_connections',
    { verify: true },
    { signal: cancel.signal, progress },
  );
  expect(response.error ?? response.data).toBeDefined();
  expect(devops.requests().filter((request) => request.startsWith('POST')).length).toBeLessThanOrEqual(4);
});

test('when the time of the call is up the tests go on behind a handle, and each is made', async () => {
  for (let index = 0; index < 120; index++) {
    const one = { name: `n${index}`, project: 'Empty', app: false };
    devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', one);
  }
  devops.tools.sandbox.fault({ match: 'POST */endpointproxy', delay_ms: 12_000, times: 200 });
  const { isError, meta } = await verify({ project: 'Empty' });
  expect(isError).toBe(false);
  expect(meta.notes.join(' ')).toContain('goes on in the background');
  expect(devops.requests().filter((request) => request.startsWith('POST'))).toHaveLength(120);
});

describe('a read-only connection', () => {
  test('lists and verifies; it converts and deletes nothing', async () => {
    const reader = await openSandboxTools({ access: 'read_only' });
    const place = { organization: 'contoso', project: 'Payments' };
    try {
      const listed = await reader.call('list_service_connections', {
        ...place,
        name: 'azure-production',
        verify: true,
      });
      expect(listed.response.data.value[0].verification).toMatchObject({ ok: true });
      const converted = await reader.call('convert_service_connection', { ...place, all: true });
      expect(converted.response.error.code).toBe('refused');
      const deleted = await reader.call('delete_service_connection', { ...place, id: 'azure-production' });
      expect(deleted.response.error.code).toBe('refused');
    } finally {
      await reader.close();
    }
  });
});
