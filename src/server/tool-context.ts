import type { Channel } from '../core/base/authority.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Operation } from '../core/operations/operation.ts';
import type { AnswerBudget } from '../core/results/answer-budget.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { SeveralToolContext, ToolContext } from '../tools/define-tool.ts';
import type { CallScope } from './call-scope.ts';
import type { Connector } from './connect-call.ts';

/** The context of a call, and where it tells the handle of the operation that its write has become. */
export interface BuiltContext {
  readonly context: ToolContext;
  /** The context of a read of several connections. Throws where one of them cannot be used. */
  bindSeveral(...wanted: Parameters<Connector['several']>): Promise<SeveralToolContext>;
  onOperation: (handle: string) => Promise<void>;
}

export interface ContextParts {
  readonly caller: Caller;
  readonly channel: Channel;
  readonly scope: CallScope;
  readonly runtime: Runtime;
  /** The budget of the answer; a connection may have one of its own. */
  readonly budget: () => AnswerBudget;
  /** Statuses that the caller counts as success. */
  readonly expectedOutcomes: readonly number[] | undefined;
  /** Opens the connections that can be used, by name. */
  readonly connect: Connector;
}

export function buildContext(parts: ContextParts): BuiltContext {
  const { caller, channel, scope, runtime, connect, expectedOutcomes, budget } = parts;
  const { connections, lists, state, receipts, handles, jobs, linkedServices, graphCatalog, clock } = runtime;
  let last: { readonly operation: Operation; readonly handle: string } | undefined;
  const context: ToolContext = {
    call: scope.call,
    budget: budget(),
    // Files on this machine are for who sits at it.
    exports: channel === 'http' ? undefined : runtime.exports,
    ...{ caller, connections, lists, state, receipts, handles, jobs, linkedServices, graphCatalog, clock },
    expectedOutcomes,
    async handleOf(operation) {
      // One operation has one handle, as long as it is looked at in the same place.
      if (last !== undefined && isSamePlace(last.operation, operation)) return last.handle;
      const handle = await handles.seal(operation, caller.id);
      last = { operation, handle };
      await built.onOperation(handle);
      return handle;
    },
    async bind(name) {
      const connected = await connect.one(name);
      return { ...context, ...connected, budget: budget() };
    },
  };
  const built: BuiltContext = {
    context,
    async bindSeveral(named, wanted) {
      const connected = await connect.several(named, wanted);
      const common = { ...context, budget: budget() };
      return { ...common, members: connected.map((services) => ({ ...common, ...services })) };
    },
    onOperation: async () => undefined,
  };
  return built;
}

function isSamePlace(one: Operation, other: Operation): boolean {
  return one.pollUrl === other.pollUrl && one.pollKind === other.pollKind && one.finalUrl === other.finalUrl;
}
