import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, requireProject, timeOf } from '../devops-call.ts';
import { endpointNotFound, invalidEndpoint, missingValue } from '../devops-error.ts';
import { signAssertion, signPipelineToken } from '../endpoints/federation.ts';
import { isUsedIn, settleAll } from '../endpoints/stored-endpoints.ts';
import { readScopes } from './endpoints.ts';

/** `SYSTEM_OIDCREQUESTURI` of a pipeline job. Source: "Oidctoken - Create" of the distributed task API. */
export const oidcTokenRoutes: readonly DevOpsRoute[] = [
  {
    method: 'POST',
    path: '/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken',
    level: 'project',
    scopes: [...readScopes, 'vso.build_execute'],
    handle: createToken,
  },
];

async function createToken(call: DevOpsCall): Promise<SandboxResponse> {
  const { store, context, query } = call;
  const { project } = requireProject(call);
  const id = query.get('serviceconnectionid');
  if (id === undefined) return { status: 200, body: { oidcToken: await signPipelineToken(project.name, call) } };
  if (id === '') throw missingValue('serviceConnectionId');
  settleAll(store, context.clock.now());
  const endpoint = store.endpoints.get(id.toLowerCase());
  if (!endpoint || !isUsedIn(endpoint, project)) {
    throw endpointNotFound(`The service connection with id '${id}' was not found.`);
  }
  if (endpoint.authorization.scheme !== 'WorkloadIdentityFederation') {
    throw invalidEndpoint(
      `The service connection '${id}' does not use workload identity federation, but the scheme '${endpoint.authorization.scheme}'.`,
    );
  }
  const oidcToken = await signAssertion(endpoint, call);
  const last = store.executions.reduce((highest, one) => Math.max(highest, one.id), 0);
  store.executions.unshift({
    id: last + 1,
    endpointId: endpoint.id,
    projectId: project.id,
    result: 'succeeded',
    startTime: timeOf(call),
  });
  return { status: 200, body: { oidcToken } };
}
