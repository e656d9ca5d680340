import { afterEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../../src/core/base/errors.ts';
import { testCall } from '../../support/call.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { endpoint, web } from './endpoint-objects.ts';
import { scriptedDevOps } from './scripted-devops.ts';

const scope = { project: 'Contoso Web' };
const inProgress = endpoint({ isReady: false, operationStatus: { state: 'InProgress' } });
const failed = endpoint({
  isReady: false,
  operationStatus: { state: 'Failed', statusMessage: 'AuthorizationFailed at https://x.example/a?sig=12345678' },
});
const unavailable = new AppError('upstream_unavailable', 'Azure DevOps answered 503.', { retryable: true });

afterEach(() => vi.useRealTimers());

describe('projects', () => {
  test('are found by name, as one segment of the address', async () => {
    const { endpoints, requests } = scriptedDevOps({ body: { ...web, state: 'wellFormed' } });
    expect(await endpoints.getProject({ project: 'Contoso Web' }, testCall())).toEqual(web);
    expect(requests).toEqual([expect.objectContaining({ path: '/_apis/projects/Contoso%20Web', scope: {} })]);
  });

  test.each([
    ['a 404', { status: 404, body: {} }],
    ['a null', { body: null }],
    ['a typed failure', new AppError('not_found', 'TF200016')],
  ])('that are unknown (%s) are told with the names that there are, the nearest first', async (_, first) => {
    const { endpoints } = scriptedDevOps(first, { body: { value: [{ id: '2', name: 'Data' }, web] } });
    await expect(endpoints.getProject({ project: 'Contoso Weeb' }, testCall())).rejects.toMatchObject({
      code: 'not_found',
      message: 'The organization contoso has no project "Contoso Weeb". It has `Contoso Web`, `Data`.',
    });
  });

  test('an organization without visible projects says who has to be added', async () => {
    const { endpoints } = scriptedDevOps({ body: null }, { body: { value: [] } });
    await expect(endpoints.getProject(scope, testCall())).rejects.toMatchObject({
      hint: expect.stringContaining('Organization settings'),
    });
  });

  test.each(['../../x', 'a/b', 'a?b', ' ', '..', 'a#b', 'a\u0000b', 'x'.repeat(65)])(
    'cannot be called %j: nothing is sent',
    async (project) => {
      const { endpoints, requests } = scriptedDevOps();
      await expect(endpoints.getProject({ project }, testCall())).rejects.toMatchObject({ code: 'invalid_argument' });
      expect(requests).toEqual([]);
    },
  );
});

describe('lists', () => {
  test('leave out what is no endpoint, and what was not asked for', async () => {
    const other = endpoint({ id: 'other', name: 'other', type: 'github' });
    const { endpoints, requests } = scriptedDevOps({ body: { value: [null, 'x', { id: 1 }, endpoint(), other] } });
    const found = await endpoints.list(scope, { type: 'AzureRM' }, testCall());
    expect(found.map(({ name }) => name)).toEqual(['shop']);
    expect(requests[0]).toMatchObject({ scope, params: { type: 'AzureRM', includeDetails: true } });
  });

  test('look for names with commas here: the service separates names by them', async () => {
    const { endpoints, requests } = scriptedDevOps({ body: { value: [endpoint({ name: 'a,B' }), endpoint()] } });
    expect(await endpoints.list(scope, { names: ['A,b'] }, testCall())).toHaveLength(1);
    expect(requests[0]?.params).not.toHaveProperty('endpointNames');
  });
});

describe('updates', () => {
  test.each([undefined, 'ConvertAuthenticationScheme'])(
    'leave out what the service shows as null or as nothing (operation %s): an empty key asks for a new one',
    async (operation) => {
      const parameters = { tenantid: 't', serviceprincipalid: 'app', ServicePrincipalKey: '', AccessToken: null };
      const data = { creationMode: 'Automatic', resourceId: '', appObjectId: null };
      const read = endpoint({ authorization: { scheme: 'ServicePrincipal', parameters }, data });
      const { endpoints, requests } = scriptedDevOps({ body: read });
      await endpoints.update(scope, read, operation === undefined ? {} : { operation }, testCall());
      expect(requests[0]?.body).toEqual({
        ...read,
        authorization: { scheme: 'ServicePrincipal', parameters: { tenantid: 't', serviceprincipalid: 'app' } },
        data: { creationMode: 'Automatic' },
      });
    },
  );
});

describe('one endpoint', () => {
  test.each([[{ body: null }], [{ status: 404, body: { message: 'gone' } }], [{ body: undefined }]])(
    'that is answered with %j is not there',
    async (answer) => {
      expect(await scriptedDevOps(answer).endpoints.get(scope, 'id', testCall())).toBeUndefined();
    },
  );

  test('is never addressed by more than one segment', async () => {
    const { endpoints, requests } = scriptedDevOps();
    await expect(endpoints.get(scope, '../../projects', testCall())).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(requests).toEqual([]);
  });

  test('goes back with members that are not known here, and without the secret that was not shown', async () => {
    const strange = {
      ...endpoint(),
      administratorsGroup: null,
      newMember: { deep: [1] },
      data: { a: 'b', flag: true },
    };
    const { endpoints, requests } = scriptedDevOps({ body: strange }, { body: strange });
    const read = await endpoints.get(scope, strange.id, testCall());
    if (read === undefined) throw new Error('It is there.');
    await endpoints.update(scope, read, { operation: 'ConvertAuthenticationScheme' }, testCall());
    expect(requests[1]).toMatchObject({ method: 'PUT', params: { operation: 'ConvertAuthenticationScheme' }, scope });
    expect(JSON.parse(JSON.stringify(requests[1]?.body))).toEqual({
      ...strange,
      authorization: {
        scheme: 'ServicePrincipal',
        parameters: { tenantid: 'tenant', serviceprincipalid: 'app', authenticationType: 'spnKey' },
      },
      data: { a: 'b', flag: 'true' },
    });
  });

  test('an ordinary update is sent to the organization', async () => {
    const { endpoints, requests } = scriptedDevOps({ body: endpoint() });
    await endpoints.update(scope, endpoint(), {}, testCall());
    expect(requests[0]?.scope).toEqual({});
    expect(requests[0]).not.toHaveProperty('params');
  });

  test('a change that is answered without an endpoint leaves the outcome open', async () => {
    const { endpoints } = scriptedDevOps({ body: null }, { body: null });
    await expect(endpoints.update(scope, endpoint(), {}, testCall())).rejects.toMatchObject({
      code: 'outcome_unknown',
    });
    await expect(endpoints.create(scope, endpoint(), testCall())).rejects.toMatchObject({ code: 'outcome_unknown' });
  });

  test('seen without its authorization is still listed', async () => {
    const { endpoints } = scriptedDevOps({ body: { value: [{ id: 'x', name: 'y', type: 'azurerm' }] } });
    expect(await endpoints.list(scope, {}, testCall())).toMatchObject([{ id: 'x', authorization: { scheme: '' } }]);
  });
});

describe('waiting', () => {
  test('ends with the endpoint that is ready; the first looks come soon, later ones every ten seconds', async () => {
    fakeTime();
    const start = Date.now();
    const looks = Array.from({ length: 6 }, () => ({ body: inProgress }));
    const { endpoints } = scriptedDevOps(...looks, { body: endpoint() });
    expect(await passTime(endpoints.waitUntilReady(scope, 'id', testCall()))).toMatchObject({ name: 'shop' });
    expect(Math.round((Date.now() - start) / 1000)).toBe(2 + 4 + 8 + 10 + 10 + 10);
  });

  test('tells the failure of the service in its words, without the query of an address', async () => {
    const { endpoints } = scriptedDevOps({ body: failed });
    const error = await endpoints.waitUntilReady(scope, 'id', testCall()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'upstream_error', detail: { state: 'Failed', scheme: 'ServicePrincipal' } });
    expect(String(error)).toContain('AuthorizationFailed at https://x.example/a');
    expect(String(error)).not.toContain('sig=');
  });

  test('is over after two minutes', async () => {
    fakeTime();
    const looks = Array.from({ length: 30 }, () => ({ body: inProgress }));
    const { endpoints, requests } = scriptedDevOps(...looks);
    await expect(passTime(endpoints.waitUntilReady(scope, 'id', testCall()))).rejects.toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    expect(requests.length).toBeLessThan(16);
  });

  test('is over before the deadline of the call', async () => {
    fakeTime();
    const { endpoints, requests } = scriptedDevOps({ body: inProgress }, { body: inProgress });
    const call = testCall({ deadlineAt: Date.now() + 8_000 });
    await expect(passTime(endpoints.waitUntilReady(scope, 'id', call))).rejects.toMatchObject({ code: 'timeout' });
    expect(requests).toHaveLength(2);
  });

  test('bears looks that find nothing or fail, but not three in a row', async () => {
    fakeTime();
    const calm = scriptedDevOps({ body: null }, unavailable, { body: null }, { body: endpoint() });
    expect(await passTime(calm.endpoints.waitUntilReady(scope, 'id', testCall()))).toMatchObject({ name: 'shop' });
    const gone = scriptedDevOps({ body: null }, { body: null }, { body: null });
    await expect(passTime(gone.endpoints.waitUntilReady(scope, 'id', testCall()))).rejects.toMatchObject({
      code: 'not_found',
    });
    const dead = scriptedDevOps(unavailable, unavailable, unavailable);
    await expect(passTime(dead.endpoints.waitUntilReady(scope, 'id', testCall()))).rejects.toBe(unavailable);
  });

  test('stops with the call, and sends nothing more', async () => {
    fakeTime();
    const cancel = new AbortController();
    const { endpoints, requests } = scriptedDevOps({ body: inProgress });
    const waiting = endpoints.waitUntilReady(scope, 'id', testCall({ signal: cancel.signal }));
    setTimeout(() => cancel.abort(), 500);
    await expect(passTime(waiting)).rejects.toMatchObject({ code: 'cancelled' });
    expect(requests).toHaveLength(1);
  });
});

