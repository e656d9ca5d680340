import { bodyChanges, leftOutPaths } from '../../core/apis/arm/body-difference.ts';
import { AppError } from '../../core/base/errors.ts';
import { isRecord, textOf } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { ApiRequest, ApiResponse } from '../../core/http/api-client.ts';
import { shownBody } from '../../core/named-secrets/shown-body.ts';
import type { PlannedWrite } from '../../core/policy/guard.ts';
import { planWrite } from '../../core/policy/planned-writes.ts';
import type { ToolOutcome } from '../../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from '../define-tool.ts';
import { failedOperation, followOperation, runningOutcome } from '../operation-outcome.ts';
import { describeReview } from '../policy-answer.ts';
import { splitQuery } from './arm-path.ts';
import { replacesTags, tagsLeftOut } from './replaced-tags.ts';

type Facts = Readonly<Record<string, unknown>>;

/** The form in which policy looks at it. */
export function plannedArmWrite(request: ApiRequest, { cloud }: Pick<ConnectionToolContext, 'cloud'>): PlannedWrite {
  return planWrite('arm', cloud.resourceManager, { ...request, address: request.path });
}

/** The exact request, the current state, what would change, and what policy says. Sends no write. */
export async function previewArmWrite(request: ApiRequest, context: ConnectionToolContext): Promise<ToolOutcome> {
  const { call, guard } = context;
  const described = await describeArmWrite(request, context);
  const policy = describeReview(await guard.review([plannedArmWrite(request, context)], call));
  call.note('Dry run: no write was sent.');
  if (request.method === 'POST') {
    call.note('What an action changes is not known in advance: only the request is shown.');
  }
  return { status: 200, data: { dry_run: true, ...described, ...policy } };
}

/** The request with the state that it would change; a deployment with what the service says about it. */
export async function describeArmWrite(request: ApiRequest, context: ConnectionToolContext): Promise<Facts> {
  const { arm, call } = context;
  const url = await arm.preview(request, call);
  const { method, headers, path } = request;
  const body = shownBody({ api: 'arm', method, path, body: request.body });
  const state = method === 'POST' ? {} : await describeState({ ...request, body }, context);
  const whatIf = isDeployment(request) ? await askWhatIf(request, context) : undefined;
  return withoutUndefined({
    request: withoutUndefined({ method, url, headers, body }),
    ...state,
    what_if: whatIf,
  });
}

/** Statuses that say something about the state, besides the resource itself. */
const tellingStatuses = [400, 403, 404, 405, 409];

async function describeState(request: ApiRequest, { arm, call }: ConnectionToolContext): Promise<Facts> {
  const response = await arm.send({ ...readOf(request), expectedStatuses: tellingStatuses }, call);
  if (response.status === 404) return { current: null, current_status: 404, ...changesFrom(undefined, request) };
  if (response.status >= 400) {
    const { readUpstreamError } = await import('../../core/http/upstream-error.ts');
    const { code } = readUpstreamError(response.body);
    return { current_status: response.status, ...(code === '' ? {} : { current_error: code }) };
  }
  noteEtag(request, response, call.note.bind(call));
  const lost = isGroupDeletion(request) ? await contentsOf(request, { arm, call }) : {};
  return { current: response.body ?? null, ...lost, ...changesFrom(response.body, request) };
}

/** Most resources that a preview names; more are counted. */
const mostNamed = 100;

function isGroupDeletion({ method, path }: ApiRequest): boolean {
  return method === 'DELETE' && /\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/?$/i.test(splitQuery(path).resource);
}

/** What is deleted together with a resource group. */
async function contentsOf(request: ApiRequest, { arm, call }: Pick<ConnectionToolContext, 'arm' | 'call'>) {
  const { resource } = splitQuery(request.path);
  const list: ApiRequest = { method: 'GET', path: `${resource.replace(/\/$/, '')}/resources` };
  const ids: unknown[] = [];
  for await (const { items } of arm.pages(list, {}, call)) {
    ids.push(...items.map((item) => (isRecord(item) ? (item['id'] ?? null) : null)));
  }
  return { contains: { count: ids.length, ids: ids.slice(0, mostNamed) } };
}

