import { describe, expect, test } from 'vitest';
import { type Row, useDevOpsTools } from './devops-tools.ts';

const devops = useDevOpsTools();
type Input = Readonly<Record<string, unknown>>;
const convert = (input: Input) => devops.call('convert_service_connection', input);
const puts = () => devops.requests().filter((request) => request.startsWith('PUT'));
const shown = (rows: readonly Row[]) => rows.map(({ name, outcome }) => `${name}: ${outcome}`);
const readOne = async (name: string): Promise<Row> => {
  const { response } = await devops.call('list_service_connections', { name });
  return response.data.value[0];
};
const weekMs = 7 * 86_400_000;

describe('all of a project', () => {
  test('that can be converted are, and each of the others has its reason', async () => {
    const started = devops.tools.sandbox.clock.now();
    const { isError, response, meta } = await convert({ all: true });
    expect(isError).toBe(false);
    expect(response.success).toBe(true);
    expect(response.data.summary).toEqual({ converted: 4, skipped: 13 });
    const converted = response.data.value.slice(0, 4);
    expect(shown(converted)).toEqual([
      'azure-development: converted',
      'azure-expired-secret: converted',
      'azure-production: converted',
      'azure-web-group: converted',
    ]);
    for (const { scheme, revert_deadline: deadline } of converted) {
      expect(scheme).toBe('WorkloadIdentityFederation');
      const sinceStart = Date.parse(deadline) - started - weekMs;
      expect(sinceStart).toBeGreaterThanOrEqual(0);
      expect(sinceStart).toBeLessThan(300_000);
    }
    const skipped = response.data.value.slice(4);
    expect(skipped.every(({ outcome, reason }: Row) => outcome === 'skipped' && reason.length > 10)).toBe(true);
    expect(puts()).toHaveLength(4);
    expect(meta).toMatchObject({ count: 17, complete: true });
  });

  test('are asked for as the script of the service does it: the object as read, with another scheme', async () => {
    await convert({ ids: ['azure-production'] });
    const sent = devops.tools.seen().find(({ method }) => method === 'PUT');
    expect(sent?.url).toBe(
      '/contoso/Payments/_apis/serviceendpoint/endpoints/5a11d0c5-7e4a-4c0d-8b0a-de0200000001?operation=ConvertAuthenticationScheme&api-version=7.1',
    );
    expect(sent?.body).toMatchObject({
      name: 'azure-production',
      administratorsGroup: null,
      groupScopeId: null,
      serviceEndpointProjectReferences: [{ name: 'azure-production' }],
    });
  });

  test('are skipped by a second call, and keep their deadline', async () => {
    await convert({ all: true });
    const before = await readOne('azure-production');
    devops.tools.sandbox.advance(3_600);
    devops.tools.forget();
    const { response } = await convert({ all: true });
    expect(response.success).toBe(true);
    expect(response.data.summary).toEqual({ skipped: 17 });
    expect(puts()).toEqual([]);
    expect((await readOne('azure-production')).revert_deadline).toBe(before.revert_deadline);
  });

  test('a dry run says what would happen, and sends nothing', async () => {
    const { response, meta } = await convert({ all: true, dry_run: true });
    expect(response.data.summary).toEqual({ would_convert: 4, skipped: 13 });
    expect(response.data.value[0]).toMatchObject({ outcome: 'would_convert', scheme: 'ServicePrincipal' });
    expect(meta.notes).toEqual([expect.stringContaining('authorization.scheme WorkloadIdentityFederation')]);
    expect(devops.requests().every((request) => request.startsWith('GET'))).toBe(true);
  });

  test('progress is told for each', async () => {
    const told: string[] = [];
    await devops.call(
      'convert_service_connection',
      { all: true },
      { progress: ({ message }) => told.push(message ?? '') },
    );
    expect(told).toHaveLength(17);
    expect(told).toContain('`azure-production`: converted');
  });

  test('an empty project has nothing to convert, which is no failure', async () => {
    const { isError, response } = await convert({ project: 'Empty', all: true });
    expect(isError).toBe(false);
    expect(response).toMatchObject({ success: true, data: { summary: {}, value: [] } });
  });
});

