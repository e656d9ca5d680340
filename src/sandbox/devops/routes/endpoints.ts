import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, isTrue, listOf, listOption, requireProject } from '../devops-call.ts';
import { endpointNotFound, invalidArgument } from '../devops-error.ts';
import type { EndpointRecord } from '../devops-store.ts';
import { type EndpointType, endpointTypes } from '../endpoints/endpoint-schemes.ts';
import { renderEndpoint } from '../endpoints/render-endpoint.ts';
import { countPoll, findEndpoint, isUsedIn, settleAll } from '../endpoints/stored-endpoints.ts';

export const readScopes = ['vso.serviceendpoint', 'vso.serviceendpoint_query', 'vso.serviceendpoint_manage'];

const list = '/_apis/serviceendpoint/endpoints';

/** Reads use project routes; types belong to the organization. Source: swagger `serviceEndpoint/7.1`. */
export const endpointRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: list, level: 'project', scopes: readScopes, handle: listEndpoints },
  { method: 'GET', path: `${list}/{id}`, level: 'project', scopes: readScopes, handle: readEndpoint },
  { method: 'GET', path: '/_apis/serviceendpoint/types', level: 'organization', scopes: readScopes, handle: listTypes },
  {
    method: 'GET',
    path: '/_apis/serviceendpoint/{id}/executionhistory',
    level: 'project',
    scopes: readScopes,
    handle: listExecutions,
  },
];

function listEndpoints(call: DevOpsCall): SandboxResponse {
  const { store, context } = call;
  const { project } = requireProject(call);
  settleAll(store, context.clock.now());
  const isWanted = filterOf(call);
  const withDetails = isTrue(call, 'includeDetails');
  const found = [...store.endpoints.values()].filter((endpoint) => isUsedIn(endpoint, project) && isWanted(endpoint));
  const rendered = found.map((endpoint) => renderEndpoint(endpoint, call, { withDetails, project }));
  for (const endpoint of found) countPoll(endpoint, store);
  return listOf(rendered);
}

/** Applies all filters. Names, types, and schemes ignore case. */
function filterOf(call: DevOpsCall): (endpoint: EndpointRecord) => boolean {
  const { query, project } = call;
  const options = (name: string) => {
    const values = listOption(call, name);
    return values && new Set(values.map((value) => value.toLowerCase()));
  };
  const [ids, names, schemes] = [options('endpointIds'), options('endpointNames'), options('authSchemes')];
  const type = query.get('type')?.toLowerCase();
  const owner = query.get('owner')?.toLowerCase();
  const withFailed = isTrue(call, 'includeFailed');
  const isReader = call.caller.role === 'reader';
  const action = query.get('actionfilter')?.toLowerCase();
  if (action !== undefined && !['none', 'manage', 'use', 'view'].includes(action)) {
    throw invalidArgument(`The actionFilter '${action}' is not known. Known: none, manage, use, view.`);
  }
  return (endpoint) => {
    const name = endpoint.references.find(({ projectId }) => projectId === project?.id)?.name.toLowerCase() ?? '';
    const isFailed = endpoint.state === 'Failed' && !endpoint.isReady;
    return (
      (!ids || ids.has(endpoint.id)) &&
      (!names || names.has(name)) &&
      (!schemes || schemes.has(endpoint.authorization.scheme.toLowerCase())) &&
      (!type || endpoint.type.toLowerCase() === type) &&
      (!owner || endpoint.owner.toLowerCase() === owner) &&
      (withFailed || !isFailed) &&
      !(isReader && (action === 'manage' || action === 'use'))
    );
  };
}

function readEndpoint(call: DevOpsCall): SandboxResponse {
  const { store, context, project } = call;
  settleAll(store, context.clock.now());
  const endpoint = findEndpoint(call);
  if (!endpoint) return absent(call);
  const body = renderEndpoint(endpoint, call, { withDetails: true, project });
  countPoll(endpoint, store);
  return { status: 200, body };
}

/** 200 with `null`, unless the sandbox is set to return 404. */
function absent({ store, params }: DevOpsCall): SandboxResponse {
  if (Number(store.setting('unknownEndpoint')?.['status']) === 404) {
    throw endpointNotFound(`The service connection '${params['id']}' does not exist.`);
  }
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8; api-version=7.1' }, body: 'null' };
}

function listTypes({ query }: DevOpsCall): SandboxResponse {
  const name = query.get('type')?.toLowerCase();
  const scheme = query.get('scheme')?.toLowerCase();
  const found = endpointTypes.filter(
    (type) =>
      (!name || type.name.toLowerCase() === name) &&
      (!scheme || type.schemes.some((one) => one.scheme.toLowerCase() === scheme)),
  );
  return listOf(found.map(renderType));
}

function renderType({ name, displayName, url, schemes, dataSources }: EndpointType) {
  return {
    name,
    displayName,
    description: `${displayName} service connection`,
    endpointUrl: { displayName: 'Server Url', value: url, isVisible: 'false' },
    authenticationSchemes: schemes.map((one) => ({
      scheme: one.scheme,
      displayName: one.displayName,
      inputDescriptors: one.secrets.map((id) => ({ id, isConfidential: true, inputMode: 'passwordBox' })),
    })),
    dataSources: dataSources.map((source) => ({ name: source, resultSelector: 'jsonpath:$' })),
  };
}

function listExecutions({ store, params, project, query }: DevOpsCall): SandboxResponse {
  const endpoint = store.endpoints.get((params['id'] ?? '').toLowerCase());
  if (!endpoint || (project && !isUsedIn(endpoint, project))) return listOf([]);
  const top = Number(query.get('top') || 10);
  const before = Number(query.get('continuationtoken') || Number.POSITIVE_INFINITY);
  if (!Number.isInteger(top) || top < 1) throw invalidArgument(`The value '${query.get('top')}' is not valid for top.`);
  const found = store.executions.filter(
    (one) => one.endpointId === endpoint.id && one.projectId === project?.id && one.id < before,
  );
  const page = found.slice(0, top);
  const last = page.at(-1);
  const value = page.map(({ id, result, startTime }) => ({
    endpointId: endpoint.id,
    data: {
      id,
      planType: 'Build',
      definition: { id: 16, name: 'deploy' },
      owner: { id, name: `Build ${id}` },
      startTime,
      finishTime: startTime,
      result,
    },
  }));
  return listOf(value, found.length > top && last ? { 'x-ms-continuationtoken': String(last.id) } : {});
}
