import { z } from 'zod';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page } from '../../core/http/page.ts';
import type { CollectOptions } from '../../core/results/create-list-collector.ts';
import { compileProjection } from '../../core/results/projection.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { mostItems, pageLimits } from '../list-limits.ts';
import {
  autoPaginate,
  callParams,
  connection,
  expectedOutcomes,
  graphApiVersion,
  headers,
  listParams,
  params,
} from '../params.ts';
import { asNumber, isListBody, withoutNoise } from './graph-body.ts';
import { endpoint, refuseEnvelope } from './graph-params.ts';

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
    'Use it for users, groups, devices, apps, licences, mail, audit logs and so on; headers for advanced queries are added. ' +
    'For many separate GETs use graph_batch, for changes since last time graph_delta.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoint, e.g. User.Read.All for /users'],
  annotations: readOnly,
  bindsConnection: true,
  input,
  output: z.unknown(),
  async run(args, context) {
    const { graph, lists, call } = context;
    const collect = collectOptions(args, context);
    if (args.cursor !== undefined) return goOn(args.cursor, collect, args, context);
    refuseEnvelope(args.endpoint);
    const request = requestOf(args);
    const first = await graph.send(request, call);
    if (isListBody(first.body)) {
      const limits = pageLimits(args, context.record.settings);
      const pages = graph.pages(request, { ...limits, first }, call);
      const outcome = await lists.collect(remembering(pages, collect.continuation), collect, call);
      if (call.record.pages > 1 && limits.maxItems === undefined && setsPageSize(args)) {
        call.note(
          '$top is the size of a page, and the pages after the first were read too. For the first n items pass limit: n.',
        );
      }
      return outcome;
    }
    if (args.format === 'csv') call.note('format was left out of account: this is not a list.');
    const data = withoutNoise(asNumber(first.body));
    const shown = args.project === undefined ? data : (await compileProjection(args.project)).applyTo(data);
    return { status: first.status, data: shown ?? null };
  },
});

function requestOf(args: Input): ApiRequest {
  return {
    method: 'GET',
    path: args.endpoint,
    // A link of an earlier answer carries its own options and a token: it is used byte for byte.
    ...(args.params === undefined && isServiceLink(args.endpoint) ? { verbatim: true } : {}),
    ...(args.params === undefined ? {} : { params: args.params }),
    ...(args.headers === undefined ? {} : { headers: args.headers }),
    ...(args.api_version === undefined ? {} : { apiVersion: args.api_version }),
    ...(args.expected_outcomes === undefined ? {} : { expectedStatuses: args.expected_outcomes }),
  };
}

function setsPageSize({ endpoint, params = {} }: Input): boolean {
  return /[?&](?:\$|%24)top=/i.test(endpoint) || Object.keys(params).some((name) => name.toLowerCase() === '$top');
}

function isServiceLink(address: string): boolean {
  return /^https?:\/\/[^?]*\?(?:.*&)?(?:\$|%24)(?:skip|delta)token=/i.test(address);
}

/** What the planner added to the first page must go with every later one, also in another call. */
interface Continuation {
  headers?: Readonly<Record<string, string>>;
}

interface Collect extends CollectOptions {
  readonly continuation: Continuation & Readonly<Record<string, unknown>>;
}

function collectOptions(args: Input, { record, caller }: ConnectionToolContext): Collect {
  const { endpoint, params, headers, api_version, project, format } = args;
  const most = mostItems(args, record.settings);
  return {
    query: { tool: 'graph_query', endpoint, params, headers, api_version },
    connectionId: record.id,
    caller,
    ...(most === undefined ? {} : { limit: most }),
    ...(project === undefined ? {} : { project }),
    ...(format === undefined ? {} : { format }),
    continuation: headers === undefined ? {} : { headers },
  };
}

async function goOn(
  cursor: string,
  collect: Collect,
  args: Input,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { graph, lists, call } = context;
  const opened = await lists.openCursor(cursor, collect);
  if (opened.kind === 'stored') return opened.outcome;
  const { headers } = continuationSchema.parse(opened.continuation);
  const next: ApiRequest = { method: 'GET', path: opened.nextLink, verbatim: true, ...(headers ? { headers } : {}) };
  const pages = graph.pages(next, pageLimits(args, context.record.settings), call);
  return lists.collect(remembering(pages, collect.continuation), collect, call);
}

const continuationSchema = z.looseObject({ headers: z.record(z.string(), z.string()).optional() });

/** Keeps the headers of the last page where the cursor will find them. */
async function* remembering(pages: AsyncIterable<Page>, continuation: Continuation): AsyncGenerator<Page, void> {
  for await (const page of pages) {
    if (page.headers !== undefined) continuation.headers = page.headers;
    yield page;
  }
}
