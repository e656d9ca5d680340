import { z } from 'zod';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page } from '../../core/http/page.ts';
import type { CollectOptions, OpenedCursor } from '../../core/results/create-list-collector.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { mostItems, pageLimits } from '../list-limits.ts';
import { connection, cursor, format, guid, limit, listOf, shortText, text } from '../params.ts';
import { explainQueryError } from './explain-query-error.ts';

const managementGroup = text(/^[A-Za-z0-9_().-]{1,90}$/, 'use the id of a management group, not its display name');

const input = z.strictObject({
  connection,
  query: shortText(60_000).describe(
    "KQL, e.g. resources | where type =~ 'microsoft.compute/virtualmachines' | project id, name | order by id asc.",
  ),
  subscriptions: listOf(guid, 1_000).optional().describe('Default: that of the connection.'),
  management_groups: listOf(managementGroup, 10).optional(),
  limit: limit.optional(),
  format: format.optional(),
  cursor: cursor.optional(),
});

type Input = z.output<typeof input>;

export const resourceGraphQuery = defineTool({
  name: 'resource_graph_query',
  title: 'Query Azure Resource Graph',
  description:
    'Runs KQL over the resources of many subscriptions with Azure Resource Graph. ' +
    'Project id and sort by it when there may be more than 1,000 rows. After a write read the resource with arm_query: this index lags.',
  toolset: 'arm',
  permissions: ['Reader on the subscriptions; others are left out silently'],
  annotations: readOnly,
  bindsConnection: true,
  input,
  output: z.unknown(),
  async run(args, context) {
    const { arm, lists, call, record } = context;
    const { collect, ...query } = plan(args, context);
    const opened = args.cursor === undefined ? undefined : await lists.openCursor(args.cursor, collect);
    if (opened?.kind === 'stored') return withTotal(opened.outcome, {});
    const request = requestOf(opened === undefined ? query : resumed(query, opened));
    const facts: Facts = {};
    const pages = noting(arm.pages(request, pageLimits(args, record.settings), call), args.query, facts);
    const outcome = withTotal(await lists.collect(pages, collect, call), facts);
    return facts.isTruncated ? cutShort(outcome, facts, context) : outcome;
  },
});

/** Most rows that the service puts into one page. */
const largestPage = 1_000;

interface Query {
  /** The text and where it looks; with every page the same. */
  readonly body: Scope & { readonly query: string };
  readonly options: Readonly<Record<string, unknown>>;
}

interface Plan extends Query {
  readonly collect: CollectOptions;
}

function plan(args: Input, context: ConnectionToolContext): Plan {
  const { record, caller } = context;
  const { query, format } = args;
  const body = { query, ...scopeOf(args, context) };
  const most = mostItems(args, record.settings);
  const options = { $top: Math.min(largestPage, most ?? largestPage), resultFormat: 'objectArray' };
  return {
    body,
    options,
    collect: {
      query: { tool: 'resource_graph_query', ...body },
      connectionId: record.id,
      caller,
      ...(most === undefined ? {} : { limit: most }),
      ...(format === undefined ? {} : { format }),
      // A token belongs to the size of page that it was made with.
      continuation: { options },
    },
  };
}

function requestOf({ body, options }: Query): ApiRequest {
  return {
    method: 'POST',
    path: '/providers/Microsoft.ResourceGraph/resources',
    body: { ...body, options },
    readOnly: true,
  };
}

const continuationSchema = z.object({ options: z.record(z.string(), z.unknown()) });

/** The query from where an earlier call stopped. */
function resumed({ body }: Query, opened: Extract<OpenedCursor, { kind: 'continue' }>): Query {
  const { options } = continuationSchema.parse(opened.continuation);
  return { body, options: { ...options, $skipToken: opened.nextLink } };
}

/** What the pages say about the whole; filled in while they are read. */
interface Facts {
  total?: number;
  isTruncated?: boolean;
}

async function* noting(pages: AsyncIterable<Page>, query: string, facts: Facts): AsyncGenerator<Page, void> {
  try {
    for await (const page of pages) {
      if (page.count !== undefined) facts.total = page.count;
      facts.isTruncated = page.isTruncated === true;
      yield page;
    }
  } catch (error) {
    throw explainQueryError(error, query);
  }
}

/** https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources */
interface Scope {
  readonly subscriptions?: readonly string[];
  readonly managementGroups?: readonly string[];
}

/** Where to look: what the caller names, or what the connection is for. */
function scopeOf({ subscriptions, management_groups }: Input, { record, call }: ConnectionToolContext): Scope {
  if (subscriptions !== undefined || management_groups !== undefined) {
    return {
      ...(subscriptions === undefined ? {} : { subscriptions }),
      ...(management_groups === undefined ? {} : { managementGroups: management_groups }),
    };
  }
  const { subscription_id, management_group_id } = record.identity;
  if (record.scope_level === 'management_group' && management_group_id !== undefined) {
    call.note(`Looked in the management group of the connection, ${management_group_id}.`);
    return { managementGroups: [management_group_id] };
  }
  if (subscription_id !== undefined) {
    call.note(`Looked in the subscription of the connection, ${subscription_id}.`);
    return { subscriptions: [subscription_id] };
  }
  call.note('Looked in every subscription that the connection may read: it has no subscription of its own.');
  return {};
}

/** The collector calls the count as Microsoft Graph does; here it has the service's own name. */
function withTotal(outcome: ToolOutcome, { total }: Facts): ToolOutcome {
  const { data } = outcome;
  if (typeof data !== 'object' || data === null) return outcome;
  const { '@odata.count': _, ...rest } = data as Readonly<Record<string, unknown>>;
  return { ...outcome, data: total === undefined ? rest : { total_records: total, ...rest } };
}

/** The service kept rows back and gave no token: what is here is not all, and there is no way on. */
function cutShort(outcome: ToolOutcome, { total }: Facts, { call }: ConnectionToolContext): ToolOutcome {
  const items = outcome.list?.items ?? 0;
  const left = total === undefined ? 'some rows' : `${Math.max(0, total - items)} of ${total} rows`;
  call.note(
    `Resource Graph kept ${left} back: project id and sort by it (… | project id, … | order by id asc), ` +
      'so that the result can be read page by page.',
  );
  return { ...outcome, list: { ...outcome.list, items, complete: false } };
}
