import { z } from 'zod';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { CollectOptions } from '../../core/results/create-list-collector.ts';
import { compileProjection } from '../../core/results/projection.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { mostItems, pageLimits } from '../list-limits.ts';
import { autoPaginate, connection, listParams, params } from '../params.ts';
import { armApiVersion, path } from './arm-params.ts';
import { completePath } from './arm-path.ts';

const input = z.strictObject({
  connection,
  path,
  api_version: armApiVersion.optional(),
  params: params.optional(),
  auto_paginate: autoPaginate.optional(),
  ...listParams,
});

type Input = z.output<typeof input>;

export const armQuery = defineTool({
  name: 'arm_query',
  title: 'Query Azure Resource Manager',
  description:
    'Reads from Azure Resource Manager with GET: one resource, or a list with all its pages; the api-version is found. ' +
    'For searches over many resources use resource_graph_query.',
  toolset: 'arm',
  permissions: ['Reader, or a role with the read action of the resource type'],
  annotations: readOnly,
  bindsConnection: true,
  input,
  output: z.unknown(),
  async run(args, context) {
    const { arm, lists, call } = context;
    const collect = collectOptions(args, context);
    if (args.cursor !== undefined) return goOn(args.cursor, collect, args, context);
    const request = requestOf(args, context);
    const first = await arm.send(request, call);
    if (isListBody(first.body)) {
      const pages = arm.pages(request, { ...pageLimits(args, context.record.settings), first }, call);
      return lists.collect(pages, collect, call);
    }
    if (args.format === 'csv') call.note('format was left out of account: this is not a list.');
    const data = args.project === undefined ? first.body : (await compileProjection(args.project)).applyTo(first.body);
    return { status: first.status, data: data ?? null };
  },
});

function requestOf(args: Input, context: ConnectionToolContext): ApiRequest {
  return {
    method: 'GET',
    path: completePath(args.path, context),
    // A link of an earlier answer carries its own options and a token: it is used byte for byte.
    ...(args.params === undefined && isServiceLink(args.path) ? { verbatim: true } : {}),
    ...(args.params === undefined ? {} : { params: args.params }),
    ...(args.api_version === undefined ? {} : { apiVersion: args.api_version }),
  };
}

function isServiceLink(address: string): boolean {
  return /^https?:\/\/[^?]*\?(?:.*&)?(?:\$|%24)skiptoken=/i.test(address.trim());
}

/** Not every provider calls its items `value`; a link to more always makes a list. */
function isListBody(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return ('value' in body && Array.isArray(body.value)) || ('nextLink' in body && typeof body.nextLink === 'string');
}

function collectOptions(args: Input, { record, caller }: ConnectionToolContext): CollectOptions {
  const { path, params, api_version, project, format } = args;
  const most = mostItems(args, record.settings);
  return {
    query: { tool: 'arm_query', path, params, api_version },
    connectionId: record.id,
    caller,
    ...(most === undefined ? {} : { limit: most }),
    ...(project === undefined ? {} : { project }),
    ...(format === undefined ? {} : { format }),
  };
}

async function goOn(
  cursor: string,
  collect: CollectOptions,
  args: Input,
  { arm, lists, call, record }: ConnectionToolContext,
): Promise<ToolOutcome> {
  const opened = await lists.openCursor(cursor, collect);
  if (opened.kind === 'stored') return opened.outcome;
  const next: ApiRequest = { method: 'GET', path: opened.nextLink, verbatim: true };
  return lists.collect(arm.pages(next, pageLimits(args, record.settings), call), collect, call);
}