describe('removal', () => {
  test('ends when the endpoint is gone', async () => {
    fakeTime();
    const { endpoints, requests } = scriptedDevOps({ status: 204 }, { body: inProgress }, { body: null });
    await passTime(endpoints.remove(scope, 'id', { projectIds: ['p1', 'p2'], deep: true }, testCall()));
    expect(requests[0]).toMatchObject({ method: 'DELETE', params: { projectIds: 'p1,p2', deep: true }, scope: {} });
  });

  test('of what is gone already is done', async () => {
    const { endpoints, requests } = scriptedDevOps({ status: 404, body: {} }, { body: null });
    await endpoints.remove(scope, 'id', { projectIds: ['p'] }, testCall());
    expect(requests[0]?.params).toEqual({ projectIds: 'p' });
  });

  test('of one that had failed waits for the deletion to begin', async () => {
    fakeTime();
    const { endpoints } = scriptedDevOps({ status: 204 }, { body: failed }, { body: inProgress }, { body: null });
    await passTime(endpoints.remove(scope, 'id', { projectIds: ['p'] }, testCall()));
  });

  test('that the service could not carry out says why', async () => {
    fakeTime();
    const { endpoints } = scriptedDevOps({ status: 204 }, { body: failed }, { body: failed }, { body: failed });
    const removal = endpoints.remove(scope, 'id', { projectIds: ['p'] }, testCall());
    await expect(passTime(removal)).rejects.toMatchObject({
      message: expect.stringContaining('could not be deleted: `AuthorizationFailed'),
    });
  });
});

