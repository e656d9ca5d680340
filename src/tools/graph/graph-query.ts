import { z } from 'zod';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { isRecord } from '../../core/base/guards.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page } from '../../core/http/page.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import {
  autoPaginate,
  callParams,
  connection,
  endpoint,
  expectedOutcomes,
  graphApiVersion,
  headers,
  isServiceLink,
  listParams,
  params,
  refuseEnvelope,
} from '../params.ts';
import { type ListSource, pageLimits, runList } from '../run-list.ts';

const input = z.strictObject({
  connection,
  endpoint,
  params: params.optional(),
  headers: headers.optional(),
  api_version: graphApiVersion.optional(),
  auto_paginate: autoPaginate.optional(),
  ...listParams,
  ...callParams,
  expected_outcomes: expectedOutcomes.optional(),
});

type Input = z.output<typeof input>;

export const graphQuery = defineTool({
  name: 'graph_query',
  title: 'Query Microsoft Graph',
  description:
    'Reads from Microsoft Graph with GET: one object, a list with all its pages, a $count, a report. ' +
    'Use it for users, groups, devices, apps, licences, mail, audit logs and so on; it adds the headers for advanced queries. ' +
    'For many separate GETs use graph_batch, for changes since last time graph_delta.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoint, e.g. User.Read.All for /users'],
  annotations: readOnly,
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  input,
  async run(args, context) {
    const { call, record } = context;
    const outcome = await runList(args, sourceOf(args, context), context);
    const hasCount = args.cursor !== undefined || pageLimits(args, record.settings).maxItems !== undefined;
    if (call.record.pages > 1 && !hasCount && setsPageSize(args)) {
      call.note('$top sets the page size; later pages were read too. For the first n items pass limit: n.');
    }
    return outcome;
  },
});

function requestOf({ endpoint, params, headers, api_version, expected_outcomes }: Input): ApiRequest {
  return withoutUndefined({
    method: 'GET',
    path: endpoint,
    verbatim: params === undefined && isServiceLink(endpoint) ? true : undefined,
    params,
    headers,
    apiVersion: api_version,
    expectedStatuses: expected_outcomes,
  });
}

function setsPageSize({ endpoint, params = {} }: Input): boolean {
  return /[?&](?:\$|%24)top=/i.test(endpoint) || Object.keys(params).some((name) => name.toLowerCase() === '$top');
}

/** Headers that the planner added to the first page go with every later one, also in another call. */
interface PageHeaders {
  headers?: Readonly<Record<string, string>>;
}

const continuationSchema = z.object({ headers: z.record(z.string(), z.string()).optional() });

function sourceOf(args: Input, { graph, call }: ConnectionToolContext): ListSource {
  const { endpoint, params, headers, api_version } = args;
  const continuation: PageHeaders & Record<string, unknown> = headers === undefined ? {} : { headers };
  return {
    query: { tool: 'graph_query', endpoint, params, headers, api_version },
    continuation,
    async read(from, limits) {
      if (from !== undefined) {
        const known = continuationSchema.parse(from.continuation);
        const answersTo = withoutUndefined({ method: 'GET' as const, path: endpoint, params });
        const next = {
          method: 'GET' as const,
          path: from.nextLink,
          verbatim: true,
          answersTo,
          ...withoutUndefined(known),
        };
        return remembering(graph.pages(next, limits, call), continuation);
      }
      refuseEnvelope(endpoint);
      const request = requestOf(args);
      const first = await graph.send(request, call);
      return isListBody(first.body)
        ? remembering(graph.pages(request, { ...limits, first }, call), continuation)
        : { status: first.status, body: withoutNoise(asNumber(first.body)) };
    },
  };
}

/** Keeps the headers of the last page where the cursor will find them. */
async function* remembering(pages: AsyncIterable<Page>, continuation: PageHeaders): AsyncGenerator<Page, void> {
  for await (const page of pages) {
    if (page.headers !== undefined) continuation.headers = page.headers;
    yield page;
  }
}

/** Graph answers a list as `{ value: [...] }`, even where it has a single page. */
function isListBody(body: unknown): boolean {
  return isRecord(body) && Array.isArray(body['value']);
}

/** `/users/$count` answers `text/plain` digits, sometimes behind a byte order mark. */
function asNumber(body: unknown): unknown {
  const digits = typeof body === 'string' ? /^\ufeff?\s*(\d{1,15})\s*$/.exec(body)?.[1] : undefined;
  return digits === undefined ? body : Number(digits);
}
