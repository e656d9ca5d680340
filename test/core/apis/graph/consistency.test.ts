import { expect, test } from 'vitest';
import { maybeNotReplicated, RecentObjects } from '../../../../src/core/apis/graph/consistency.ts';

const id = '0F0f0000-0000-4000-8000-000000000001';
const created = { status: 201, body: { id, appId: 'aaaaaaaa-0000-4000-8000-000000000002' } };

function recent() {
  let now = 0;
  const objects = new RecentObjects({ now: () => now });
  objects.learn({ method: 'POST', path: '/applications' }, created);
  return { objects, pass: (ms: number) => (now += ms) };
}

test('an object that was created here is new for five minutes', () => {
  const { objects, pass } = recent();
  const request = { method: 'GET', path: `/applications/${id.toLowerCase()}/owners` } as const;
  expect(objects.concerns(request)).toBe(true);
  pass(5 * 60_000);
  expect(objects.concerns(request)).toBe(false);
});

test('it is recognised in bodies and by its client id', () => {
  const { objects } = recent();
  const body = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` };
  expect(objects.concerns({ method: 'POST', path: '/groups/1/members/$ref', body })).toBe(true);
  expect(objects.concerns({ method: 'POST', path: '/servicePrincipals', body: { appId: created.body.appId } })).toBe(
    true,
  );
});

test('a DELETE never waits for it, and other objects are unknown', () => {
  const { objects } = recent();
  expect(objects.concerns({ method: 'DELETE', path: `/applications/${id}` })).toBe(false);
  expect(objects.concerns({ method: 'GET', path: '/applications/1' })).toBe(false);
});

test('only creations are learned', () => {
  const objects = new RecentObjects({ now: () => 0 });
  objects.learn({ method: 'POST', path: '/x' }, { status: 200, body: { id } });
  objects.learn({ method: 'PUT', path: '/x' }, created);
  objects.learn({ method: 'POST', path: '/x' }, { status: 201, body: undefined });
  expect(objects.concerns({ method: 'GET', path: `/x/${id}` })).toBe(false);
});

test('only the latest 5,000 are remembered', () => {
  const objects = new RecentObjects({ now: () => 0 });
  for (let index = 0; index <= 5_000; index++) {
    objects.learn(
      { method: 'POST', path: '/x' },
      { status: 201, body: { id: `object-${String(index).padStart(6, '0')}` } },
    );
  }
  expect(objects.concerns({ method: 'GET', path: '/x/object-000000' })).toBe(false);
  expect(objects.concerns({ method: 'GET', path: '/x/object-000001' })).toBe(true);
});

test.each([
  [404, '', '', true],
  [400, 'NoBackingApplicationObject', '', true],
  [400, 'Request_BadRequest', "Permission being assigned was not found on application 'x'.", true],
  [400, 'Request_BadRequest', 'Property x is invalid.', false],
  [403, 'Authorization_RequestDenied', '', false],
])('%i %s %s may be a matter of time: %s', (status, code, message, expected) => {
  expect(maybeNotReplicated(status, [code], message)).toBe(expected);
});
