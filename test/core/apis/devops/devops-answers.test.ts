import { describe, expect, test } from 'vitest';
import type { DevOpsRequest } from '../../../../src/core/apis/devops/devops-api.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { testCall } from '../../../support/call.ts';
import { type ServedAnswer, armService as scriptedService } from '../arm/arm-service.ts';
import { openDevOps } from './devops-fixture.ts';

const scope = { project: 'apollo' };
const endpoints = '/_apis/serviceendpoint/endpoints';
const get: DevOpsRequest = { method: 'GET', path: `${endpoints}/e-1`, scope };
const create: DevOpsRequest = { method: 'POST', path: endpoints, scope: {}, body: { name: 'x' } };
const update: DevOpsRequest = { method: 'PUT', path: `${endpoints}/e-1`, scope: {}, body: { id: 'e-1' } };
const convert: DevOpsRequest = { ...update, params: { operation: 'ConvertAuthenticationScheme' } };

async function send(request: DevOpsRequest, answer: (index: number) => ServedAnswer | Error, access?: 'read_only') {
  const service = scriptedService((_, index) => {
    const given = answer(index);
    if (given instanceof Error) throw given;
    return given;
  });
  const { devops, tokenRequests } = openDevOps({
    httpClient: service,
    ...(access === undefined ? {} : { record: { access } }),
  });
  const outcome = await devops.send(request, testCall()).then(
    (response) => ({ response, error: undefined }),
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return { response: undefined, error };
    },
  );
  return { ...outcome, service, tokenRequests };
}

function failure(status: number, typeKey: string | undefined, message: string): ServedAnswer {
  return {
    status,
    body: {
      $id: '1',
      innerException: null,
      message,
      typeName: `Microsoft.Example.${typeKey}, Microsoft.Example`,
      typeKey,
      errorCode: 0,
      eventId: 3000,
    },
  };
}

const page = '<html><head><title>Azure DevOps Services | Sign In</title></head></html>';
const html = { 'content-type': 'text/html; charset=utf-8' };

