import { z } from 'zod';
import { counted } from '../../core/base/counted.ts';
import { AppError, invalidArgument } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import { guidSource } from '../../core/base/guid.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page, PageLimits } from '../../core/http/page.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { connectionNames, countBy, cursor, format, limit, listOf, saveAs, shortText, text } from '../params.ts';
import { type ListSource, pageLimits, runList, smallerWith } from '../run-list.ts';
import { readSeveral } from '../several/read-several.ts';
import {
  canBeDivided,
  groupsOf,
  isPosition,
  losesOrder,
  pagesOverGroups,
  readableSubscriptions,
  readPosition,
} from './all-subscriptions.ts';

const managementGroup = text(/^[A-Za-z0-9_().-]{1,90}$/, 'use the id of a management group, not its display name');

const subscription = text(
  new RegExp(`^(?:${guidSource}|all)$`, 'i'),
  'use the id of a subscription, or "all" as the only item',
);

const input = z.strictObject({
  connection: connectionNames,
  query: shortText(60_000).describe(
    "KQL, e.g. resources | where type =~ 'microsoft.compute/virtualmachines' | project id, name | order by id asc.",
  ),
  subscriptions: listOf(subscription, 1_000)
    .optional()
    .describe('Default: that of the connection. ["all"]: all that it can read.'),
  management_groups: listOf(managementGroup, 10).optional().describe('Ids, instead of subscriptions.'),
  limit: limit.optional(),
  count_by: countBy.optional(),
  format: format.optional(),
  save_as: saveAs.optional(),
  cursor: cursor.optional(),
});

type Input = z.output<typeof input>;

export const resourceGraphQuery = defineTool({
  name: 'resource_graph_query',
  title: 'Search all subscriptions with Azure Resource Graph',
  description:
    'Finds, lists and counts virtual machines or other resources across all subscriptions with KQL in Azure Resource Graph by type, region or tag. ' +
    'Project id and sort by it when there may be more than 1,000 rows. ' +
    'After a write read the resource with arm_query: this index lags.',
  toolset: 'arm',
  permissions: ['Reader on the subscriptions; others are left out silently'],
  annotations: readOnly,
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  input,
  async run(args, context) {
    const facts: Facts = { read: 0 };
    const outcome = withTotal(await runList(args, sourceOf(args, context, facts), context), facts);
    if (!facts.isTruncated) return outcome;
    const isOfRows = args.count_by === undefined && args.save_as === undefined;
    return cutShort(outcome, isOfRows ? facts.total : outcome.list?.total, facts, context);
  },
  several: {
    scope: 'resources',
    async run(args, context) {
      const outcome = await readSeveral(args, (member) => sourceOf(args, member, { read: 0 }, true), context);
      const isCut = outcome.list?.connections?.some(({ complete, error }) => complete === false && error === undefined);
      if (isCut && outcome.list?.cursor === undefined) context.call.note(`Resource Graph withheld rows: ${howToPage}`);
      return outcome;
    },
  },
});

/** Most rows that the service puts into one page. */
const largestPage = 1_000;

const continuationSchema = z.object({ options: z.record(z.string(), z.unknown()) });

function sourceOf(args: Input, context: ConnectionToolContext, facts: Facts, isOneOfSeveral = false): ListSource {
  const { arm, call, record } = context;
  const { query } = args;
  const isForAll = asksForAll(args);
  // The same with every page: the text and the scope.
  const scope = isForAll ? {} : scopeOf(args, context, isOneOfSeveral);
  const body = { query, ...scope };
  const { maxItems = largestPage } = pageLimits(args, record.settings);
  const options = { $top: Math.min(largestPage, maxItems), resultFormat: 'objectArray' };
  return {
    query: { tool: 'resource_graph_query', ...body, ...(isForAll ? { subscriptions: ['all'] } : {}) },
    makeSmallerWith: smallerWith(['| project', '| where', '| summarize'], context),
    // A token belongs to the size of page that it was made with.
    continuation: { options },
    async read(from, limits) {
      const known = from === undefined ? options : continuationSchema.parse(from.continuation).options;
      const pages = (within: Scope, token: string | undefined, limitsOfPages: PageLimits) => {
        const request: ApiRequest = {
          method: 'POST',
          path: '/providers/Microsoft.ResourceGraph/resources',
          body: { query, ...within, options: token === undefined ? known : { ...known, $skipToken: token } },
          readOnly: true,
        };
        return arm.pages(request, limitsOfPages, call);
      };
      const ids = isForAll ? await idsForAll(query, from?.nextLink, context) : undefined;
      const found =
        ids === undefined
          ? pages(scope, from?.nextLink, limits)
          : pagesOverGroups({
              ids,
              from: from && readPosition(from.nextLink),
              limits,
              pages: (subscriptions, token, left) => pages({ subscriptions }, token, left),
            });
      return noting(found, query, facts);
    },
  };
}

function asksForAll({ subscriptions = [], management_groups }: Input): boolean {
  if (!subscriptions.some((one) => one.toLowerCase() === 'all')) return false;
  if (subscriptions.length === 1 && management_groups === undefined) return true;
  throw invalidArgument(
    'subscriptions: "all" cannot be combined with other scopes.',
    'Pass ["all"] without other subscriptions and without management_groups.',
  );
}

/**
 * The subscriptions to ask, group after group; undefined where the query has to see all of them at once, and the tenant is
 * its scope.
 */
