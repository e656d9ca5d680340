import type { SandboxResponse } from '../../service.ts';
import { type DevOpsCall, type DevOpsRoute, isTrue, listOf, listOption, requireProject } from '../devops-call.ts';
import { DevOpsError } from '../devops-error.ts';
import type { EndpointRecord } from '../devops-records.ts';
import { countPoll, settleAll } from '../endpoints/background-work.ts';
import { findEndpoint, isUsedIn } from '../endpoints/find-endpoint.ts';
import { renderEndpoint } from '../endpoints/render-endpoint.ts';

export const readScopes = ['vso.serviceendpoint', 'vso.serviceendpoint_query', 'vso.serviceendpoint_manage'];

const list = '/_apis/serviceendpoint/endpoints';

/** Reads are of a project. Source: swagger `serviceEndpoint/7.1`. */
export const endpointRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: list, level: 'project', scopes: readScopes, handle: listEndpoints },
  { method: 'GET', path: `${list}/{id}`, level: 'project', scopes: readScopes, handle: readEndpoint },
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

/** All filters at once. Names, types and schemes compare without regard to case. */
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
    throw new DevOpsError(
      400,
      'ArgumentException',
      `The actionFilter '${action}' is not known. Known: none, manage, use, view.`,
    );
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

/** 200 with `null`, unless the sandbox is told to say 404. */
function absent({ store, params }: DevOpsCall): SandboxResponse {
  if (Number(store.setting('unknownEndpoint')?.['status']) === 404) {
    throw new DevOpsError(
      404,
      'ServiceEndpointNotFoundException',
      `The service connection '${params['id']}' does not exist.`,
    );
  }
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8; api-version=7.1' }, body: 'null' };
}
