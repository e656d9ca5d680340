import { z } from 'zod';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest } from '../../core/http/api-client.ts';
import type { FilledBody } from '../../core/named-secrets/body-secrets.ts';
import type { FillableRequest } from '../../core/named-secrets/fillable-members.ts';
import { planArmUndo } from '../../core/receipts/arm/plan-arm-undo.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import { type ConnectionToolContext, defineTool, destructive } from '../define-tool.ts';
import { type ReportEnd, tried, type WriteToKeep, withReceipt } from '../keep-receipt.ts';
import { failedOperation, followOperation, runningOutcome } from '../operation-outcome.ts';
import { confirm, connection, mostMembers, params, recordWithin, text } from '../params.ts';
import { readsAddresses } from '../pasted/address-fields.ts';
import { resourceOfLink } from '../pasted/resource-links.ts';
import { armApiVersion, completePath, path, splitQuery } from './arm-path.ts';
import { describeArmWrite, plannedArmWrite, previewArmWrite } from './preview-arm-write.ts';
import { replacesTags, tagsAreReplaced } from './replaced-tags.ts';

const input = z.strictObject({
  connection,
  method: z.enum(['PUT', 'PATCH', 'POST', 'DELETE']),
  path,
  api_version: armApiVersion.optional(),
  body: recordWithin(z.string(), z.unknown(), mostMembers).optional().describe('JSON of the resource or action.'),
  params: params.optional().describe('Query options.'),
  if_match: text(/^[\x20-\x7e]{1,1000}$/, 'use an etag as the resource shows it, or *')
    .optional()
    .describe('etag that the resource must still have; * for any.'),
  wait: z
    .boolean()
    .optional()
    .describe('false returns an operation at once, true waits until its end. Default: up to 45 s.'),
  dry_run: z.boolean().optional().describe('Send no write; return request, current state and difference, or what-if.'),
  confirm,
});

type Input = z.output<typeof input>;

export const armWrite = defineTool({
  name: 'arm_write',
  title: 'Create or change Azure resources and roles',
  description:
    'Creates, deploys, changes or deletes Azure resources such as resource groups, virtual machines and storage accounts, adds tags, assigns a role such as Reader on a subscription to a service principal, or runs an action such as stop or restart with POST. ' +
    'It finds the api-version and follows long operations for 45 s. Try dry_run first.',
  toolset: 'arm',
  permissions: ['Contributor, or a role with the action; Owner or User Access Administrator for role assignments'],
  annotations: destructive,
  takesOutcomes: true,
  bindsConnection: true,
  readPasted: readsAddresses({ field: 'path', fromLink: resourceOfLink }),
  input,
  async run(args, context) {
    const unfilled = requestOf(args, context);
    context.bodySecrets.check(fillable(unfilled));
    if (replacesTags(unfilled)) context.call.note(tagsAreReplaced);
    const kept = writeToKeep(args, unfilled, context);
    if (args.dry_run) return tried(kept, context, previewArmWrite(unfilled, context));
    const planned = [plannedArmWrite(unfilled, context)];
    await context.guard.askForWrites(planned, () => describeArmWrite(unfilled, context), context.call);
    // A person may be asked: before anything is kept or sent.
    const filled = await context.bodySecrets.fill(fillable(unfilled), context.caller.id, context.call);
    return withReceipt(kept, context, (report) => send(args, { unfilled, filled }, report, context));
  },
});

function writeToKeep(args: Input, { path: address, body }: ApiRequest, context: ConnectionToolContext): WriteToKeep {
  const { method, api_version: asked } = args;
  const { resource, query } = splitQuery(address);
  const typed = [...query].find(([name]) => name.toLowerCase() === 'api-version')?.[1];
  const named = Object.entries(args.params ?? {}).find(([name]) => name.toLowerCase() === 'api-version')?.[1];
  const apiVersion = asked ?? (named === undefined ? typed : String(named));
  return {
    tool: 'arm_write',
    undoTool: 'arm_write',
    args,
    requests: [{ id: '1', request: `${method} ${resource}` }],
    plan: (call) => planArmUndo({ method, path: resource, body, apiVersion }, { ...context, call }),
  };
}

async function send(
  args: Input,
  { unfilled, filled }: { readonly unfilled: ApiRequest; readonly filled: FilledBody },
  report: ReportEnd,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { call } = context;
  const { body, secrets } = filled;
  const request = { ...unfilled, ...withoutUndefined({ body }), ...(secrets.length === 0 ? {} : { secrets }) };
  const { response, operation } = await context.arm.write(request, call).catch(async (error: unknown) => {
    throw await filled.explain(error);
  });
  report('1', response.status < 300 ? { answer: response } : 'failed');
  if (operation === undefined) {
    if (request.method === 'DELETE' && response.status === 204) {
      context.call.note('The service answered 204: there was nothing to delete.');
    }
    return { status: response.status, data: (await filled.keep(response.body, call)) ?? null };
  }
  if (args.wait === false) {
    return runningOutcome(operation, { resource: await filled.keep(response.body, call) }, context);
  }
  const view = await followOperation(operation, context).catch(async (error: unknown) => {
    // Only reading the state failed: the write goes on.
    await filled.keep(undefined, call);
    throw error;
  });
  // What is still running was accepted: it may end well after this call.
  const isLost = view.status === 'failed' || view.status === 'canceled';
  const result = isLost ? view.result : await filled.keep(view.result, call);
  return endOf(response.status, result === undefined ? view : { ...view, result }, context);
}

function fillable({ method, path, body }: ApiRequest): FillableRequest {
  return { api: 'arm', method, path, body };
}

function requestOf(args: Input, context: ConnectionToolContext): ApiRequest {
  const { method, path, api_version, body, params, if_match } = args;
  return withoutUndefined({
    method,
    path: completePath(path, context),
    params,
    body,
    apiVersion: api_version,
    versionIsAsked: api_version === undefined ? undefined : true,
    saysVersion: true,
    headers: if_match === undefined ? undefined : { 'If-Match': if_match },
  });
}

/** 201 stays 201: the resource is new. Everything else is what the synchronous request would have answered. */
async function endOf(
  started: number,
  view: Awaited<ReturnType<typeof followOperation>>,
  context: ConnectionToolContext,
): Promise<ToolOutcome> {
  const { status, operation, percentComplete, result } = view;
  if (status === 'running') {
    context.call.note('The operation is still running: this call ended first.');
    return runningOutcome(operation, { percentComplete, resource: result }, context);
  }
  if (status !== 'succeeded') throw await failedOperation(view);
  return { status: started === 201 ? 201 : result === undefined ? 204 : 200, data: result ?? null };
}
