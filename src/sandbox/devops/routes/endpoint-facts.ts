import type { SandboxResponse } from '../../service.ts';
import { type DevOpsCall, type DevOpsRoute, listOf } from '../devops-call.ts';
import { badRequest } from '../devops-error.ts';
import { type EndpointType, endpointTypes } from '../endpoints/endpoint-schemes.ts';
import { isUsedIn } from '../endpoints/find-endpoint.ts';
import { readScopes } from './endpoints.ts';

/** What types of endpoints there are, and who has used an endpoint. Source: swagger `serviceEndpoint/7.1`. */
export const endpointFactRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: '/_apis/serviceendpoint/types', level: 'organization', scopes: readScopes, handle: listTypes },
  {
    method: 'GET',
    path: '/_apis/serviceendpoint/{id}/executionhistory',
    level: 'project',
    scopes: readScopes,
    handle: listExecutions,
  },
];

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
  if (!Number.isInteger(top) || top < 1) {
    throw badRequest('ArgumentException', `The value '${query.get('top')}' is not valid for top.`);
  }
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
