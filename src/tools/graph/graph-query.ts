import { z } from 'zod';
import { withGraphOptions } from '../../core/apis/graph/graph-options.ts';
import { withoutNoise } from '../../core/apis/graph/strip-noise.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import { listIn, type Page } from '../../core/http/page.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, readOnly, type SeveralToolContext } from '../define-tool.ts';
import {
  autoPaginate,
  connectionNames,
  endpoint,
  graphApiVersion,
  headers,
  isServiceLink,
  listParams,
  params,
  refuseEnvelope,
} from '../params.ts';
import { inTurn, readsAddresses } from '../pasted/address-fields.ts';
import { graphAddress } from '../pasted/graph-addresses.ts';
import { readListedOptions } from '../pasted/listed-options.ts';
import { type ListSource, runList, smallerWith } from '../run-list.ts';
import { readSeveral } from '../several/read-several.ts';
import { selectCounted } from './select-counted.ts';

const input = z.strictObject({
  connection: connectionNames,
  endpoint,
  params: params.optional(),
  headers: headers.optional(),
  api_version: graphApiVersion.optional(),
  auto_paginate: autoPaginate.optional(),
  ...listParams,
});

type Input = z.output<typeof input>;

export const graphQuery = defineTool({
  name: 'graph_query',
  title: 'Read users, group members, devices and more',
  description:
    'Finds and reads in Entra ID, Intune and Microsoft 365 through Microsoft Graph: ' +
    'users and guests, groups and members, devices, apps, licences left, mail, calendars, sign-ins, audit logs, policies. ' +
    'Follows all pages and adds the headers for advanced queries. ' +
    'For many separate reads use graph_batch, for changes graph_delta.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoint, e.g. User.Read.All for /users'],
  annotations: readOnly,
  takesOutcomes: true,
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  readPasted: inTurn(readsAddresses({ field: 'endpoint', ...graphAddress, writer: 'graph_write' }), readListedOptions),
  input,
  async run(given, context) {
    const args = await selectCounted(withOptions(given, context.call), context.call);
    const facts: ListFacts = {};
    const outcome = await runList(args, sourceOf(args, context, facts), context);
    return facts.isTruncated === true ? asCut(outcome) : outcome;
  },
  several: {
    scope: 'directory',
    async run(given, context) {
      const args = await selectCounted(withOptions(given, context.call), context.call, 'connection');
      requireAddressOfAll(args, context);
      return readSeveral(args, (member) => sourceOf(args, member, {}), context);
    },
  },
});

/** Before anything is sent, since an address of one cloud, or of one tenant's list, is none of the others. */
function requireAddressOfAll(args: Input, { members }: SeveralToolContext): void {
  refuseEnvelope(args.endpoint);
  if (isServiceLink(args.endpoint)) {
    throw invalidArgument(
      'endpoint: the link of a list belongs to the one connection that it came from.',
      'Pass meta.cursor of the answer with the same arguments, or name that connection alone.',
    );
  }
  for (const member of members) member.graph.addressOf(requestOf(args, member));
}

/** What the answers say about the whole list; filled in while they are read. */
interface ListFacts {
  /** A list inside an item was cut, which the notes name. */
  isTruncated?: boolean;
}

function asCut(outcome: ToolOutcome): ToolOutcome {
  return { ...outcome, list: { ...outcome.list, complete: false } };
}

/** The arguments as Graph will read them, before anything here looks at them. */
function withOptions(args: Input, call: ConnectionToolContext['call']): Input {
  if (isServiceLink(args.endpoint)) return args;
  const { path: endpoint, params } = withGraphOptions(
    { path: args.endpoint, ...withoutUndefined({ params: args.params }) },
    (text) => call.note(text),
  );
  return { ...args, endpoint, params };
}

function requestOf(
  { endpoint, params, headers, api_version }: Input,
  { expectedOutcomes }: Pick<ConnectionToolContext, 'expectedOutcomes'>,
): ApiRequest {
  return withoutUndefined({
    method: 'GET',
    path: endpoint,
    verbatim: params === undefined && isServiceLink(endpoint) ? true : undefined,
    params,
    headers,
    apiVersion: api_version,
    expectedStatuses: expectedOutcomes,
  });
}

/** What the rest of a list wants again, also in another call: headers that the planner added, the place in its parts. */
const headersSchema = z.record(z.string(), z.string()).optional();
const continuationSchema = z.object({
  headers: headersSchema,
  position: z
    .object({
      part: z.number(),
      of: z.number(),
      given: z.number(),
      link: z.string().optional(),
      headers: headersSchema,
      isForced: z.boolean().optional(),
      seen: z.array(z.string()).optional(),
    })
    .optional(),
});

function sourceOf(args: Input, context: ConnectionToolContext, facts: ListFacts): ListSource {
  const { graph, call } = context;
  const { endpoint, params, headers, api_version } = args;
  return {
    query: { tool: 'graph_query', endpoint, params, headers, api_version },
    membersWith: '$select',
    makeSmallerWith: smallerWith(['$filter', '$select', 'project'], context),
    continuation: withoutUndefined({ headers }),
    async read(from, limits) {
      if (from !== undefined) {
        const { position, ...known } = withoutUndefined(continuationSchema.parse(from.continuation));
        if (position !== undefined) {
          const more = { ...limits, position: withoutUndefined(position) };
          return noting(graph.pages(requestOf(args, context), more, call), facts);
        }
        const answersTo = withoutUndefined({ method: 'GET' as const, path: endpoint, params });
        const next = {
          method: 'GET' as const,
          path: from.nextLink,
          verbatim: true,
          answersTo,
          ...known,
        };
        return noting(graph.pages(next, limits, call), facts);
      }
      refuseEnvelope(endpoint);
      const request = requestOf(args, context);
      const first = await graph.send(request, call);
      if (listIn(first.body) !== undefined) return noting(graph.pages(request, { ...limits, first }, call), facts);
      facts.isTruncated = first.isTruncated === true;
      const { status, body, isTruncated = false } = first;
      return { status, body: withoutNoise(asNumber(body)), isTruncated };
    },
  };
}

/** Notes what the pages say about the whole list. */
async function* noting(pages: AsyncIterable<Page>, facts: ListFacts): AsyncGenerator<Page, void> {
  for await (const page of pages) {
    if (page.isTruncated === true) facts.isTruncated = true;
    yield page;
  }
}

/** `/users/$count` answers `text/plain` digits, sometimes behind a byte order mark. */
function asNumber(body: unknown): unknown {
  const digits = typeof body === 'string' ? /^\ufeff?\s*(\d{1,15})\s*$/.exec(body)?.[1] : undefined;
  return digits === undefined ? body : Number(digits);
}
