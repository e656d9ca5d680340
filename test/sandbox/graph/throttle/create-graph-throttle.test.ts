import { expect, test } from 'vitest';
import { parseGraphPath } from '../../../../src/sandbox/graph/parse-path.ts';
import { resourceUnits, writeUnits } from '../../../../src/sandbox/graph/throttle/call-costs.ts';
import { createGraphThrottle } from '../../../../src/sandbox/graph/throttle/create-graph-throttle.ts';
import { createTestContext, sandboxRequest } from '../../support/test-context.ts';

const parse = (path: string) => {
  const [rawPath = '', rawQuery = ''] = path.split('?');
  return parseGraphPath(`/v1.0${rawPath}`, rawQuery);
};

function throttled(limits: Readonly<Record<string, number>> = {}, users = 240) {
  const context = createTestContext({ users });
  context.place('throttleLimits', limits);
  const throttle = createGraphThrottle();
  const call = (method: string, path: string, caller = context.caller) =>
    throttle.admit(parse(path), sandboxRequest(method, `/v1.0${path}`), { ...context, caller });
  return { context, throttle, call };
}

test.each([
  ['GET', '/users', 2],
  ['GET', '/users?$select=id', 1],
  ['GET', '/users?$select=id&$top=5', 1],
  ['GET', '/users?$top=999', 2],
  ['GET', '/users?$expand=manager', 3],
  ['GET', '/users/x', 1],
  ['GET', '/groups', 1],
  ['GET', '/groups/x/members', 3],
  ['GET', '/groups/x/members?$expand=memberOf', 4],
  ['GET', '/groups/x/transitiveMembers', 5],
  ['GET', '/groups/x/transitiveMembers?$top=19', 4],
  ['GET', '/groups/x/transitiveMembers?$top=20', 5],
  ['GET', '/groups/x/transitiveMembers?$top=19&$select=id', 3],
  ['GET', '/me/memberOf', 2],
  ['GET', '/subscribedSkus', 3],
  ['GET', '/servicePrincipals/x/appRoleAssignments', 2],
  ['POST', '/directoryObjects/getByIds', 5],
  ['POST', '/directoryObjects/getByIds?$select=id', 2],
  ['PATCH', '/users/x', 1],
])('%s %s costs %i resource units', (method, path, units) => {
  expect(resourceUnits(method, parse(path))).toBe(units);
});

test('a POST that only reads costs no write', () => {
  expect(
    ['/users', '/directoryObjects/getByIds', '/users/x/getMemberGroups'].map((path) => writeUnits('POST', parse(path))),
  ).toEqual([1, 0, 0]);
});

test('an answer says what it cost, and from 80 % how much of the budget is used', () => {
  const { call } = throttled({ resource_units: 10 });
  const used = [1, 2, 3, 4, 5].map(() => call('GET', '/users').headers);
  expect(used.map((headers) => headers['x-ms-resource-unit'])).toEqual(['2', '2', '2', '2', '2']);
  expect(used.map((headers) => headers['x-ms-throttle-limit-percentage'])).toEqual([
    undefined,
    undefined,
    undefined,
    '0.8',
    '1',
  ]);
});

test('an exhausted budget answers 429 with the wait, the scope and the reason', () => {
  const { call, context } = throttled({ resource_units: 4 });
  call('GET', '/users');
  call('GET', '/users');
  const { refusal } = call('GET', '/users');
  expect(refusal).toMatchObject({
    status: 429,
    headers: {
      'retry-after': '10',
      'x-ms-throttle-scope': `Tenant_Application/ReadWrite/${context.caller.appId}/${context.caller.tenantId}`,
      'x-ms-throttle-information': 'ResourceUnitLimitExceeded',
    },
    body: { error: { code: 'TooManyRequests', message: 'Please retry again later.', innerError: { code: '429' } } },
  });
});

test('after the wait the call passes', () => {
  const { call, context } = throttled({ resource_units: 4, count_refused: 0 });
  call('GET', '/users');
  call('GET', '/users');
  expect(call('GET', '/users').refusal?.headers).toMatchObject({ 'retry-after': '5' });
  context.advance(5);
  expect(call('GET', '/users').refusal).toBeUndefined();
});

