import type { CheckRequest, Expectation, SelfCheck } from '../self-check.ts';
import { list, object } from '../shape.ts';

const concepts = 'https://learn.microsoft.com/azure/governance/resource-graph/concepts';
const needs = 'the role Reader on a resource of the subscription';

const query = (kql: string, options: Readonly<Record<string, unknown>>): CheckRequest => ({
  service: 'arm',
  method: 'POST',
  path: '/providers/Microsoft.ResourceGraph/resources',
  version: '2022-10-01',
  body: { query: kql, subscriptions: ['{subscription}'], options },
});

const answered = {
  totalRecords: 'integer',
  count: 'integer',
  resultTruncated: '=true|=false',
  '$skipToken?': 'string',
  'facets?': 'array',
} as const;

const quota: Expectation['headers'] = {
  'x-ms-user-quota-remaining': 'digits',
  'x-ms-user-quota-resets-after': 'duration',
};

const byId = 'resources | project id, name, type | order by id asc';

export const resourceGraphChecks: readonly SelfCheck[] = [
  {
    id: 'resource-graph.objects',
    asks: 'two resources as objects, with what is left of the quota',
    about: 'throttle',
    request: query(byId, { $top: 2, resultFormat: 'objectArray' }),
    expect: {
      body: object({ ...answered, data: list(object({ id: 'string', name: 'string', type: 'string' })) }),
      headers: quota,
      atMost: 2,
    },
    source: `${concepts}/guidance-for-throttled-requests`,
    needs,
    learns: { skip_token: '$skipToken' },
  },
  {
    id: 'resource-graph.next-page',
    asks: 'the second page, by its token',
    about: 'paging',
    request: query(byId, { $top: 2, resultFormat: 'objectArray', $skipToken: '{skip_token}' }),
    expect: { body: object({ ...answered, data: 'array' }), atMost: 2 },
    source: `${concepts}/work-with-data`,
    needs,
  },
  {
    id: 'resource-graph.table',
    asks: 'the same as a table',
    about: 'shape',
    request: query(byId, { $top: 1, resultFormat: 'table' }),
    expect: {
      body: object({
        ...answered,
        data: object({ columns: list(object({ name: 'string', type: 'string' })), rows: list('array') }),
      }),
    },
    source: `${concepts}/work-with-data`,
    needs,
  },
  {
    id: 'resource-graph.refuses.query',
    asks: 'a query with a mistake',
    about: 'code',
    request: query('resources | tenantrySelfcheck name', { resultFormat: 'objectArray' }),
    expect: {
      status: 400,
      codes: ['BadRequest'],
      body: object({
        error: object({
          code: 'string',
          message: 'string',
          details: list(object({ code: 'string', message: 'string' })),
        }),
      }),
    },
    source: 'https://learn.microsoft.com/azure/governance/resource-graph/troubleshoot/general',
    needs,
  },
];
