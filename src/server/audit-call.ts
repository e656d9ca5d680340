import type { Authority } from '../core/base/authority.ts';
import { isRecord, textOf } from '../core/base/guards.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { type RequestTemplate, templateOf } from '../core/http/request-trail.ts';
import { problemOfNames } from '../core/record/connection-names.ts';
import type { AuditEntry } from '../core/storage/storage.ts';
import type { ToolCallOptions } from './run-tool.ts';
import type { CallState, ToolResult } from './tool-result.ts';

/** Most requests and ids of one call that the log names. */
const most = 40;

/** The line of one call, made after its answer: who did what to which objects, and how it ended. */
export function auditEntryOf(
  tool: string,
  input: unknown,
  {
    caller,
    channel = 'stdio',
    undoes,
    authority = { actor: 'agent', channel },
  }: Pick<ToolCallOptions, 'caller' | 'channel' | 'undoes'> & {
    readonly authority?: Pick<Authority, 'actor' | 'channel'>;
  },
  state: Omit<CallState, 'budget'>,
  { structured, isError }: Pick<ToolResult, 'structured' | 'isError'>,
): AuditEntry {
  const record = state.scope?.call.record;
  const templates = (record?.trail ?? []).map((request) => ({ ...request, ...templateOf(request) }));
  const requests = distinct(templates);
  const ids = [...new Set(templates.flatMap((template: RequestTemplate) => template.ids))];
  const leftOut = Math.max(0, requests.length - most) + Math.max(0, ids.length - most);
  return withoutUndefined({
    at: state.startedAt,
    caller: caller.id,
    actor: authority.actor,
    channel: authority.channel,
    connection: connectionsOf(state) ?? namedConnection(input),
    tool,
    requests: requests.slice(0, most),
    targetIds: ids.slice(0, most),
    outcome: outcomeOf(structured, isError),
    requestId: record?.requestId,
    receipt: record?.receipt,
    undoes,
    leftOut: leftOut > 0 ? leftOut : undefined,
  });
}

/** The line of a call that was refused before it began: the answer that it brought was not to a question of ours. */
export function refusedEntryOf(
  tool: string,
  input: unknown,
  options: Pick<ToolCallOptions, 'caller' | 'channel'>,
  startedAt: number,
): AuditEntry {
  const state = { startedAt, caller: options.caller, connections: [], scope: undefined };
  return auditEntryOf(tool, input, options, state, {
    structured: { response: { error: { code: 'refused' } } },
    isError: true,
  });
}

function distinct(templates: readonly AuditEntry['requests'][number][]): AuditEntry['requests'] {
  const seen = new Map(
    templates.map(({ service, method, path }) => [`${service} ${method} ${path}`, { service, method, path }]),
  );
  return [...seen.values()];
}

/** Bytes that the names of connections may take: a line is appended at once, and no longer than that. */
const mostNameBytes = 2_500;

/** All that the call worked on; names that have no room are counted. */
function connectionsOf({ connections }: Pick<CallState, 'connections'>): string | undefined {
  if (connections.length === 0) return undefined;
  const names = connections.map(({ name }) => name);
  let shown = names.length;
  while (names.slice(0, shown).join(',').length > mostNameBytes) shown -= 1;
  const others = names.length - shown;
  return [...names.slice(0, shown), ...(others > 0 ? [`${others} more`] : [])].join(',');
}

/** What a refused call named, where it can be the name of a connection: anything else may be a secret in the wrong place. */
function namedConnection(input: unknown): string | undefined {
  const given = isRecord(input) ? textOf(input['connection']) || textOf(input['name']) : '';
  return problemOfNames(given) === undefined && given.length <= mostNameBytes ? given : undefined;
}

function outcomeOf(structured: ToolResult['structured'], isError: boolean): string {
  const response = isRecord(structured['response']) ? structured['response'] : {};
  const error = isRecord(response['error']) ? textOf(response['error']['code']) : '';
  if (error !== '') return error;
  return isError || response['success'] === false ? 'failed' : 'success';
}
