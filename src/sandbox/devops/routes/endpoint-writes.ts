import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, isTrue, listOf, parseBody } from '../devops-call.ts';
import { invalidArgument, missingValue } from '../devops-error.ts';
import type { EndpointRecord, ProjectReference } from '../devops-store.ts';
import { emptyParameters, provision, requirePerson } from '../endpoints/automatic-endpoint.ts';
import { removeApp } from '../endpoints/directory-app.ts';
import { isAutomatic, readEndpoint, readReferences } from '../endpoints/endpoint-input.ts';
import { derivedParameters } from '../endpoints/federation.ts';
import { renderEndpoint } from '../endpoints/render-endpoint.ts';
import {
  checkNameIsFree,
  projectIdsOption,
  requireEndpoint,
  settleAll,
  startWork,
} from '../endpoints/stored-endpoints.ts';
import { updateEndpoint } from '../endpoints/update-endpoint.ts';
import { textAt, withoutTexts } from '../text-map.ts';

const scopes = ['vso.serviceendpoint_manage'];
const list = '/_apis/serviceendpoint/endpoints';
const write = { scopes, isWrite: true, cost: 'write' } as const;

/** Writes use organization routes; updates also work below a project. Source: swagger `serviceEndpoint/7.1`. */
export const endpointWriteRoutes: readonly DevOpsRoute[] = [
  { method: 'POST', path: list, level: 'organization', ...write, handle: create },
  { method: 'PUT', path: list, level: 'organization', ...write, handle: updateMany },
  { method: 'PUT', path: `${list}/{id}`, level: 'both', ...write, handle: update },
  { method: 'PATCH', path: `${list}/{id}`, level: 'organization', ...write, handle: share },
  { method: 'DELETE', path: `${list}/{id}`, level: 'organization', ...write, handle: remove },
];

function create(call: DevOpsCall): SandboxResponse {
  const { store, context, caller } = call;
  settleAll(store, context.clock.now());
  const { type, authorization, data, ...rest } = readEndpoint(parseBody(call), call);
  const automatic = type.name === 'azurerm' && isAutomatic(data);
  if (automatic) requirePerson(call);
  for (const { name, projectId } of rest.references) checkNameIsFree(name, projectId, undefined, call);
  const given = withoutTexts(authorization.parameters, derivedParameters);
  const endpoint: EndpointRecord = {
    ...rest,
    id: context.newId(),
    type: type.name,
    createdBy: caller.identity,
    authorization: { ...authorization, parameters: automatic ? emptyParameters(given) : given },
    data: withoutTexts(data, ['revertSchemeDeadline']),
    isReady: !automatic,
    state: 'Ready',
    statusMessage: '',
    issuer: store.setting('issuer')?.['kind'] === 'vstoken' ? 'vstoken' : 'entra',
  };
  store.endpoints.set(endpoint.id, endpoint);
  return answer(automatic ? startWork(endpoint, provision(endpoint, call), call) : endpoint, call);
}

function update(call: DevOpsCall): SandboxResponse {
  settleAll(call.store, call.context.clock.now());
  const body = parseBody(call);
  if (!isRecord(body)) throw missingValue('endpoint');
  const { id } = body;
  if (typeof id === 'string' && id.toLowerCase() !== call.params['id']?.toLowerCase()) {
    throw invalidArgument('The id of the body is not the id of the address.');
  }
  return answer(updateEndpoint(requireEndpoint(call), body, call), call);
}

function updateMany(call: DevOpsCall): SandboxResponse {
  settleAll(call.store, call.context.clock.now());
  const body = parseBody(call);
  if (!Array.isArray(body)) throw missingValue('endpoints');
  const found = body.map((one: unknown): readonly [EndpointRecord, PlainObject] => {
    const given = recordOf(one);
    return [requireEndpoint({ ...call, params: { id: optionalText(given['id']) ?? '' } }), given];
  });
  const updated = found.map(([endpoint, given]) => updateEndpoint(endpoint, given, call));
  return listOf(updated.map((endpoint) => renderEndpoint(endpoint, call, { withDetails: true })));
}

/** The body is an array of references to the projects to share the endpoint with. */
function share(call: DevOpsCall): SandboxResponse {
  settleAll(call.store, call.context.clock.now());
  const endpoint = requireEndpoint(call);
  const body = parseBody(call);
  if (!Array.isArray(body)) throw missingValue('endpointProjectReferences');
  const added = readReferences(body, call);
  for (const { name, projectId } of added) checkNameIsFree(name, projectId, endpoint.id, call);
  const isReplaced = ({ projectId }: ProjectReference) => added.some((one) => one.projectId === projectId);
  const references = [...endpoint.references.filter((one) => !isReplaced(one)), ...added];
  call.store.endpoints.set(endpoint.id, { ...endpoint, references });
  return { status: 204 };
}

/** Removes the endpoint from the named projects. After the last one, it is deleted with a delay. */
function remove(call: DevOpsCall): SandboxResponse {
  const { store, context, arm } = call;
  settleAll(store, context.clock.now());
  const endpoint = requireEndpoint(call);
  const projectIds = projectIdsOption(call);
  // It is already being deleted.
  if (endpoint.pending && !endpoint.pending.then) return { status: 204 };
  const references = endpoint.references.filter(({ projectId }) => !projectIds.includes(projectId));
  if (references.length === endpoint.references.length) {
    throw invalidArgument('The service connection is not shared with any of the projects in projectIds.');
  }
  if (references.length > 0) {
    store.endpoints.set(endpoint.id, { ...endpoint, references });
    return { status: 204 };
  }
  const appId = textAt(endpoint.authorization.parameters, 'serviceprincipalid');
  if (isTrue(call, 'deep') && isAutomatic(endpoint.data) && appId) removeApp(appId, context.store, arm);
  startWork(endpoint, undefined, call);
  return { status: 204 };
}

function answer(endpoint: EndpointRecord, call: DevOpsCall): SandboxResponse {
  return { status: 200, body: renderEndpoint(endpoint, call, { withDetails: true, project: call.project }) };
}
