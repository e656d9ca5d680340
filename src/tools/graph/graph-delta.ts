import { z } from 'zod';
import { pathSegments } from '../../core/apis/graph/advanced/directory-path.ts';
import { asDeltaPath } from '../../core/apis/graph/delta-options.ts';
import type { DeltaCursor, DeltaRound } from '../../core/apis/graph/graph-api.ts';
import { counted } from '../../core/base/counted.ts';
import { invalidArgument } from '../../core/base/errors.ts';
import { isRecord } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { Page } from '../../core/http/page.ts';
import type { StateKey } from '../../core/storage/saved-state.ts';
import { type ConnectionToolContext, defineTool, readOnly } from '../define-tool.ts';
import { connection, cursor, endpoint, headers, limit, params, project, text } from '../params.ts';
import { inTurn, readsAddresses } from '../pasted/address-fields.ts';
import { graphAddress } from '../pasted/graph-addresses.ts';
import { readListedOptions } from '../pasted/listed-options.ts';
import { type ListSource, onePage, runList } from '../run-list.ts';

const input = z.strictObject({
  connection,
  endpoint: endpoint.describe('A delta function, e.g. /users/delta or /groups/delta.'),
  name: text(/^[A-Za-z0-9._-]{1,64}$/, 'use up to 64 letters, digits, ., _ and -')
    .optional()
    .describe('Saves the position under this name; the next use of it returns what changed since.'),
  params: params
    .optional()
    .describe('Query options, given at the start, e.g. {"$select":"id,displayName"}. Directory objects take no $top.'),
  headers: headers.optional().describe('Sent with every page, e.g. {"Prefer":"return=minimal"}.'),
  reset: z.boolean().optional().describe('Forget the saved position and start over.'),
  limit: limit.optional().describe('Stop after the page that reaches this many items.'),
  project: project.optional(),
  cursor: cursor.optional(),
});

type Input = z.output<typeof input>;

export const graphDelta = defineTool({
  name: 'graph_delta',
  title: 'Changes in Microsoft Graph',
  description:
    'Shows which users, groups, members, apps or mail were added, updated or deleted since last time: ' +
    'tracks changes in Microsoft Graph under a name; at the start it returns everything. ' +
    'What is gone carries @removed.',
  toolset: 'graph',
  permissions: ['Least privilege depends on the endpoint, e.g. User.Read.All for /users/delta'],
  annotations: { ...readOnly, idempotentHint: false },
  goesOn: 'whole_lists',
  checkWith: 'Repeat the call: it only reads.',
  bindsConnection: true,
  readPasted: inTurn(readsAddresses({ field: 'endpoint', ...graphAddress, writer: 'graph_write' }), readListedOptions),
  input,
  async run(given, context) {
    const args = { ...given, endpoint: deltaFunction(given.endpoint, context) };
    const position = new SavedPosition(args, context);
    const continuation: Record<string, unknown> = {};
    let round: DeltaRound | undefined;
    const source: ListSource = {
      query: {
        tool: 'graph_delta',
        endpoint: args.endpoint,
        params: args.params,
        headers: args.headers,
        name: args.name,
      },
      membersWith: '$select',
      // The round applies `limit` itself.
      isWhole: true,
      continuation,
      async read(from) {
        const cursor = from === undefined ? await position.load() : cursorSchema.parse(from.continuation);
        round = await fetchRound({ ...args, params: position.params }, cursor, context);
        Object.assign(continuation, round.cursor);
        return onePage(pageOf(round, args, context));
      },
    };
    const { project, cursor } = args;
    const outcome = await runList({ project, cursor }, source, context);
    if (round === undefined) return outcome;
    await position.save(round.cursor);
    const { list } = outcome;
    if (round.complete || list === undefined) return outcome;
    const { total: _, ...rest } = list;
    // With a name, the next call continues by that name: the list can be unfinished without a cursor.
    return { ...outcome, list: { ...rest, complete: false } };
  },
});

/**
 * The delta function that the address means. Pages of any other list look like those of a round until the last one, which
 * has no link to later changes: it is refused.
 */
function deltaFunction(given: string, { call }: ConnectionToolContext): string {
  const endpoint = asDeltaPath(given);
  if (endpoint !== given) call.note(`${quoted(given)} was read as its delta function.`);
  const isDelta = pathSegments(endpoint.trim()).some((segment) => /^(?:microsoft\.graph\.)?delta\b/.test(segment));
  if (!isDelta) {
    throw invalidArgument(
      'endpoint: this is not a delta function.',
      'Use one such as /users/delta, /groups/delta or /users/{id}/mailFolders/{id}/messages/delta; for a plain list use graph_query.',
    );
  }
  return endpoint;
}

