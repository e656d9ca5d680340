import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, listOf, parseBody, requireProject, timeOf } from '../devops-call.ts';
import { endpointNotFound, invalidArgument, missingValue } from '../devops-error.ts';
import type { Authorized, PipelinePermissionRecord } from '../devops-store.ts';
import { isUsedIn } from '../endpoints/stored-endpoints.ts';

const path = '/_apis/pipelines/pipelinepermissions';
const readScopes = ['vso.build', 'vso.build_execute', 'vso.pipelineresources_manage'];
const write = { isWrite: true, cost: 'write', scopes: ['vso.pipelineresources_manage'] } as const;
const shared = { level: 'project', isPreview: true } as const;

/** Source: swagger `approvalsAndChecks/7.1`, "Pipeline Permissions". */
export const pipelinePermissionRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: `${path}/{type}/{id}`, ...shared, scopes: readScopes, handle: readPermissions },
  { method: 'PATCH', path: `${path}/{type}/{id}`, ...shared, ...write, handle: updateOne },
  { method: 'PATCH', path, ...shared, ...write, handle: updateMany },
];

const resourceTypes = ['endpoint', 'queue', 'environment', 'variablegroup', 'securefile', 'repository', 'teamproject'];

interface Resource {
  readonly type: string;
  readonly id: string;
}

function readPermissions(call: DevOpsCall): SandboxResponse {
  const resource = checkedResource(call.params['type'], call.params['id'], call);
  return { status: 200, body: render(stored(resource, call)) };
}

function updateOne(call: DevOpsCall): SandboxResponse {
  const resource = checkedResource(call.params['type'], call.params['id'], call);
  return { status: 200, body: render(apply(resource, parseBody(call), call)) };
}

function updateMany(call: DevOpsCall): SandboxResponse {
  const body = parseBody(call);
  if (!Array.isArray(body)) throw missingValue('resourceAuthorizations');
  const items = body.map((one: unknown) => {
    const item = recordOf(one);
    const given = recordOf(item['resource']);
    return { item, resource: checkedResource(optionalText(given['type']), optionalText(given['id']), call) };
  });
  return listOf(items.map(({ item, resource }) => render(apply(resource, item, call))));
}

function checkedResource(type: string | undefined, id: string | undefined, call: DevOpsCall): Resource {
  if (!type || !id) throw missingValue('resource');
  const { project } = requireProject(call);
  const known = resourceTypes.find((one) => one === type.toLowerCase());
  if (known === undefined) {
    throw invalidArgument(`The resource type '${type}' is not known. Known: ${resourceTypes.join(', ')}.`);
  }
  const endpoint = known === 'endpoint' ? call.store.endpoints.get(id.toLowerCase()) : undefined;
  if (known === 'endpoint' && !(endpoint && isUsedIn(endpoint, project))) {
    throw endpointNotFound(`The service connection with id '${id}' was not found in the project.`);
  }
  return { type: known, id };
}

function keyOf({ type, id }: Resource, call: DevOpsCall): string {
  return `${requireProject(call).project.id}/${type}/${id.toLowerCase()}`;
}

function stored(resource: Resource, call: DevOpsCall): PipelinePermissionRecord {
  return call.store.permissions.get(keyOf(resource, call)) ?? { ...resource, pipelines: [] };
}

/** Adds and removes single pipelines, and sets the permission for all pipelines. */
function apply(resource: Resource, body: unknown, call: DevOpsCall): PipelinePermissionRecord {
  if (!isRecord(body)) throw missingValue('resourceAuthorization');
  const before = stored(resource, call);
  const now: Authorized = { authorizedBy: call.caller.identity, authorizedOn: timeOf(call) };
  const all = isRecord(body['allPipelines']) ? body['allPipelines']['authorized'] : undefined;
  const { allPipelines, ...rest } = before;
  const kept = all === undefined ? allPipelines : all === true ? now : undefined;
  const after: PipelinePermissionRecord = {
    ...rest,
    ...(kept ? { allPipelines: kept } : {}),
    pipelines: changed(before.pipelines, body['pipelines'], now),
  };
  call.store.permissions.set(keyOf(resource, call), after);
  return after;
}

function changed(
  before: PipelinePermissionRecord['pipelines'],
  given: unknown,
  now: Authorized,
): PipelinePermissionRecord['pipelines'] {
  const after = new Map(before.map((one) => [one.id, one]));
  for (const one of Array.isArray(given) ? given.filter(isRecord) : []) {
    const id = Number(one['id']);
    if (!Number.isInteger(id)) throw invalidArgument('The id of a pipeline must be a number.');
    if (one['authorized'] === true) {
      after.set(id, { id, ...now });
    } else {
      after.delete(id);
    }
  }
  return [...after.values()];
}

function render({ type, id, allPipelines, pipelines }: PipelinePermissionRecord): PlainObject {
  return {
    resource: { type, id },
    ...(allPipelines ? { allPipelines: { authorized: true, ...allPipelines } } : {}),
    pipelines: pipelines.map((one) => ({ authorized: true, ...one })),
  };
}
