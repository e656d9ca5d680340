import { afterEach, describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import { testCall } from '../../../support/call.ts';
import { openSandboxGraph, type SandboxGraph } from '../../../support/sandbox-graph.ts';

let opened: SandboxGraph | undefined;

afterEach(async () => {
  await opened?.close();
});

const refusal = (message: string, code = 'Request_UnsupportedQuery') => ({ error: { code, message } });
const get = (params: ApiRequest['params'] = {}): ApiRequest => ({ method: 'GET', path: '/users', params });

async function ask(request: ApiRequest, body: object, times = 1) {
  opened = openSandboxGraph({ users: 20 });
  const { graph, sandbox, seen } = opened;
  sandbox.fault({ match: 'GET /v1.0/users*', status: 400, body, times });
  const call = testCall();
  const outcome = await graph.send(request, call).then(
    () => 'answered',
    (error: unknown) => error,
  );
  return { outcome, notes: call.record.notes, seen: seen() };
}

const department = { $filter: "department eq 'Sales'" };

describe('a query that the service refuses', () => {
  test.each([
    "Operator 'eq' is not supported because the required parameters might be missing.",
    'Sorting not supported for current query.',
    "Unsupported or invalid query filter clause specified for property 'x' of resource 'User'.",
    'A text of tomorrow.',
  ])('goes once more with the advanced parameters, and the note says so: %s', async (message) => {
    const { outcome, notes, seen } = await ask(get(department), refusal(message));
    expect(outcome).toBe('answered');
    expect(seen).toHaveLength(2);
    expect(notes).toEqual([
      'Added ConsistencyLevel: eventual and $count=true: the service refused the query without it.',
    ]);
  });

  test('with them too, the note does not say that they helped', async () => {
    const { outcome, notes, seen } = await ask(get(department), refusal('Unsupported.'), 2);
    expect(outcome).toMatchObject({ code: 'invalid_argument', status: 400 });
    expect(seen).toHaveLength(2);
    expect(notes).toEqual([]);
  });

  test.each<[string, string]>([
    ["Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.", 'Request_UnsupportedQuery'],
    ['Search filter expression has excessive height: 4. Max allowed: 3.', 'Request_UnsupportedQuery'],
    [
      "Too many child clauses specified in search filter expression containing 'OR' operators: 16.",
      'Request_UnsupportedQuery',
    ],
    ["The query option '$top' is not supported for this resource.", 'Request_UnsupportedQuery'],
    ["Could not find a property named 'x' on type 'microsoft.graph.user'.", 'BadRequest'],
    ['Invalid filter clause: Syntax error at position 12', 'Request_BadRequest'],
  ])('for another reason is refused at once, without a note: %s', async (message, code) => {
    const { outcome, notes, seen } = await ask(get(department), refusal(message, code));
    expect(outcome).toMatchObject({ code: 'invalid_argument' });
    expect(seen).toHaveLength(1);
    expect(notes).toEqual([]);
  });
});

describe('users with their sign-in activity', () => {
  const activity = { $select: 'id,signInActivity', $top: 300 };
  const body = refusal('Cannot query data for more than 120 users at a time.', 'Request_BadRequest');

  test('come in smaller pages where the service asks for that', async () => {
    const { outcome, notes, seen } = await ask(get(activity), body);
    expect(outcome).toBe('answered');
    expect(seen[1]?.url).toContain('$top=120');
    expect(notes).toEqual(['$top was lowered to 120: the service refused larger pages here.']);
  });

  test('are refused with the right number where that does not help', async () => {
    const { outcome, notes } = await ask(get(activity), body, 2);
    expect(outcome).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('between 1 and 120') });
    expect(notes).toEqual([]);
  });
});

test('an app that asks for /me is told whose address that is, whatever the service says', async () => {
  opened = openSandboxGraph({ users: 5 });
  const { graph, sandbox } = opened;
  const hint = expect.stringMatching(/an app has no \/me/);
  await expect(graph.send({ method: 'GET', path: '/me' }, testCall())).rejects.toMatchObject({ hint });
  sandbox.fault({ match: 'GET /v1.0/me*', status: 404, body: refusal('Not here.', 'ResourceNotFound') });
  await expect(graph.send({ method: 'GET', path: '/me/messages' }, testCall())).rejects.toMatchObject({ hint });
  const { responses } = await graph.batch([{ method: 'GET', url: '/me' }], {}, testCall());
  expect(responses[0]?.error).toMatchObject({ hint });
});

test('an error of a batch item has the id that its inner error has', async () => {
  opened = openSandboxGraph({ users: 5 });
  const { graph, sandbox } = opened;
  const id = '6d1e1b0a-54c7-4d4e-9d7a-0c1f4a1b2c3d';
  const body = { error: { code: 'x', message: 'No.', innerError: { 'request-id': id } } };
  sandbox.fault({ match: 'GET /v1.0/groups*', status: 400, body });
  const { responses } = await graph.batch([{ method: 'GET', url: '/groups' }], {}, testCall());
  expect(responses[0]?.error).toMatchObject({ upstream: { request_id: id } });
});
