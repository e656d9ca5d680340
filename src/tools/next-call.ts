import type { NextCall } from '../core/base/error-answer.ts';
import { isRecord, textOf } from '../core/base/guards.ts';
import type { RequestInstead } from '../core/base/request-instead.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';

/** The call that was refused. */
export interface RefusedCall {
  readonly tool: string;
  /** As they were meant; empty where the request was one of several. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly connection: string;
}

/** Longest call that an error carries, in characters of JSON. */
const mostLength = 2_500;

/** What says which request is sent, besides what belongs to the first answer alone. */
const ofTheRequest = new Set([
  'body',
  'confirm',
  'connection',
  'cursor',
  'dry_run',
  'endpoint',
  'headers',
  'if_match',
  'method',
  'params',
  'path',
  'requests',
]);

/**
 * A request as the call of a tool that sends it: only a suggestion, which goes through every check when it is made. What the
 * refused call said about its answer is kept where the same is asked. Undefined where it would be too long to show.
 */
export function nextCall(instead: RequestInstead, refused: RefusedCall): NextCall | undefined {
  const tool = toolOf(instead, refused);
  const isSame = tool === refused.tool && instead.isOther !== true && tool !== 'graph_write' && tool !== 'arm_write';
  const kept = isSame
    ? Object.entries(refused.args).filter(([name]) => !ofTheRequest.has(name) && name !== 'api_version')
    : [];
  const own = Object.fromEntries(kept.filter(([name]) => name !== 'reset' || instead.restarts === true));
  const call = { tool, arguments: { connection: refused.connection, ...argumentsOf(instead, tool), ...own } };
  const shaped = { ...call, arguments: { ...call.arguments, ...shapeOf(instead, own) } };
  return JSON.stringify(shaped).length > mostLength ? undefined : shaped;
}

const isDelta = /\/(?:microsoft\.graph\.)?delta(?:\(\))?$/i;
const isResourceGraph = /^\/providers\/Microsoft\.ResourceGraph\/resources$/i;

/** Whether the tool that sends the request changes things. */
export function isWriteInstead(instead: RequestInstead): boolean {
  return instead.method !== 'GET' && !isResourceGraph.test(instead.path);
}

function toolOf(instead: RequestInstead, { tool }: RefusedCall): string {
  const { api, path } = instead;
  if (api === 'arm') {
    if (isResourceGraph.test(path)) return 'resource_graph_query';
    return isWriteInstead(instead) ? 'arm_write' : 'arm_query';
  }
  if (isWriteInstead(instead)) return 'graph_write';
  return tool === 'graph_delta' && isDelta.test(path) ? tool : 'graph_query';
}

function argumentsOf(instead: RequestInstead, tool: string): Readonly<Record<string, unknown>> {
  const { method, path, params, headers, body, apiVersion: api_version } = instead;
  switch (tool) {
    case 'graph_write':
      return withoutUndefined({ requests: [withoutUndefined({ method, endpoint: path, body })], api_version });
    case 'arm_write':
      return withoutUndefined({ method, path, body, params, api_version });
    case 'arm_query':
      return withoutUndefined({ path, params, api_version });
    case 'resource_graph_query':
      return { query: body?.['query'] };
    case 'graph_delta':
      return withoutUndefined({ endpoint: path, params, headers, reset: instead.restarts });
    default:
      return withoutUndefined({ endpoint: path, params, headers, api_version });
  }
}

/** How the answer is to be shown: what is chosen here comes before what the caller chose. */
function shapeOf({ project, limit }: RequestInstead, own: Readonly<Record<string, unknown>>) {
  const given = textOf(own['project']);
  const both = project !== undefined && given !== '' ? `{value: ${project}} | ${given}` : project;
  return withoutUndefined({ project: both, limit: own['limit'] === undefined ? limit : undefined });
}

/** Whether a process with these toolsets offers the tool of a call; undefined offers all. */
export function isOffered({ tool }: NextCall, toolsets: readonly string[] | undefined): boolean {
  const own = tool.startsWith('graph_') ? 'graph' : 'arm';
  return toolsets === undefined || toolsets.includes('all') || toolsets.includes(own);
}

/** The same for the error of one of several requests, which has the request to send instead as plain data. */
export function nextCallOf(error: unknown, refused: RefusedCall): NextCall | undefined {
  const instead = isRecord(error) ? error['instead'] : undefined;
  // `errorBody` puts it there.
  return isRecord(instead) ? nextCall(instead as unknown as RequestInstead, refused) : undefined;
}
