import type { z } from 'zod';
import type { ArmApi } from '../core/apis/arm/arm-api.ts';
import type { GraphApi } from '../core/apis/graph/graph-api.ts';
import type { CallContext } from '../core/call-context.ts';
import type { Clock } from '../core/clock.ts';
import type { ConnectionRecord } from '../core/connections/connection.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import type { LinkedServices } from '../core/linked-services/linked-service.ts';
import type { OpenConnection } from '../core/open-connection.ts';
import type { OperationFollower, OperationHandles } from '../core/operations/operation.ts';
import type { ListCollector } from '../core/results/list-collector.ts';
import type { SavedState } from '../core/results/saved-state.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { ServiceConnections } from '../core/service-connections/service-connection.ts';
import type { WorkspaceConnections } from '../core/workspace-connections/workspace-connection.ts';

/** MCP tool annotations; all four are always written out. */
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

/** What every handler gets: the call, the connections, and how to answer with a list. */
export interface ToolContext {
  readonly call: CallContext;
  /** Who calls: `local` on stdio and in the CLI, the principal over HTTP. */
  readonly caller: string;
  readonly connections: ConnectionService;
  /** Turns pages into an answer within the byte budget; the rest is stored and a cursor leads to it. */
  readonly lists: ListCollector;
  /** Small facts that outlive a call, such as the saved cursors of graph_delta. */
  readonly state: SavedState;
  /** For ages and expiry; never `Date.now()`. */
  readonly clock: Clock;
}

/** What a handler of a tool with a `connection` argument gets in addition: everything is bound to that connection. */
export interface ConnectionToolContext extends ToolContext {
  readonly connection: ConnectionRecord;
  readonly graph: GraphApi;
  readonly arm: ArmApi;
  readonly operations: OperationFollower;
  readonly handles: OperationHandles;
  readonly linkedServices: LinkedServices;
  readonly workspaceConnections: WorkspaceConnections;
  readonly serviceConnections: ServiceConnections;
  /** The open connection itself, for what works below the APIs. */
  readonly open: OpenConnection;
}

interface ToolBase<Input extends z.ZodType> {
  readonly name: string;
  readonly title: string;
  /** What it does, when to use it, what to use instead. */
  readonly description: string;
  readonly toolset: Toolset;
  /** Least-privileged permissions it needs, for documentation and hints. */
  readonly permissions: readonly string[];
  readonly annotations: ToolAnnotations;
  readonly input: Input;
  /** Schema of `response.data` on success; loose, since service objects grow. */
  readonly output: z.ZodType;
}

/** A tool whose input names a connection that must exist. */
export interface ConnectionTool<Input extends z.ZodType = z.ZodType> extends ToolBase<Input> {
  readonly bindsConnection: true;
  run(input: z.output<Input>, context: ConnectionToolContext): Promise<ToolOutcome>;
}

/** A tool that works without, or before, a usable connection. */
export interface PlainTool<Input extends z.ZodType = z.ZodType> extends ToolBase<Input> {
  readonly bindsConnection: false;
  run(input: z.output<Input>, context: ToolContext): Promise<ToolOutcome>;
}

/** Any tool, as the registry and the dispatcher see it: input already parsed by its own schema. */
export type ToolDefinition = Omit<ToolBase<z.ZodType>, never> &
  (
    | { readonly bindsConnection: true; run(input: never, context: ConnectionToolContext): Promise<ToolOutcome> }
    | { readonly bindsConnection: false; run(input: never, context: ToolContext): Promise<ToolOutcome> }
  );

/** Ties `run`'s types to the schemas; adds nothing. */
export function defineTool<Input extends z.ZodType>(tool: ConnectionTool<Input>): ConnectionTool<Input>;
export function defineTool<Input extends z.ZodType>(tool: PlainTool<Input>): PlainTool<Input>;
export function defineTool(tool: unknown): unknown {
  return tool;
}