/** The GET of the same resource with the same api-version; options of the write are not options of the read. */
function readOf({ path, params, apiVersion }: ApiRequest): ApiRequest {
  const { resource, query } = splitQuery(path);
  const typed = [...Object.entries(params ?? {}), ...query].find(([name]) => name.toLowerCase() === 'api-version')?.[1];
  const version = apiVersion ?? (typed === undefined || typed === null ? undefined : String(typed));
  const versionIsAsked = version === undefined ? undefined : true;
  return withoutUndefined({ method: 'GET' as const, path: resource, apiVersion: version, versionIsAsked });
}

function changesFrom(current: unknown, request: ApiRequest): Facts {
  const { method, body } = request;
  // What a deployment changes is what it deploys: what-if shows that.
  if (isDeployment(request)) return {};
  if (method === 'DELETE') return current === undefined ? {} : { changes: [{ path: '@', from: 'present', to: null }] };
  const wanted = isRecord(body) ? body : {};
  const leftOut = leftOutBy(request, current, wanted);
  return withoutUndefined({
    changes: bodyChanges(current, wanted),
    not_in_body: leftOut.length === 0 ? undefined : leftOut,
  });
}

/** Current values that a write may take away by not naming them. */
function leftOutBy(request: ApiRequest, current: unknown, wanted: Facts): readonly string[] {
  if (request.method === 'PUT') return leftOutPaths(current, wanted);
  return replacesTags(request) ? tagsLeftOut(current, wanted) : [];
}

function noteEtag({ headers }: ApiRequest, { body, headers: answered }: ApiResponse, note: (text: string) => void) {
  const wanted = headers?.['If-Match'];
  const inBody = isRecord(body) ? body['etag'] : undefined;
  const etag = answered['etag'] ?? inBody;
  if (wanted !== undefined && wanted !== '*' && typeof etag === 'string' && etag !== wanted) {
    note(`if_match is not the current etag (${quoted(etag)}): the service would refuse the write with 412.`);
  }
}

/** https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if */
function isDeployment({ method, path }: ApiRequest): boolean {
  return (
    method === 'PUT' && /\/providers\/microsoft\.resources\/deployments\/[^/]+\/?$/i.test(splitQuery(path).resource)
  );
}

/** Asks the service what the deployment would change. A template that it refuses is an error here as well. */
async function askWhatIf(request: ApiRequest, context: ConnectionToolContext): Promise<unknown> {
  const { path, ...rest } = readOf(request);
  const { response, operation } = await context.arm.write(
    { ...rest, method: 'POST', path: `${path.replace(/\/$/, '')}/whatIf`, body: request.body, readOnly: true },
    context.call,
  );
  if (operation === undefined) return whatIfOf(response.body, path);
  const view = await followOperation(operation, context);
  if (view.status === 'running') return (await runningOutcome(view.operation, view, context)).data;
  if (view.status !== 'succeeded') throw await failedOperation(view);
  return whatIfOf(view.result, path);
}

/** `{ status, properties: { changes } }` without the level `properties`. A 200 may carry a failure. */
async function whatIfOf(body: unknown, path: string): Promise<unknown> {
  if (!isRecord(body)) return body ?? null;
  const { properties, ...rest } = body;
  if (/^(?:failed|cancell?ed)$/i.test(textOf(body['status']))) throw await failedWhatIf(body, path);
  return isRecord(properties) ? { ...rest, ...properties } : body;
}

async function failedWhatIf(body: Facts, path: string): Promise<AppError> {
  const { classifyArmError, readArmError } = await import('../../core/apis/arm/arm-errors.ts');
  const error = { error: body['error'] };
  const { code, said, hint } = classifyArmError(error, path);
  const upstream = readArmError(error).parts[0]?.code;
  const words = said === undefined ? 'The service gives no reason.' : `${quoted(said, 1_000)}.`;
  return new AppError(code ?? 'upstream_error', `The what-if of the deployment ended as failed or canceled: ${words}`, {
    hint: hint ?? 'Correct the template or its parameters, then try the dry run again; nothing was deployed.',
    ...(upstream ? { upstream: { code: upstream } } : {}),
  });
}
