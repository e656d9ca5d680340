import type { Caller } from '../core/base/caller.ts';
import { AppError } from '../core/base/errors.ts';
import type { ConnectionRecord, ConnectionScope } from '../core/record/connection.ts';
import type { NamedConnections } from '../core/record/connection-names.ts';
import { accessOf } from '../core/record/sharing.ts';
import type { AnswerBudget } from '../core/results/answer-budget.ts';
import type { ConnectedServices } from '../runtime/connect-services.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import type { CallScope } from './call-scope.ts';
import type { CallState } from './tool-result.ts';

export interface ConnectorOptions {
  readonly tool: ToolDefinition;
  readonly caller: Caller;
  readonly scope: CallScope;
  readonly runtime: Runtime;
  /** Learns which connections the call works on, and how long its answer may be. */
  readonly state: CallState;
  /** The budget where an answer that says how much it wants may have so many bytes. */
  budgetOf(mostBytes: number): AnswerBudget;
}

/** Opens the connections that a call names, where it may use them. */
export interface Connector {
  /** The services of the connection of this name. */
  one(name: string): Promise<ConnectedServices>;
  /** Those of several, in the order of the answer; all of them are checked before one is opened. */
  several(
    named: Exclude<NamedConnections, { kind: 'one' }>,
    scope: ConnectionScope,
  ): Promise<readonly ConnectedServices[]>;
}

export function createConnector({ tool, caller, scope, runtime, state, budgetOf }: ConnectorOptions): Connector {
  const { connections, opener, maxResultBytes } = runtime;
  const begin = (records: readonly ConnectionRecord[]) => {
    state.connections = records;
    const mostBytes = records.map(({ settings }) => settings.max_result_bytes ?? maxResultBytes);
    state.budget = budgetOf(Math.min(...mostBytes));
  };
  return {
    async one(name) {
      const record = await within(scope, connections.get(name, caller));
      begin([record]);
      if (record.access === 'read_only' && !tool.annotations.readOnlyHint) throw refusedByAccess(tool, record, caller);
      if (record.status !== 'ready') throw notReady(record, caller);
      return within(scope, opener.open(record, caller));
    },
    async several(named, wanted) {
      const { records, notes } = await within(scope, connections.choose({ named, scope: wanted, caller }));
      begin(records);
      for (const note of notes) scope.call.note(note);
      return within(scope, Promise.all(records.map((record) => opener.open(record, caller))));
    },
  };
}

/** Work that may hold the call no longer than its scope: a handler, and a storage that does not answer. */
export function within<T>({ givenUp }: CallScope, work: Promise<T>): Promise<T> {
  return Promise.race([work, givenUp]);
}

function refusedByAccess(tool: ToolDefinition, record: ConnectionRecord, caller: Caller): AppError {
  const { name, origin } = record;
  if (accessOf(record, caller) !== 'owner') {
    return new AppError(
      'refused',
      `The connection ${name} is shared with you to read, and ${tool.name} changes things.`,
      {
        hint: 'Ask the person whether its owner should let them write with it. Only its owner decides.',
      },
    );
  }
  const how =
    origin === 'declared' ? 'change `access` in the configuration' : `run \`tenantry connections update ${name}\``;
  return new AppError('refused', `The connection ${name} is read-only, and ${tool.name} changes things.`, {
    hint: `Ask the person who runs Tenantry whether this connection may write. Only they decide; if it may, they ${how}.`,
  });
}

export function notReady(record: ConnectionRecord, caller: Caller): AppError {
  const { name, status, origin, checks } = record;
  if (accessOf(record, caller) !== 'owner') {
    return new AppError('configuration', `The connection ${name} is ${status}.`, {
      hint: 'Ask the person to have its owner complete it.',
    });
  }
  const broken = origin === 'declared' ? checks.find((check) => check.status === 'fail') : undefined;
  return broken
    ? new AppError('configuration', `The connection ${name} cannot be used. ${broken.detail}`, {
        hint: broken.hint ?? 'Correct its declaration in tenantry.yaml.',
      })
    : new AppError('configuration', `The connection ${name} is ${status}: it has no identity yet.`, {
        hint: `Call complete_connection for ${name} first.`,
      });
}
