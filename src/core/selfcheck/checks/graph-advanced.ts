import type { CheckRequest, SelfCheck } from '../self-check.ts';
import { object } from '../shape.ts';

const source = 'https://learn.microsoft.com/graph/aad-advanced-queries';
const eventual = { ConsistencyLevel: 'eventual' };
const refused = ['Request_UnsupportedQuery'];

/** A value that nothing in a tenant has. */
const nothing = 'tenantry-selfcheck.invalid';

/** A query that must be refused as it is, and answered with the header and `$count=true`. */
interface AdvancedQuery {
  readonly id: string;
  readonly asks: string;
  readonly path: string;
  readonly query: NonNullable<CheckRequest['query']>;
}

const users = '/users';

/** User.ReadBasic.All shows only a few properties of a user. */
const allProperties = 'User.Read.All';

const queries: readonly AdvancedQuery[] = [
  { id: 'ne', asks: 'ne in a filter', path: users, query: { $filter: "userType ne 'Guest'" } },
  { id: 'ends-with', asks: 'endsWith', path: users, query: { $filter: `endsWith(mail,'@${nothing}')` } },
  { id: 'null', asks: 'a comparison with null', path: users, query: { $filter: 'department eq null' } },
  {
    id: 'user-property',
    asks: 'a property of users that is indexed for advanced queries only',
    path: users,
    query: { $filter: `companyName eq '${nothing}'` },
  },
  {
    id: 'group-property',
    asks: 'a property of groups that is indexed for advanced queries only',
    path: '/groups',
    query: { $filter: `startsWith(description,'${nothing}')` },
  },
  {
    id: 'filter-and-order',
    asks: '$filter together with $orderby',
    path: users,
    query: { $filter: `startsWith(displayName,'${nothing}')`, $orderby: 'displayName' },
  },
  {
    id: 'relationship',
    asks: 'a filter on the members of a group',
    path: '/groups/{group}/members',
    query: { $filter: `startsWith(displayName,'${nothing}')` },
  },
];

const small = { $select: 'id', $top: 1 };

function bothOf({ id, asks, path, query }: AdvancedQuery): readonly SelfCheck[] {
  const request = (more: Partial<CheckRequest>): CheckRequest => ({
    service: 'graph',
    path,
    ...more,
    query: { ...query, ...small, ...more.query },
  });
  const needed = path === users ? { needs: allProperties } : {};
  const counted = object({ '@odata.count': 'integer', value: 'array', '@odata.nextLink?': 'url' });
  return [
    {
      id: `graph.advanced.${id}.plain`,
      asks: `${asks}, without ConsistencyLevel`,
      about: 'advanced',
      request: request({}),
      expect: { status: 400, codes: refused },
      source,
      ...needed,
    },
    {
      id: `graph.advanced.${id}`,
      asks: `${asks}, with ConsistencyLevel and $count`,
      about: 'advanced',
      request: request({ headers: eventual, query: { $count: 'true' } }),
      expect: { body: counted, atMost: 1, nextBy: ['$skiptoken'] },
      source,
      ...needed,
    },
  ];
}

const get = (path: string, query: CheckRequest['query'], headers?: CheckRequest['headers']): CheckRequest => ({
  service: 'graph',
  path,
  query: query ?? {},
  ...(headers === undefined ? {} : { headers }),
});

