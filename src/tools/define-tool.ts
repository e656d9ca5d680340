import type { z } from 'zod';
import type { GraphCatalog } from '../core/apis/graph/catalog/load-catalog.ts';
import type { CallContext } from '../core/base/call-context.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Clock } from '../core/base/clock.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import type { LinkedServices } from '../core/linked-services/linked-service.ts';
import type { Jobs } from '../core/operations/job.ts';
import type { Operation, OperationHandles } from '../core/operations/operation.ts';
import type { Receipts } from '../core/receipts/receipts.ts';
import type { ConnectionScope } from '../core/record/connection.ts';
import type { AnswerBudget } from '../core/results/answer-budget.ts';
import type { ListCollector } from '../core/results/create-list-collector.ts';
import type { ListExporter } from '../core/results/create-list-exporter.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { SavedState } from '../core/storage/saved-state.ts';
import type { ConnectedServices } from '../runtime/connect-services.ts';
import { withCallArguments } from './call-arguments.ts';

/** MCP tool annotations; all four are always set. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export const readOnly: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: true,
};

export const additive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};

export const destructive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: true,
};

export type Toolset = 'connections' | 'graph' | 'arm' | 'ml' | 'devops';

/** What every handler gets. */
export interface ToolContext {
  readonly call: CallContext;
  /** Who calls: `local` on stdio and in the CLI, the principal over HTTP. */
  readonly caller: Caller;
  readonly connections: ConnectionService;
  /** Bytes that the text of the answer may have. */
  readonly budget: AnswerBudget;
  /** Turns pages into an answer within the byte budget; the rest is stored and a cursor leads to it. */
  readonly lists: ListCollector;
  /** Saves lists as files; absent for callers over HTTP, where nothing is saved. */
  readonly exports?: ListExporter | undefined;
  /** Small facts that outlive a call, such as the saved cursors of graph_delta. */
  readonly state: SavedState;
  /** What writes keep so that they can be undone; tools go through `withReceipt`. */
  readonly receipts: Receipts;
  /** Opens the handles of operations. */
  readonly handles: OperationHandles;
  /** Statuses that the caller counts as success. */
  readonly expectedOutcomes?: readonly number[] | undefined;
  /** Returns the handle of an operation that this call started, and keeps it for repeats of the same write. */
  readonly handleOf: (operation: Operation) => Promise<string>;
  /** Work of calls that have been answered. */
  readonly jobs: Pick<Jobs<ToolOutcome>, 'open'>;
  /** The context of a tool that is bound to the connection of this name. Throws where that cannot be used. */
  readonly bind: (connection: string) => Promise<ConnectionToolContext>;
  /** What Microsoft publishes about Graph; loaded by the first call that asks. */
  readonly graphCatalog: () => Promise<GraphCatalog>;
  /** Storage accounts, Service Bus namespaces and the like, of any connection. */
  readonly linkedServices: LinkedServices;
  /** For ages and expiry; never `Date.now()`. */
  readonly clock: Clock;
}

/** What the handler of a tool that is bound to a connection gets: also the APIs and services of that connection. */
export type ConnectionToolContext = ToolContext & ConnectedServices;

/** What the handler of a read of several connections gets. */
export interface SeveralToolContext extends ToolContext {
  /** The context of each, in the order of the answer. */
  readonly members: readonly ConnectionToolContext[];
}

/** How a tool reads several connections in one call: `contoso,fabrikam`, or `*`. */
export interface ReadsSeveral<Input> {
  /** What each of them must be for. */
  readonly scope: ConnectionScope;
  run(input: Input, context: SeveralToolContext): Promise<ToolOutcome>;
}

/**
 * The same arguments with addresses as they were meant; `note` takes a sentence about what was made of one. Gets arguments
 * of any kind, and leaves what it does not know to the schema. Throws `invalid_argument` on contradictions.
 */
export type ReadPasted = (
  args: Readonly<Record<string, unknown>>,
  note: (sentence: string) => void,
) => Readonly<Record<string, unknown>>;

interface ToolBase<Input extends z.ZodType> {
  readonly name: string;
  readonly title: string;
  /** What it does, when to use it, what to use instead. */
  readonly description: string;
  readonly toolset: Toolset;
  /** Other toolsets that are offered with it. */
  readonly alsoIn?: readonly Toolset[];
  /** Least-privileged permissions it needs, for documentation and hints. */
  readonly permissions: readonly string[];
  readonly annotations: ToolAnnotations;
  /**
   * What is not finished within the time of a call goes on behind an operation handle, instead of ending with what is there:
   * always, or where the answer is made of a whole list, of which a part would be false.
   */
  readonly goesOn?: 'always' | 'whole_lists';
  /** A sentence that names what shows how a call has ended where nobody remembers. Default: reading the object. */
  readonly checkWith?: string;
  /** What is listed; `accepts` takes the arguments of every call as well. */
  readonly input: Input;
  /** Whether a status in `expected_outcomes` counts as success: tools that send one request, or delete one thing. */
  readonly takesOutcomes?: boolean;
  /** Reads what people paste into addresses and names, before the schema does; see `tools/pasted`. */
  readonly readPasted?: ReadPasted;
  /** Schema of `response.data` on success, where it has a fixed shape; loose, since service objects grow. */
  readonly output?: z.ZodType;
}

/** A tool whose input names a connection that must exist. */
export interface ConnectionTool<Input extends z.ZodType = z.ZodType> extends ToolBase<Input> {
  readonly bindsConnection: true;
  run(input: z.output<Input>, context: ConnectionToolContext): Promise<ToolOutcome>;
  /** Absent where a call names exactly one. */
  readonly several?: ReadsSeveral<z.output<Input>>;
}

/** A tool that works without, or before, a usable connection. */
export interface PlainTool<Input extends z.ZodType = z.ZodType> extends ToolBase<Input> {
  readonly bindsConnection: false;
  run(input: z.output<Input>, context: ToolContext): Promise<ToolOutcome>;
}

/** What `defineTool` adds. */
export interface Defined {
  /** The schema of a call: `input`, and the arguments that every tool takes. */
  accepts(): z.ZodType;
}

/** Any tool, as the registry and the dispatcher see it: input already parsed by its own schema. */
export type ToolDefinition = Omit<ToolBase<z.ZodType>, never> &
  Defined &
  (
    | {
        readonly bindsConnection: true;
        run(input: never, context: ConnectionToolContext): Promise<ToolOutcome>;
        readonly several?: ReadsSeveral<never>;
      }
    | { readonly bindsConnection: false; run(input: never, context: ToolContext): Promise<ToolOutcome> }
  );

/** Ties `run`'s types to the schemas, and makes the schema of its calls when it is first called. */
export function defineTool<Input extends z.ZodType>(tool: ConnectionTool<Input>): ConnectionTool<Input> & Defined;
export function defineTool<Input extends z.ZodType>(tool: PlainTool<Input>): PlainTool<Input> & Defined;
export function defineTool(tool: ToolBase<z.ZodType>): unknown {
  let accepts: z.ZodType | undefined;
  return {
    ...tool,
    accepts() {
      accepts ??= withCallArguments(tool.input);
      return accepts;
    },
  };
}
