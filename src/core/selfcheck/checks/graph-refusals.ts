import type { CheckRequest, SelfCheck } from '../self-check.ts';

const errors = 'https://learn.microsoft.com/graph/errors';
const options = 'https://learn.microsoft.com/graph/query-parameters';
const batching = 'https://learn.microsoft.com/graph/json-batching';

/** An id that no object has. */
const nobody = '5e1fc8ec-0000-4000-8000-000000000000';

const get = (path: string, query: CheckRequest['query'] = {}): CheckRequest => ({ service: 'graph', path, query });

const batchOf = (count: number, id: (index: number) => string): CheckRequest => ({
  service: 'graph',
  method: 'POST',
  path: '/$batch',
  body: {
    requests: Array.from({ length: count }, (_, index) => ({
      id: id(index),
      method: 'GET',
      url: '/users?$top=1&$select=id',
    })),
  },
});

/** Wrong requests, each with the status and the code that tells what is wrong. */
export const graphRefusalChecks: readonly SelfCheck[] = [
  {
    id: 'graph.refuses.unknown-id',
    asks: 'a user that does not exist',
    about: 'code',
    request: get(`/users/${nobody}`, { $select: 'id' }),
    expect: { status: 404, codes: ['Request_ResourceNotFound'] },
    source: errors,
  },
  {
    id: 'graph.refuses.unknown-segment',
    asks: 'a collection that does not exist',
    about: 'code',
    request: get('/tenantrySelfcheck'),
    expect: { status: 400, codes: ['BadRequest'] },
    source: errors,
    needs: 'any permission of Microsoft Graph',
  },
  {
    id: 'graph.refuses.bad-id',
    asks: 'a group whose id is no GUID',
    about: 'code',
    request: get('/groups/tenantry-selfcheck'),
    expect: { status: 400, codes: ['Request_BadRequest'] },
    source: errors,
  },
  {
    id: 'graph.refuses.device-owners',
    asks: 'the owners of a device, which are called registeredOwners',
    about: 'code',
    request: get(`/devices/${nobody}/owners`),
    expect: { status: 400, codes: ['BadRequest'] },
    source: 'https://learn.microsoft.com/graph/api/device-list-registeredowners',
  },
  {
    id: 'graph.refuses.unknown-property',
    asks: 'a property that does not exist, selected',
    about: 'code',
    request: get('/users', { $select: 'tenantrySelfcheck', $top: 1 }),
    expect: { status: 400, codes: ['BadRequest', 'Request_BadRequest'] },
    source: options,
  },
  {
    id: 'graph.refuses.mailbox-property',
    asks: 'a property of mailboxes, for a list of users',
    about: 'code',
    request: get('/users', { $select: 'aboutMe', $top: 1 }),
    expect: { status: 501, codes: ['NotImplemented'] },
    source: 'https://learn.microsoft.com/graph/api/user-list',
  },
  {
    id: 'graph.refuses.filter-syntax',
    asks: 'a filter with a wrong operator',
    about: 'code',
    request: get('/users', { $filter: "displayName is 'tenantry'", $top: 1 }),
    expect: { status: 400, codes: ['BadRequest', 'Request_BadRequest', 'Request_UnsupportedQuery'] },
    source: 'https://learn.microsoft.com/graph/filter-query-parameter',
  },
  {
    id: 'graph.refuses.me',
    asks: '/me with the token of an app',
    about: 'code',
    request: get('/me'),
    expect: { status: 400, codes: ['BadRequest', 'Request_BadRequest'] },
    source: 'https://learn.microsoft.com/graph/api/user-get',
    forApps: true,
  },
  {
    id: 'graph.refuses.batch-of-21',
    asks: 'a batch of 21 reads',
    about: 'code',
    request: batchOf(21, String),
    expect: { status: 400, codes: ['MaximumValueExceeded', 'BadRequest'] },
    source: batching,
  },
  {
    id: 'graph.refuses.batch-ids',
    asks: 'a batch whose ids differ only by case',
    about: 'code',
    request: batchOf(2, (index) => (index === 0 ? 'a' : 'A')),
    expect: { status: 400, codes: ['BadRequest'] },
    source: batching,
  },
];

const paging = 'https://learn.microsoft.com/graph/paging';

/** Pages, and what `$top` and `$skip` may be. */
export const graphPagingChecks: readonly SelfCheck[] = [
  {
    id: 'graph.users.next-page',
    asks: 'the second page of users',
    about: 'paging',
    request: { ...get(''), follows: 'graph.users.page' },
    expect: { atMost: 2, absent: ['@odata.count'], nextBy: ['$skiptoken'] },
    source: paging,
  },
  {
    id: 'graph.top.999',
    asks: 'the largest page of users, 999',
    about: 'paging',
    request: get('/users', { $top: 999, $select: 'id' }),
    expect: { atMost: 999, nextBy: ['$skiptoken'] },
    source: 'https://learn.microsoft.com/graph/api/user-list',
  },
  {
    id: 'graph.top.1000',
    asks: 'a page of 1000 users, which is too many',
    about: 'paging',
    request: get('/users', { $top: 1000, $select: 'id' }),
    expect: { status: 400, codes: ['Request_UnsupportedQuery', 'Request_BadRequest', 'BadRequest'] },
    source: 'https://learn.microsoft.com/graph/api/user-list',
  },
  {
    id: 'graph.skip',
    asks: '$skip on users, which the directory does not have',
    about: 'paging',
    request: get('/users', { $skip: 1, $top: 1, $select: 'id' }),
    expect: { status: 400, codes: ['Request_BadRequest', 'BadRequest', 'Request_UnsupportedQuery'] },
    source: options,
  },
  {
    id: 'graph.delta.top',
    asks: '$top on a delta query of users, which it does not have',
    about: 'paging',
    request: get('/users/delta', { $top: 5, $select: 'id' }),
    expect: { status: 400, codes: ['Request_UnsupportedQuery', 'Request_BadRequest', 'BadRequest'] },
    source: 'https://learn.microsoft.com/graph/api/user-delta',
  },
];