async function fetchRound(
  { endpoint, params, headers, limit }: Input,
  from: DeltaCursor | undefined,
  { graph, call }: ConnectionToolContext,
): Promise<DeltaRound> {
  const verbatim = params === undefined && isDeltaLink(endpoint) ? true : undefined;
  const start: ApiRequest = withoutUndefined({ method: 'GET', path: endpoint, params, headers, verbatim });
  return graph.delta(start, from, withoutUndefined({ maxItems: limit }), call);
}

function isDeltaLink(address: string): boolean {
  return /^https?:\/\/[^?]*\?(?:.*&)?(?:\$|%24)?(?:skip|delta)?token=/i.test(address);
}

/** The items of a round, removed ones last, with notes about them. */
function pageOf(round: DeltaRound, { name }: Input, { call }: ConnectionToolContext): Page {
  const removed = round.items.filter(isRemoved);
  if (round.resync) {
    call.note('The service forgot the saved position: this is the full list. Drop what you kept from earlier answers.');
  }
  if (removed.length > 0) {
    call.note(`${counted(removed.length, 'object')} removed: the items with @removed, at the end of the list.`);
  }
  if (name !== undefined) {
    const what = round.complete ? 'what changed after this answer' : 'the rest of this round';
    call.note(`Saved as "${name}": the next call with this name returns ${what}.`);
  }
  const items = [...round.items.filter((item) => !isRemoved(item)), ...removed];
  return { items, status: 200, requestId: call.record.requestId, ...linkOf(round, name) };
}

/** Links are for callers who keep the position themselves; a saved position needs none. */
function linkOf({ cursor, complete }: DeltaRound, name: string | undefined): Partial<Page> {
  if (name !== undefined) return {};
  return complete ? { deltaLink: cursor.link } : { nextLink: cursor.link };
}

function isRemoved(item: unknown): boolean {
  return isRecord(item) && '@removed' in item;
}

const cursorSchema = z.object({
  version: z.literal(1),
  link: z.string(),
  kind: z.enum(['next', 'delta']),
  headers: z.record(z.string(), z.string()),
});

const savedSchema = z.object({ endpoint: z.string(), params: z.string(), cursor: cursorSchema });

/** The position that is kept under the name of a call; does nothing when the call has none. */
class SavedPosition {
  readonly #key: StateKey | undefined;
  readonly #args: Input;
  readonly #context: ConnectionToolContext;
  #params: Input['params'];

  constructor(args: Input, context: ConnectionToolContext) {
    this.#args = args;
    this.#context = context;
    this.#params = args.params;
    const { caller, record } = context;
    this.#key =
      args.name === undefined
        ? undefined
        : { caller: caller.id, connectionId: record.id, name: ['graph_delta', args.name] };
  }

  /** Those of the call, or of the saved position where the call has none. */
  get params(): Input['params'] {
    return this.#params;
  }

  async load(): Promise<DeltaCursor | undefined> {
    if (this.#key === undefined || this.#args.reset) return undefined;
    const value = await this.#context.state.get(this.#key);
    const saved = savedSchema.safeParse(value).data;
    if (saved === undefined) return undefined;
    const isSilent = this.#params === undefined;
    if (saved.endpoint !== this.#args.endpoint || !(isSilent || saved.params === paramsText(this.#params))) {
      throw invalidArgument(
        `name: "${this.#args.name}" is the saved position of ${saved.endpoint}${saved.params === '{}' ? '' : ` with params ${saved.params}`}.`,
        'Repeat its endpoint, and its params or none, use another name, or pass reset: true to start over.',
      );
    }
    if (isSilent && saved.params !== '{}') {
      this.#params = params.parse(JSON.parse(saved.params));
      this.#context.call.note(`The saved params were used: ${saved.params}.`);
    }
    return saved.cursor;
  }

  async save(cursor: DeltaCursor): Promise<void> {
    if (this.#key === undefined) return;
    const { endpoint } = this.#args;
    await this.#context.state.set(this.#key, { endpoint, params: paramsText(this.#params), cursor });
  }
}

/** After the first call the service's links carry the options, so different ones would be ignored silently. */
function paramsText(params: Input['params'] = {}): string {
  return JSON.stringify(Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