describe('named ones', () => {
  test('are converted by id or name, once each however often they are named', async () => {
    const { id } = await readOne('azure-web-group');
    const { response } = await convert({ ids: ['AZURE-production', id, 'azure-production', 'azure-web-group'] });
    expect(shown(response.data.value)).toEqual(['azure-production: converted', 'azure-web-group: converted']);
    expect(puts()).toHaveLength(2);
  });

  test('that cannot be converted have the reason and the way out', async () => {
    const { isError, response } = await convert({
      ids: ['azure-manual-key', 'azure-shared', 'azure-failed', 'github-contoso'],
    });
    expect(isError).toBe(false);
    expect(response.data.value).toMatchInlineSnapshot(`
      [
        {
          "hint": "Create a federated connection for the same app with create_service_connection, move the pipelines to it, then delete this one.",
          "id": "5a11d0c5-7e4a-4c0d-8b0a-de0200000005",
          "name": "azure-manual-key",
          "outcome": "skipped",
          "reason": "It was created manually: Azure DevOps cannot change the credentials of an app that it did not create.",
          "scheme": "ServicePrincipal",
        },
        {
          "hint": "Take it out of the other projects (delete_service_connection there leaves it in place here), then convert it and share it again.",
          "id": "5a11d0c5-7e4a-4c0d-8b0a-de020000000e",
          "name": "azure-shared",
          "outcome": "skipped",
          "reason": "It is shared with other projects (\`Space game web agent\`): the service converts only what one project uses.",
          "scheme": "ServicePrincipal",
        },
        {
          "hint": "Look at it in the project settings (Service connections), or delete it and create it again.",
          "id": "5a11d0c5-7e4a-4c0d-8b0a-de020000000f",
          "name": "azure-failed",
          "outcome": "skipped",
          "reason": "The service could not finish it: list_service_connections shows why as state_message.",
          "scheme": "WorkloadIdentityFederation",
        },
        {
          "id": "5a11d0c5-7e4a-4c0d-8b0a-de0200000012",
          "name": "github-contoso",
          "outcome": "skipped",
          "reason": "It is of type \`github\`; only Azure Resource Manager connections (azurerm) can be converted.",
          "scheme": "Token",
        },
      ]
    `);
    expect(puts()).toEqual([]);
  });

  test('that nobody knows fails, with the nearest names, and is not sent', async () => {
    const { isError, response } = await convert({ ids: ['azure-prodution'] });
    expect(isError).toBe(true);
    expect(response.data.value).toEqual([
      {
        id: 'azure-prodution',
        name: 'azure-prodution',
        outcome: 'failed',
        reason: expect.stringMatching(/has no service connection "azure-prodution".*nearest is `azure-production`/),
        hint: expect.stringContaining('list_service_connections'),
      },
    ]);
    expect(puts()).toEqual([]);
  });

  test('of a project without any are none, and a note says so', async () => {
    const { isError, meta } = await convert({ project: 'Empty', all: true });
    expect(isError).toBe(false);
    expect(meta.notes).toEqual(['The project has no Azure service connections.']);
  });

  test('one that is still worked on is skipped', async () => {
    devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', { name: 'young', state: 'InProgress' });
    const { response } = await convert({ ids: ['young'] });
    expect(response.data.value[0]).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('working') });
  });
});

describe('revert', () => {
  test('within seven days brings the secret back', async () => {
    await convert({ ids: ['azure-production'] });
    devops.tools.sandbox.advance(7 * 86_400 - 600);
    const { response } = await convert({ ids: ['azure-production'], revert: true });
    expect(response.data.value).toEqual([
      expect.objectContaining({ name: 'azure-production', outcome: 'reverted', scheme: 'ServicePrincipal' }),
    ]);
    expect(response.data.value[0]).not.toHaveProperty('revert_deadline');
    expect(await readOne('azure-production')).toMatchObject({ convertible: true });
  });

  test('after seven days is refused with the date, and nothing is sent', async () => {
    await convert({ ids: ['azure-production'] });
    const { revert_deadline: deadline } = await readOne('azure-production');
    devops.tools.sandbox.advance(7 * 86_400 + 1);
    devops.tools.forget();
    const { isError, response } = await convert({ ids: ['azure-production'], revert: true });
    expect(isError).toBe(true);
    expect(response).toMatchObject({ success: false, data: { summary: { failed: 1 } } });
    expect(response.data.value[0]).toMatchObject({
      outcome: 'failed',
      scheme: 'WorkloadIdentityFederation',
      reason: expect.stringContaining(deadline),
    });
    expect(puts()).toEqual([]);
  });

  test('of what was never converted is skipped with the reason', async () => {
    const { isError, response } = await convert({
      ids: ['azure-production', 'azure-federated-automatic', 'azure-agent-identity'],
      revert: true,
    });
    expect(isError).toBe(false);
    expect(response.data.value.map(({ outcome, reason }: Row) => `${outcome}: ${reason}`)).toEqual([
      'skipped: It uses its secret: there is nothing to revert.',
      'skipped: It was never converted: there is no earlier secret to go back to.',
      'skipped: It was never converted: there is no earlier secret to go back to.',
    ]);
  });

  test('of all takes back what can be, and leaves the others with the reason', async () => {
    const { response } = await convert({ all: true, revert: true });
    expect(response.success).toBe(true);
    expect(response.data.summary).toEqual({ reverted: 1, skipped: 16 });
    expect(response.data.value[0]).toMatchObject({ name: 'azure-converted-yesterday', scheme: 'ServicePrincipal' });
    const lastMonth = response.data.value.find(({ name }: Row) => name === 'azure-converted-last-month');
    expect(lastMonth).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('2026-10-28') });
  });

  test('and conversion again, both ways, leave one connection with its id', async () => {
    const { id } = await readOne('azure-production');
    await convert({ ids: [id] });
    await convert({ ids: [id], revert: true });
    const { response } = await convert({ ids: [id] });
    expect(response.data.value).toMatchObject([{ id, outcome: 'converted' }]);
  });

  test('a dry run says would_revert', async () => {
    const { response } = await convert({ ids: ['azure-converted-yesterday'], revert: true, dry_run: true });
    expect(shown(response.data.value)).toEqual(['azure-converted-yesterday: would_revert']);
    expect(puts()).toEqual([]);
  });
});