describe('whoever is not signed in', () => {
  const answers: readonly (readonly [string, ServedAnswer])[] = [
    ['203 with a page', { status: 203, headers: html, body: page }],
    ['203 that says it is JSON', { status: 203, body: { a: 1 } }],
    ['203 with a text that is JSON', { status: 203, headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['203 without a body', { status: 203 }],
    ['200 with a page', { status: 200, headers: html, body: page }],
    ['200 with a page of no type', { status: 200, headers: { 'content-type': '' }, body: page }],
    ['200 with a file', { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: 'x' }],
    [
      '302 to the sign-in page',
      { status: 302, headers: { location: 'https://spsprod.vssps.visualstudio.com/_signin?realm=x' } },
    ],
    ['302 to the sign-in page, relative', { status: 302, headers: { location: '/_signin' } }],
    ['401 without a body', { status: 401 }],
    ['401 with a page', { status: 401, headers: html, body: page }],
  ];

  test.each(answers)('is told so: %s', async (_, answer) => {
    const { error, service, tokenRequests } = await send(get, () => answer);
    expect(error).toMatchObject({
      code: 'unauthenticated',
      status: 401,
      retryable: false,
      hint: expect.stringMatching(/organization.*personal access token/),
    });
    // Once more with a new token, and nothing to where the answer leads.
    expect(service.arrived.map(({ url }) => url.host)).toEqual(['dev.azure.com', 'dev.azure.com']);
    expect(tokenRequests[1]).toHaveProperty('refused');
    expect(service.arrived[0]?.authorization).not.toBe(service.arrived[1]?.authorization);
  });

  test.each([
    ['without headers of the service', {}, 'upstream_error'],
    ['with headers of the service', { 'x-vss-e2eid': 'a' }, 'unauthenticated'],
  ])('is not the one whom a page of the network %s keeps out', async (_, own, code) => {
    const body = '<html><head><title>Welcome to the hotel</title></head></html>';
    const { error } = await send(get, () => ({ status: 200, headers: { ...html, ...own }, body }));
    expect(error).toMatchObject({ code });
  });

  test.each([
    ['a read', get],
    ['a creation', create],
    ['a conversion', convert],
  ])('gets through with a new token: %s', async (_, request) => {
    const { response, service } = await send(request, (index) =>
      index === 0 ? { status: 203, headers: html, body: page } : { status: 200, body: { id: 'e-1' } },
    );
    expect(response?.body).toEqual({ id: 'e-1' });
    expect(service.arrived).toHaveLength(2);
  });
});

describe('an answer', () => {
  test.each<readonly [string, ServedAnswer, unknown]>([
    ['with a byte order mark', { status: 200, body: '\ufeff{"id":"e"}' }, { id: 'e' }],
    [
      'that says it is text',
      { status: 200, headers: { 'content-type': 'text/plain' }, body: '\ufeff{"id":"e"}' },
      { id: 'e' },
    ],
    ['that is null', { status: 200, body: 'null' }, null],
    ['without a body', { status: 204 }, undefined],
    ['that is an empty text', { status: 200, headers: { 'content-type': 'text/plain' }, body: '' }, undefined],
    [
      'of another kind of JSON',
      { status: 200, headers: { 'content-type': 'application/problem+json' }, body: '[1]' },
      [1],
    ],
  ])('%s is read', async (_, answer, body) => {
    const { response } = await send(get, () => answer);
    expect(response?.body).toEqual(body);
  });

  test('an error that says it is text, with a byte order mark, is read', async () => {
    const body = `\ufeff${JSON.stringify(failure(404, 'ProjectDoesNotExistException', 'VS800075: no').body)}`;
    const { error } = await send(get, () => ({ status: 404, headers: { 'content-type': 'text/plain' }, body }));
    expect(error).toMatchObject({ code: 'not_found', upstream: { code: 'ProjectDoesNotExistException' } });
  });

  test('a redirect that leads to no sign-in is followed', async () => {
    const { response } = await send(get, (index) =>
      index === 0
        ? { status: 302, headers: { location: 'https://dev.azure.com/fabrikam/_signinto' } }
        : { status: 200, body: { id: 'e' } },
    );
    expect(response?.body).toEqual({ id: 'e' });
  });
});

describe('a failure', () => {
  test.each<readonly [string, DevOpsRequest, ServedAnswer, Readonly<Record<string, unknown>>]>([
    [
      'a name that is taken, as 500',
      create,
      failure(500, 'DuplicateServiceConnectionException', 'already exists'),
      { code: 'conflict', retryable: false },
    ],
    [
      'a name that is taken, as 409',
      create,
      failure(409, 'DuplicateServiceConnectionException', 'already exists'),
      { code: 'conflict', retryable: false },
    ],
    [
      'a name that is taken, of an update',
      update,
      failure(500, 'DuplicateServiceConnectionException', 'already exists'),
      { code: 'conflict', retryable: false },
    ],
    [
      'automatic creation by an app',
      create,
      failure(500, 'AadAccessSilentException', 'A valid refresh token was not found'),
      { code: 'unsupported', retryable: false },
    ],
    [
      'automatic creation by an app, told otherwise',
      create,
      failure(
        500,
        'ServiceEndpointException',
        'Failed to obtain the Json Web Token(JWT) using service principal client ID',
      ),
      { code: 'unsupported', retryable: false },
    ],
    [
      'a bad endpoint',
      create,
      failure(400, 'ServiceEndpointException', 'missing parameter'),
      { code: 'invalid_argument' },
    ],
    [
      'a bad endpoint, as 500',
      create,
      failure(500, 'ServiceEndpointException', 'missing parameter'),
      { code: 'upstream_error', retryable: false },
    ],
    [
      'a bad scheme',
      create,
      failure(400, 'InvalidServiceEndpointRequestException', 'Unable to find service connection type'),
      { code: 'invalid_argument' },
    ],
    [
      'a null argument',
      create,
      failure(400, 'ArgumentNullException', 'Value cannot be null. Parameter name: x'),
      { code: 'invalid_argument' },
    ],
    [
      'the same scheme again',
      convert,
      failure(
        400,
        'ArgumentException',
        'Converting endpoint type azurerm scheme from A to A is neither an upgrade or a downgrade and is not supported.',
      ),
      { code: 'conflict', retryable: false },
    ],
    [
      'an unknown project',
      get,
      failure(404, 'ProjectDoesNotExistWithNameException', 'TF200016: no'),
      { code: 'not_found' },
    ],
    [
      'an unknown project, as 400',
      get,
      failure(400, 'ProjectDoesNotExistException', 'VS800075: no'),
      { code: 'not_found' },
    ],
    [
      'an unknown project, by its words',
      get,
      failure(400, undefined, 'VS800075: The project does not exist'),
      { code: 'not_found' },
    ],
    [
      'an unknown repository',
      get,
      failure(404, 'GitRepositoryNotFoundException', 'TF401019: The Git repository does not exist'),
      { code: 'not_found' },
    ],
    [
      'no access',
      get,
      failure(403, 'AccessCheckException', 'denied'),
      { code: 'permission_denied', hint: expect.stringContaining('organization') },
    ],
    [
      'no access to the organization, as 401',
      get,
      failure(401, 'UnauthorizedRequestException', "TF400813: The user 'ada' is not authorized"),
      { code: 'permission_denied', hint: expect.stringContaining('Users') },
    ],
    [
      'no access for nobody',
      get,
      failure(401, undefined, "TF400813: The user '' is not authorized"),
      { code: 'unauthenticated' },
    ],
    [
      'no right to make endpoints',
      create,
      failure(403, 'AccessCheckException', 'You need Endpoint Creator permission'),
      { code: 'permission_denied', hint: expect.stringContaining('Service connections') },
    ],
    [
      'a version that needs -preview',
      get,
      failure(400, 'VssInvalidPreviewVersionException', 'x'),
      { code: 'invalid_argument', hint: expect.stringContaining('-preview') },
    ],
    ['something unknown, as 400', get, failure(400, 'SomethingElse', 'x'), { code: 'invalid_argument' }],
    ['a page, as 404', get, { status: 404, headers: html, body: page }, { code: 'not_found' }],
    [
      'a framework error',
      get,
      { status: 400, body: { count: 1, value: { Message: 'The request is invalid.' } } },
      { code: 'invalid_argument', message: 'Azure DevOps answered 400: `The request is invalid.`.' },
    ],
  ])('%s', async (_, request, answer, expected) => {
    const { error, service } = await send(request, () => answer);
    expect(error).toMatchObject({ ...expected, hint: expected['hint'] ?? expect.stringMatching(/.{10}/) });
    expect(error?.code).not.toBe('outcome_unknown');
    expect(service.arrived).toHaveLength(answer.status === 401 ? 2 : 1);
  });

  test('has the type of the service as its code', async () => {
    const { error } = await send(create, () =>
      failure(500, 'DuplicateServiceConnectionException', 'Service connection with name x already exists.'),
    );
    expect(error).toMatchObject({
      message: 'Azure DevOps answered 500: `Service connection with name x already exists.`.',
      status: 500,
      upstream: {
        code: 'DuplicateServiceConnectionException',
        url: 'https://dev.azure.com/contoso/_apis/serviceendpoint/endpoints',
      },
    });
  });
});

describe('repeating', () => {
  const unnamed = failure(500, 'VssServiceException', 'TF400898: An Internal Error Occurred.');

  test.each([
    ['a read', get],
    [
      'a test of a connection',
      { method: 'POST', path: '/_apis/serviceendpoint/endpointproxy', scope, body: {} } as const,
    ],
    ['an update', update],
  ])('%s after a 500 that names no reason', async (_, request) => {
    const { response, service } = await send(request, (index) => (index === 0 ? unnamed : { status: 200, body: {} }));
    expect(response?.status).toBe(200);
    expect(service.arrived).toHaveLength(2);
  });

  test.each([
    ['a creation', create],
    ['a conversion', convert],
    ['a conversion in other letters', { ...update, params: { operation: 'convertauthenticationSCHEME' } } as const],
  ])('%s is not sent again while its outcome is unknown', async (_, request) => {
    for (const answer of [unnamed, { status: 503 }, new Error('socket hang up')]) {
      const { error, service } = await send(request, () => answer);
      expect(error).toMatchObject({
        code: 'outcome_unknown',
        retryable: false,
        hint: expect.stringContaining('list_service_connections'),
      });
      expect(service.arrived).toHaveLength(1);
    }
  });

  test('a conversion that was throttled is sent again', async () => {
    const { response, service } = await send(convert, (index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '0' } } : { status: 200, body: {} },
    );
    expect(response?.status).toBe(200);
    expect(service.arrived).toHaveLength(2);
  });

  test('a test of a connection passes a read-only connection; a change does not', async () => {
    const test: DevOpsRequest = { method: 'POST', path: '/_apis/ServiceEndpoint/EndpointProxy', scope, body: {} };
    expect((await send(test, () => ({ status: 200, body: {} }), 'read_only')).response?.status).toBe(200);
    for (const request of [create, update, convert]) {
      const { error, service } = await send(request, () => ({ status: 200, body: {} }), 'read_only');
      expect(error?.code).toBe('refused');
      expect(service.arrived).toEqual([]);
    }
  });
});
