import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let user: { readonly id: string; readonly userPrincipalName: string };

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  const users = await tools.call('graph_query', { endpoint: '/users', params: { $top: 1 } });
  user = users.response.data.value[0];
});

afterAll(async () => {
  await tools.close();
});

/** The user of the tests stands for `{user}` and `{upn}`. */
async function refusalOf(address: string, params: Readonly<Record<string, unknown>>) {
  const endpoint = address.replace('{user}', user.id).replace('{upn}', user.userPrincipalName);
  const { response } = await tools.call('graph_query', { endpoint, params });
  return response.error;
}

describe('the hint of a refused query says what to leave out or to ask instead', () => {
  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['/subscribedSkus', { $top: 2 }, /^Leave \$top out/],
    ['/domains', { $top: 2 }, /^Leave \$top out/],
    ['/users', { $skip: 5 }, /^Leave \$skip out/],
    ['/users', { $top: 'many' }, /between 1 and 999\b/],
    ['/users/{user}/messages', { $top: 1001 }, /between 1 and 1000\b/],
    ['/users', { $orderby: 'jobTitle' }, /does not sort by this property/],
    ['/groups', { $orderby: 'mail', $filter: 'mailEnabled eq true' }, /does not sort by this property/],
    [
      '/users',
      { $filter: 'signInActivity/lastSignInDateTime le 2026-01-01T00:00:00Z and accountEnabled eq true' },
      /by signInActivity alone/,
    ],
    ['/users/{upn}', { $select: 'signInActivity' }, /by object id/],
    ['/users', { $expand: 'memberOf,manager' }, /^Expand one relationship/],
    ['/users/{user}/photo/$value', {}, /no photo/],
    ['/groups/delta', { $filter: "displayName eq 'x'" }, /\$filter by id/],
  ])('%s %o', async (address, params, hint) => {
    expect((await refusalOf(address, params)).hint).toMatch(hint);
  });

  test('the note about an order names the property as it was written', async () => {
    const answer = await tools.call('graph_query', { endpoint: '/groups', params: { $orderby: 'createdDateTime' } });
    expect(answer.meta.notes[0]).toContain('sorting by `createdDateTime`');
  });
});