describe('failures', () => {
  test('one that the service refuses stays as it is, and the others go on', async () => {
    const { id } = await readOne('azure-production');
    devops.tools.sandbox.fault({ match: `PUT */endpoints/${id}`, status: 403, times: 9 });
    const { isError, response } = await convert({ all: true });
    expect(isError).toBe(false);
    expect(response.success).toBe(false);
    expect(response.data.summary).toEqual({ failed: 1, converted: 3, skipped: 13 });
    expect(response.data.value[0]).toMatchObject({
      name: 'azure-production',
      outcome: 'failed',
      scheme: 'ServicePrincipal',
    });
  });

  test.each([
    ['a lost answer', { reset: 'after' }, 'converted'],
    ['a request that never arrived', { reset: 'before' }, 'failed'],
    ['a 500', { status: 500 }, 'failed'],
    [
      'a page to sign in, after which another token is tried,',
      { status: 203, body: '<html>Sign in</html>' },
      'converted',
    ],
    ['an empty answer', { status: 200, body: 'null', headers: { 'content-type': 'application/json' } }, 'failed'],
    ['a throttled request', { status: 429, retry_after: 3 }, 'converted'],
  ] as const)('%s leaves the connection in a state that is known', async (_, fault, outcome) => {
    devops.tools.sandbox.fault({ match: 'PUT *', ...fault });
    const { response } = await convert({ ids: ['azure-production'] });
    expect(response.data.value[0]).toMatchObject({
      outcome,
      scheme: outcome === 'converted' ? 'WorkloadIdentityFederation' : 'ServicePrincipal',
    });
    const again = await convert({ ids: ['azure-production'] });
    expect(again.response.data.value[0].outcome).toBe(outcome === 'converted' ? 'skipped' : 'converted');
  });

  test('a conversion that the service gives up on says why, and can be tried again', async () => {
    const { client_id: clientId } = await readOne('azure-production');
    const find = { endpoint: `/applications?$filter=appId eq '${clientId}'&$select=id` };
    const { response: found } = await devops.tools.call('graph_query', find);
    const gone = { method: 'DELETE', endpoint: `/applications/${found.data.value[0].id}` };
    await devops.tools.call('graph_write', { requests: [gone] });
    const { response } = await convert({ ids: ['azure-production'] });
    expect(response.data.value[0]).toMatchObject({ outcome: 'failed', scheme: 'ServicePrincipal' });
    expect(response.data.value[0].reason).toContain(clientId);
    expect(await readOne('azure-production')).toMatchObject({ convertible: true });
  });

  test('nobody who is not signed in tries the rest', async () => {
    devops.tools.sandbox.fault({ match: 'PUT *', status: 401, times: 99 });
    for (let index = 0; index < 20; index++) {
      devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', { name: `n${index}`, project: 'Empty' });
    }
    const { isError, response } = await convert({ project: 'Empty', all: true });
    expect(isError).toBe(true);
    expect(response.data.summary.failed).toBeLessThanOrEqual(8);
    expect(response.data.summary.not_started).toBeGreaterThanOrEqual(12);
  });

  test('what does not end in time is unknown, and the answer arrives', async () => {
    devops.tools.sandbox.placeObject('devops', 'readyAfter', { polls: 1_000 });
    const { response } = await convert({ all: true });
    expect(response.data.summary).toEqual({ unknown: 4, skipped: 13 });
    expect(response.data.value[0].reason).toContain('in progress');
  });

  test('more than a call has time for is done behind its handle', async () => {
    devops.tools.sandbox.placeObject('devops', 'readyAfter', { seconds: 100 });
    for (let index = 0; index < 40; index++) {
      devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', { name: `n${index}`, project: 'Empty' });
    }
    const { response } = await convert({ project: 'Empty', all: true });
    expect(response.data.summary).toEqual({ converted: 40 });
    expect(puts()).toHaveLength(40);
  });
});

describe('inputs', () => {
  test.each([
    [{}, 'ids, all'],
    [{ all: false }, 'ids, all'],
    [{ all: true, ids: ['x'] }, 'only one'],
    [{ ids: [] }, 'ids'],
    [{ ids: [''] }, 'ids'],
    [{ all: true, project: '' }, 'project'],
    [{ all: true, dry_rum: true }, 'dry_run'],
    [{ ids: ['x'], scheme: 'ServicePrincipal' }, 'scheme'],
  ])('%j is refused before any request', async (input, said) => {
    const { response } = await convert(input);
    expect(response.error.code).toBe('invalid_argument');
    expect(`${response.error.message} ${response.error.hint}`).toContain(said);
    expect(devops.requests()).toEqual([]);
  });

  test('null means absent', async () => {
    const { response } = await convert({ ids: null, all: true, revert: null, dry_run: true });
    expect(response.success).toBe(true);
  });
});