test('a call before the wait is over is refused although there is budget, and makes the wait longer', () => {
  const { call, context } = throttled({ resource_units: 10 });
  for (let turn = 0; turn < 5; turn++) call('GET', '/users');
  expect(call('GET', '/users').refusal?.headers).toMatchObject({ 'retry-after': '4' });
  context.advance(3);
  expect(call('GET', '/users/x').refusal?.headers).toMatchObject({ 'retry-after': '2' });
  context.advance(1);
  expect(call('GET', '/users/x').refusal?.headers).toMatchObject({ 'retry-after': '2' });
  context.advance(2);
  expect(call('GET', '/users/x').refusal).toBeUndefined();
});

test('writes have a budget of their own, and reads go on', () => {
  const { call } = throttled({ writes: 2 });
  call('POST', '/groups');
  call('PATCH', '/users/x');
  expect(call('POST', '/groups').refusal?.headers).toMatchObject({
    'x-ms-throttle-information': 'WriteLimitExceeded',
    'retry-after': '150',
  });
  expect(call('GET', '/users').refusal).toBeUndefined();
});

test('applications for personal accounts may be written sixty times a minute', () => {
  const { call, context } = throttled();
  const id = context.newId();
  context.store.insert('application', { id, signInAudience: 'AzureADandPersonalMicrosoftAccount' });
  for (let turn = 0; turn < 60; turn++) expect(call('PATCH', `/applications/${id}`).refusal).toBeUndefined();
  expect(call('PATCH', `/applications/${id}`).refusal?.status).toBe(429);
  expect(call('POST', '/applications').refusal).toBeUndefined();
});

test('another app has another budget', () => {
  const { call, context } = throttled({ resource_units: 2 });
  call('GET', '/users');
  expect(call('GET', '/users').refusal?.status).toBe(429);
  expect(call('GET', '/users', { ...context.caller, appId: 'other' }).refusal).toBeUndefined();
});

test.each([
  [40, 3500],
  [240, 5000],
  [501, 8000],
])('a tenant of %i users may spend %i units in ten seconds', (users, budget) => {
  const { call } = throttled({}, users);
  for (let spent = 0; spent < budget; spent += 5) call('GET', '/groups/x/transitiveMembers');
  expect(call('GET', '/groups/x').refusal?.status).toBe(429);
});

test('the envelope of a batch is not charged, whatever is in it', () => {
  const { call } = throttled({ resource_units: 1, writes: 1 });
  for (let turn = 0; turn < 5; turn++) {
    expect(call('POST', '/$batch')).toEqual({ headers: {} });
  }
  expect(call('PATCH', '/users/x').refusal).toBeUndefined();
  expect(call('GET', '/users/x').refusal?.status).toBe(429);
});

test('a mailbox has a budget of requests that the directory does not share', () => {
  const { call } = throttled({ mailbox_requests: 2 });
  for (const _ of [1, 2]) call('GET', '/users/x/messages');
  const { refusal } = call('GET', '/users/x/messages');
  expect(refusal).toMatchObject({ status: 429, headers: { 'retry-after': '600' } });
  expect(refusal?.headers).not.toHaveProperty('x-ms-resource-unit');
  expect(call('GET', '/users/x').refusal).toBeUndefined();
});

test('audit logs take five requests in ten seconds', () => {
  const { call } = throttled();
  for (let turn = 0; turn < 5; turn++) expect(call('GET', '/auditLogs/signIns').refusal).toBeUndefined();
  expect(call('GET', '/auditLogs/directoryAudits').refusal).toMatchObject({
    status: 429,
    headers: { 'retry-after': '4' },
  });
});

test('conditional access takes one request per second and does not say how long to wait', () => {
  const { call, context } = throttled();
  const path = '/identity/conditionalAccess/policies';
  expect(call('GET', path).refusal).toBeUndefined();
  const { refusal } = call('GET', path);
  expect(refusal?.status).toBe(429);
  expect(refusal?.headers).not.toHaveProperty('retry-after');
  context.advance(3);
  expect(call('GET', path).refusal).toBeUndefined();
});