describe('the test', () => {
  const refused = { body: { statusCode: 'unauthorized', errorMessage: 'AADSTS70021: not yet' } };

  test('is one POST that only reads', async () => {
    const { endpoints, requests } = scriptedDevOps({ body: { statusCode: 'ok', errorMessage: '' } });
    expect(await endpoints.test(scope, endpoint(), {}, testCall())).toEqual({ ok: true, status: 'ok' });
    expect(requests[0]).toMatchObject({ method: 'POST', readOnly: true, params: { endpointId: endpoint().id }, scope });
  });

  test('is made again for as long as a new federation is given time', async () => {
    fakeTime();
    const later = scriptedDevOps(refused, refused, { body: { statusCode: 200 } });
    expect(await passTime(later.endpoints.test(scope, endpoint(), { retryForMs: 60_000 }, testCall()))).toMatchObject({
      ok: true,
    });
    const never = scriptedDevOps(...Array.from({ length: 7 }, () => refused));
    expect(await passTime(never.endpoints.test(scope, endpoint(), { retryForMs: 60_000 }, testCall()))).toMatchObject({
      ok: false,
      status: 'unauthorized',
    });
    expect(never.requests).toHaveLength(7);
  });
});

test('all pipelines are granted access with the version of that route', async () => {
  const { endpoints, requests } = scriptedDevOps({ body: {} });
  await endpoints.grantAllPipelines(scope, 'id', testCall());
  expect(requests).toEqual([
    {
      method: 'PATCH',
      path: '/_apis/pipelines/pipelinepermissions/endpoint/id',
      apiVersion: '7.1-preview.1',
      body: { allPipelines: { authorized: true, authorizedBy: null, authorizedOn: null } },
      scope,
    },
  ]);
});
