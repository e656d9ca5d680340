import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../../src/core/base/errors.ts';
import { expectOwnSentence, type Failure, failed, requestId } from '../../../support/failed-graph-answer.ts';

describe('by status', () => {
  test.each<[number, ErrorCode, boolean, RegExp]>([
    [400, 'invalid_argument', false, /reference of this operation/],
    [401, 'unauthenticated', false, /validate_connection/],
    [402, 'upstream_error', false, /metered/],
    [403, 'permission_denied', false, /Grant|permission/],
    [404, 'not_found', false, /Check the id/],
    [405, 'invalid_argument', false, /api_version: beta/],
    [406, 'invalid_argument', false, /Accept/],
    [409, 'conflict', false, /Read the object again/],
    [410, 'upstream_error', false, /reset: true/],
    [411, 'invalid_argument', false, /body/],
    [412, 'precondition_failed', false, /ETag/],
    [413, 'invalid_argument', false, /createUploadSession/],
    [414, 'invalid_argument', false, /shorter filters/],
    [415, 'invalid_argument', false, /Content-Type/],
    [416, 'invalid_argument', false, /nextExpectedRanges/],
    [422, 'invalid_argument', false, /Correct the values/],
    [423, 'conflict', true, /locked/],
    [429, 'throttled', true, /Call again/],
    [500, 'upstream_unavailable', true, /Call again/],
    [501, 'unsupported', false, /Leave out|one user at a time/],
    [502, 'upstream_unavailable', true, /Call again/],
    [503, 'upstream_unavailable', true, /Call again/],
    [504, 'upstream_unavailable', true, /Call again/],
    [507, 'upstream_error', false, /storage/],
    [509, 'throttled', true, /bandwidth/],
  ])('%i', (status, code, retryable, hint) => {
    const error = failed(status, '', 'Words.', { path: '/things' });
    expectOwnSentence(error);
    expect(error).toMatchObject({ code, retryable, status, hint: expect.stringMatching(hint) });
  });
});

const get = (path: string, query: Readonly<Record<string, string>> = {}): Failure => ({ path, query });
const post = (path: string): Failure => ({ method: 'POST', path });

describe('by the most specific code', () => {
  test('the code inside an inner error says more than the one outside', () => {
    const more = { innererror: { code: 'resyncChangesApplyDifferences' } };
    expect(failed(410, 'gone', 'Gone.', { ...get('/drives/1/root/delta'), more }).hint).toMatch(/reset: true/);
    const deep = { innerError: { code: 'x', innerError: { code: 'InefficientFilter' } } };
    expect(failed(400, 'invalidRequest', 'No.', { more: deep }).hint).toMatch(/\$orderby/);
  });

  test('a code among the details counts', () => {
    const details = [{ code: 'NoBackingApplicationObject', target: 'appId', message: 'No.' }];
    const error = failed(400, 'Request_BadRequest', 'No.', { ...post('/servicePrincipals'), more: { details } });
    expect(error).toMatchObject({ code: 'not_found', retryable: true });
  });

  test('values that break rules are named by their place', () => {
    const details = [
      { code: 'x', target: 'displayName', message: 'No.' },
      { code: 'y', target: 'mailNickname', message: 'No.' },
    ];
    const error = failed(422, 'Request_UnprocessableEntity', 'No.', { ...post('/groups/validate'), more: { details } });
    expect(error.hint).toBe('Correct the values of `displayName`, `mailNickname`.');
  });
});

describe('what support asks for', () => {
  test.each<[string, object]>([
    ['innerError', { innerError: { 'request-id': requestId } }],
    ['innererror', { innererror: { 'request-id': requestId }, innerError: undefined }],
    ['the deepest one that has it', { innerError: { innerError: { 'request-id': requestId } } }],
  ])('the request id comes from %s where no header has it', (_place, more) => {
    expect(failed(400, 'BadRequest', 'No.', { more }).upstream?.requestId).toBe(requestId);
  });

  test('a header has the last word, and what is no id is left out', () => {
    const headers = { 'request-id': 'aaaaaaaa-0000-4000-8000-000000000001' };
    expect(failed(400, 'BadRequest', 'No.', { headers }).upstream?.requestId).toBe(headers['request-id']);
    const more = { innerError: { 'request-id': 'see https://elsewhere.example for help' } };
    expect(failed(400, 'BadRequest', 'No.', { more }).upstream?.requestId).toBeUndefined();
  });

  const app = '11111111-0000-4000-8000-000000000001';
  const tenant = '22222222-0000-4000-8000-000000000002';

  test('a throttle says scope, limit, app and tenant', () => {
    const error = failed(429, 'TooManyRequests', 'Please retry again later.', {
      headers: {
        'x-ms-throttle-scope': `Tenant_Application/ReadWrite/${app}/${tenant}`,
        'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
      },
    });
    expect(error.detail).toEqual({
      throttle: {
        scope: 'Tenant_Application',
        limit: 'ReadWrite',
        app_id: app,
        tenant_id: tenant,
        information: 'ResourceUnitLimitExceeded',
      },
    });
    expect(error.hint).toMatch(/^The budget of this app in this tenant is used up\. /);
  });

  test.each<[string, object | undefined]>([
    [`Tenant/Write/${app}/${tenant}`, { scope: 'Tenant', limit: 'Write', app_id: app, tenant_id: tenant }],
    [`Application/Read/${app}`, { scope: 'Application', limit: 'Read', app_id: app }],
    ['Tenant_Application/Read/not an id/<b>', { scope: 'Tenant_Application', limit: 'Read' }],
    ['what ever', undefined],
    ['', undefined],
  ])('the scope %s', (scope, expected) => {
    const error = failed(429, 'TooManyRequests', 'Later.', { headers: { 'x-ms-throttle-scope': scope } });
    expect(error.detail).toEqual(expected && { throttle: expected });
  });
});