/** What takes `ConsistencyLevel: eventual`, what must not have it, and what is silently ignored without it. */
export const graphAdvancedChecks: readonly SelfCheck[] = [
  ...queries.flatMap(bothOf),
  {
    id: 'graph.advanced.next-page.plain',
    asks: 'the second page of an advanced query, without ConsistencyLevel',
    about: 'advanced',
    request: { service: 'graph', path: '', follows: 'graph.advanced.ne' },
    expect: { status: 400, codes: ['Directory_ExpiredPageToken', 'Request_UnsupportedQuery'] },
    source: 'https://learn.microsoft.com/graph/paging',
  },
  {
    id: 'graph.advanced.next-page',
    asks: 'the same with ConsistencyLevel, without a count',
    about: 'advanced',
    request: { service: 'graph', path: '', follows: 'graph.advanced.ne', headers: eventual },
    expect: { absent: ['@odata.count'], atMost: 1, nextBy: ['$skiptoken'] },
    source: 'https://learn.microsoft.com/graph/paging',
  },
  {
    id: 'graph.advanced.count-segment.plain',
    asks: '/users/$count, without ConsistencyLevel',
    about: 'advanced',
    request: get('/users/$count', undefined),
    expect: { status: 400, codes: ['Request_BadRequest'] },
    source,
  },
  {
    id: 'graph.advanced.count-segment',
    asks: '/users/$count, with ConsistencyLevel: a number as text',
    about: 'advanced',
    request: get('/users/$count', undefined, eventual),
    expect: { body: 'digits|integer', headers: { 'content-type': 'text/plain' } },
    source,
  },
  {
    id: 'graph.advanced.count-option.plain',
    asks: '$count=true, which is ignored without ConsistencyLevel',
    about: 'advanced',
    request: get(users, { ...small, $count: 'true' }),
    expect: { absent: ['@odata.count'], atMost: 1 },
    source,
  },
  {
    id: 'graph.advanced.search.plain',
    asks: '$search, without ConsistencyLevel',
    about: 'advanced',
    request: get('/applications', { ...small, $search: `"displayName:${nothing}"` }),
    expect: { status: 400, codes: refused },
    source,
  },
  {
    id: 'graph.advanced.search',
    asks: '$search, with ConsistencyLevel alone',
    about: 'advanced',
    request: get('/applications', { ...small, $search: `"displayName:${nothing}"` }, eventual),
    expect: { body: object({ value: 'array' }), absent: ['@odata.count'], atMost: 1 },
    source: 'https://learn.microsoft.com/graph/search-query-parameter',
  },
  {
    id: 'graph.advanced.search.unquoted',
    asks: '$search whose clause is not in quotes',
    about: 'advanced',
    request: {
      service: 'graph',
      path: '/applications',
      typed: '$search=displayName:tenantry&$select=id&$top=1',
      headers: eventual,
    },
    expect: { status: 400, codes: ['BadRequest', 'Request_BadRequest', 'Request_UnsupportedQuery'] },
    source: 'https://learn.microsoft.com/graph/search-query-parameter',
  },
  {
    id: 'graph.advanced.order.plain',
    asks: 'users by createdDateTime, without ConsistencyLevel',
    about: 'advanced',
    request: get(users, { ...small, $orderby: 'createdDateTime' }),
    expect: { status: 400, codes: ['Request_UnsupportedQuery', 'Request_BadRequest', 'BadRequest'] },
    source,
    needs: allProperties,
  },
  {
    id: 'graph.advanced.expand',
    asks: '$expand with ConsistencyLevel, which do not go together',
    about: 'advanced',
    request: get(users, { ...small, $expand: 'manager($select=id)', $count: 'true' }, eventual),
    expect: { status: 400, codes: ['Request_UnsupportedQuery', 'Request_BadRequest', 'BadRequest'] },
    source,
  },
  {
    id: 'graph.advanced.only-plain',
    asks: 'a property that is filtered without ConsistencyLevel only, with it',
    about: 'advanced',
    request: get(users, { ...small, $filter: 'isLicenseReconciliationNeeded eq true', $count: 'true' }, eventual),
    expect: { status: 400, codes: refused },
    source,
    needs: allProperties,
  },
  {
    id: 'graph.advanced.group-created',
    asks: 'groups since a day, of which the documentation says both that it works and that it does not',
    about: 'advanced',
    request: get('/groups', { ...small, $filter: 'createdDateTime ge 2020-01-01T00:00:00Z', $count: 'true' }, eventual),
    expect: { body: object({ '@odata.count': 'integer', value: 'array' }), atMost: 1, nextBy: ['$skiptoken'] },
    source,
  },
  {
    id: 'graph.advanced.sixteen',
    asks: 'sixteen values of in, one more than a plain query takes',
    about: 'advanced',
    request: get(users, { ...small, $filter: `mail in (${sixteen().join(',')})` }),
    expect: { status: 400, codes: refused },
    source: 'https://learn.microsoft.com/graph/filter-query-parameter',
  },
];

function sixteen(): readonly string[] {
  return Array.from({ length: 16 }, (_, index) => `'${index}@${nothing}'`);
}