async function idsForAll(
  query: string,
  from: string | undefined,
  context: ConnectionToolContext,
): Promise<readonly string[] | undefined> {
  const { call } = context;
  // A list goes on in the way that it began.
  if (from !== undefined && !isPosition(from)) return undefined;
  const ids = await readableSubscriptions(context);
  if (ids.length === 0) return undefined;
  const groups = groupsOf(ids);
  if (groups.length === 1) return ids;
  if (!canBeDivided(query)) {
    call.note(`Looked in the whole tenant at once, since the query puts rows together: ${ids.length} subscriptions.`);
    return undefined;
  }
  const order = losesOrder(query) ? '; rows are in order within each query' : '';
  call.note(
    `Looked in ${ids.length} subscriptions, with ${counted(groups.length, 'query', 'queries')} of fewer than 300${order}.`,
  );
  return ids;
}

/** What the pages say about the whole list; filled in while they are read. */
interface Facts {
  total?: number;
  /** Rows so far. */
  read: number;
  isTruncated?: boolean;
}

async function* noting(pages: AsyncIterable<Page>, query: string, facts: Facts): AsyncGenerator<Page, void> {
  try {
    for await (const page of pages) {
      if (page.count !== undefined) facts.total = page.count;
      facts.read += page.items.length;
      facts.isTruncated ||= page.isTruncated === true;
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
function scopeOf(
  { subscriptions, management_groups }: Input,
  { record, call }: ConnectionToolContext,
  isOneOfSeveral: boolean,
): Scope {
  // The ids of many connections say less than they take.
  const named = (id: string) => (isOneOfSeveral ? '' : `, ${id}`);
  if (subscriptions !== undefined || management_groups !== undefined) {
    return withoutUndefined({ subscriptions, managementGroups: management_groups });
  }
  const { subscription_id, management_group_id } = record.identity;
  if (record.scope_level === 'management_group' && management_group_id !== undefined) {
    call.note(`Looked in the management group of the connection${named(management_group_id)}.`);
    return { managementGroups: [management_group_id] };
  }
  if (subscription_id !== undefined) {
    call.note(`Looked in the subscription of the connection${named(subscription_id)}.`);
    return { subscriptions: [subscription_id] };
  }
  call.note('Looked in every subscription that the connection may read, since it names none itself.');
  return {};
}

/** The collector uses Microsoft Graph's name for the count; here it gets the service's own. */
function withTotal(outcome: ToolOutcome, { total }: Facts): ToolOutcome {
  if (!isRecord(outcome.data)) return outcome;
  const { '@odata.count': _, ...rest } = outcome.data;
  return { ...outcome, data: total === undefined ? rest : { total_records: total, ...rest } };
}

const howToPage =
  'project id and sort by it (… | project id, … | order by id asc), so that the result can be read page by page.';

/** The service withheld rows and gave no token: the list is incomplete and cannot be continued. */
function cutShort(
  outcome: ToolOutcome,
  ofList: number | undefined,
  { total, read }: Facts,
  { call }: ConnectionToolContext,
): ToolOutcome {
  const { list } = outcome;
  const left = total === undefined ? 'some rows' : `${Math.max(0, total - read)} of ${counted(total, 'row')}`;
  call.note(`Resource Graph withheld ${left}: ${howToPage}`);
  return { ...outcome, list: { ...list, ...withoutUndefined({ total: ofList }), complete: false } };
}

/** One entry of `error.details` of a refused query. */
const detailSchema = z.looseObject({
  code: z.string().catch(''),
  message: z.string().catch(''),
  line: z.number().optional().catch(undefined),
  characterPositionInLine: z.number().optional().catch(undefined),
  token: z.string().optional().catch(undefined),
  expectedToken: z.string().optional().catch(undefined),
  details: z.array(z.unknown()).catch([]),
});

type Detail = z.output<typeof detailSchema>;

const language = 'https://learn.microsoft.com/azure/governance/resource-graph/concepts/query-language';

/** Adds to a refused query the place and the word that caused it; any other failure stays as it is. */
export function explainQueryError(error: unknown, query: string): unknown {
  if (!(error instanceof AppError) || error.status !== 400) return error;
  const details = [...detailsIn(error.upstream?.detail, 0)];
  const place = details.find(({ line }) => line !== undefined);
  const reason = details
    .map(({ message }) => message)
    .findLast((message) => message !== '' && !/^ParserFailure/.test(message));
  const { upstream, cause, status } = error;
  const options = { status, cause, ...(upstream === undefined ? {} : { upstream }) };
  if (place === undefined) {
    return new AppError(
      'invalid_argument',
      reason === undefined ? `query: ${error.message}` : `query: Resource Graph refuses it: ${quoted(reason, 500)}`,
      {
        ...options,
        hint: `Correct the query; Resource Graph supports a subset of KQL, see ${language}.`,
      },
    );
  }
  const { line = 1, characterPositionInLine: character, token, expectedToken: expected } = place;
  const text = query.split('\n')[line - 1]?.slice(0, 200);
  const where = `line ${line}${character === undefined ? '' : `, column ${character}`}`;
  return new AppError(
    'invalid_argument',
    `query: it cannot be read at ${where}${token === undefined ? '' : `, near ${quoted(token)}`}.`,
    {
      ...options,
      hint: expected
        ? `Resource Graph expects ${quoted(expected)} there; it supports a subset of KQL, see ${language}.`
        : `Correct it there; Resource Graph supports a subset of KQL, see ${language}.`,
      detail: withoutUndefined({ line, character, token, text }),
    },
  );
}

/** The details of an error, from the outside in. */
function* detailsIn(value: unknown, depth: number): Generator<Detail> {
  const parsed = detailSchema.safeParse(value);
  if (!parsed.success || depth > 5) return;
  if (depth > 0) yield parsed.data;
  for (const inner of parsed.data.details) yield* detailsIn(inner, depth + 1);
}
