import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

// A token that somebody has signed in to Tenantry with goes to the login host and nowhere else: no model may pass it on.

let box: SandboxTools;
const head = Buffer.from(JSON.stringify({ alg: 'RS256', kid: 'k' })).toString('base64url');
const token = `${head}.${'p'.repeat(300)}.${'s'.repeat(200)}`;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5, access: 'read_write' });
  box.runtime.secrets.add(token, 'signed_in', 'tenant/ada');
});
afterAll(() => box.close());

describe('a token of somebody who has signed in', () => {
  test.each([
    ['in a path', 'graph_query', { endpoint: `/users/${token}` }],
    ['in a parameter', 'graph_query', { endpoint: '/users', params: { $filter: `displayName eq '${token}'` } }],
    ['as a header of the trace', 'graph_query', { endpoint: '/users', correlation_id: token }],
    ['in the name of a parameter', 'graph_query', { endpoint: '/users', params: { [token]: 'x' } }],
    [
      'deep in a body',
      'graph_write',
      { requests: [{ method: 'PATCH', endpoint: '/users/x', body: { a: [{ note: `see ${token}!` }] } }] },
    ],
    ['in what is only shown', 'arm_write', { method: 'PUT', path: '/subscriptions/x', body: { token }, dry_run: true }],
    ['as a secret', 'complete_connection', { connection: 'sandbox', federated_token: token }],
  ])('is refused %s, and nothing is sent', async (_, tool, args) => {
    box.forget();
    const { response, text } = await box.call(tool, args);
    expect(response.error).toMatchObject({ code: 'refused', message: expect.stringContaining('signed in') });
    expect(text).not.toContain(token);
    expect(box.seen()).toEqual([]);
  });

  test('is not known by its first parts alone', async () => {
    const other = `${token.slice(0, -1)}t`;
    const { response } = await box.call('graph_query', { endpoint: '/users', correlation_id: other.slice(0, 60) });
    expect(response.error).toBeUndefined();
  });
});
