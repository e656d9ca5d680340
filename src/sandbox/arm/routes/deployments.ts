import { type PlainObject, recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { checkLocks } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseBody, parseProperties } from '../arm-call.ts';
import { conflict, notFound } from '../arm-error.ts';
import type { ArmResource } from '../arm-store.ts';
import { compareDeployment } from '../deployments/compare-deployment.ts';
import { type PlannedResource, planDeployment } from '../deployments/plan-deployment.ts';
import { startOperation, startRemoval } from '../operations/run-operation.ts';
import { pageOf } from '../paging.ts';
import { requireGroup } from '../requirements.ts';
import { stampsOf, timeOf } from '../write-resource.ts';

const type = 'Microsoft.Resources/deployments';
const list = '{scope}/providers/Microsoft.Resources/deployments';
const path = `${list}/{name}`;

export const deploymentRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: list, type, action: `${type}/read`, handle: listDeployments },
  { method: 'GET', path, type, action: `${type}/read`, handle: readDeployment },
  { method: 'HEAD', path, type, action: `${type}/read`, handle: (call) => ({ status: find(call) ? 204 : 404 }) },
  { method: 'PUT', path, type, action: `${type}/write`, handle: putDeployment },
  { method: 'DELETE', path, type, action: `${type}/delete`, handle: deleteDeployment },
  { method: 'POST', path: `${path}/validate`, type, action: `${type}/validate/action`, handle: validate },
  { method: 'POST', path: `${path}/whatIf`, type, action: `${type}/whatIf/action`, handle: whatIf },
  { method: 'POST', path: `${path}/cancel`, type, action: `${type}/cancel/action`, handle: cancel },
  {
    method: 'GET',
    path: `${path}/operations`,
    type: 'Microsoft.Resources/deployments/operations',
    action: `${type}/read`,
    handle: listOperations,
  },
];

function scopeOf({ params }: ArmCall): string {
  return params['scope'] ?? '';
}

function idOf(call: ArmCall): string {
  return `${scopeOf(call)}/providers/${type}/${call.params['name']}`;
}

function find(call: ArmCall): ArmResource | undefined {
  return call.store.resource(idOf(call));
}

function requireDeployment(call: ArmCall): ArmResource {
  const deployment = find(call);
  if (deployment) return deployment;
  throw notFound('DeploymentNotFound', `Deployment '${call.params['name']}' could not be found.`);
}

function render({ id, name, location, properties, tags }: ArmResource): PlainObject {
  return { id, name, type, ...(location ? { location } : {}), ...(tags ? { tags } : {}), properties };
}

function listDeployments(call: ArmCall): SandboxResponse {
  const found = [...call.store.resources(scopeOf(call))].filter((one) => one.type === type);
  return pageOf(call, found.map(render));
}

function readDeployment(call: ArmCall): SandboxResponse {
  return { status: 200, body: render(requireDeployment(call)) };
}

/** Source: "Deployments - Create Or Update". */
function putDeployment(call: ArmCall): SandboxResponse {
  const id = idOf(call);
  requireGroup(call, id);
  checkLocks(call, scopeOf(call), 'write');
  if (call.operations.runningOn(id)) {
    const message = `Unable to edit or replace deployment '${call.params['name']}': previous deployment is still active. Please see https://aka.ms/arm-deploy for usage details.`;
    throw conflict('DeploymentActive', message);
  }
  const planned = planDeployment(call, scopeOf(call));
  const existing = find(call);
  const note = (provisioningState: string, extra: PlainObject = {}): SandboxResponse => {
    const deployment = deploymentOf(call, planned.mode, { provisioningState, ...extra }, existing);
    call.store.putResource(deployment);
    return { status: existing ? 200 : 201, body: render(deployment) };
  };
  return startOperation(call, {
    resourceId: id,
    begin: () => note('Accepted'),
    finish() {
      for (const resource of planned.resources) call.store.putResource(resource.after);
      if (planned.mode === 'Complete') removeOthers(call, planned.resources);
      const outputResources = planned.resources.map(({ after }) => ({ id: after.id }));
      return { ...note('Succeeded', { outputResources }), status: 200 };
    },
    fail: (state) =>
      void note(state, {
        error: { code: 'DeploymentFailed', message: 'At least one resource deployment operation failed.' },
      }),
  });
}

function deploymentOf(call: ArmCall, mode: string, extra: PlainObject, existing: ArmResource | undefined): ArmResource {
  const { location } = parseBody(call);
  return {
    id: existing?.id ?? idOf(call),
    name: call.params['name'] ?? '',
    type,
    ...(typeof location === 'string' ? { location } : {}),
    properties: {
      mode,
      parameters: parseProperties(call)['parameters'] ?? {},
      timestamp: timeOf(call),
      correlationId: call.request.headers['x-ms-correlation-request-id'] ?? call.request.requestId,
      ...extra,
    },
    ...stampsOf(call, existing),
  };
}

/** Complete mode deletes what is not in the template. */
function removeOthers(call: ArmCall, planned: readonly PlannedResource[]): void {
  const kept = new Set(planned.map(({ after }) => after.id.toLowerCase()));
  for (const { id, type: own } of [...call.store.resources(scopeOf(call))]) {
    if (own !== type && own.split('/').length === 2 && !kept.has(id.toLowerCase())) call.store.removeResource(id);
  }
}

function deleteDeployment(call: ArmCall): SandboxResponse {
  const deployment = find(call);
  return deployment ? startRemoval(call, deployment.id, 204) : { status: 204 };
}

function validate(call: ArmCall): SandboxResponse {
  requireGroup(call, idOf(call));
  const { mode, resources } = planDeployment(call, scopeOf(call));
  const validatedResources = resources.map(({ after }) => ({ id: after.id }));
  const properties = { mode, provisioningState: 'Succeeded', timestamp: timeOf(call), validatedResources };
  return { status: 200, body: { id: idOf(call), name: call.params['name'], type, properties } };
}

function whatIf(call: ArmCall): SandboxResponse {
  requireGroup(call, idOf(call));
  const plan = planDeployment(call, scopeOf(call));
  const settings = recordOf(parseProperties(call)['whatIfSettings']);
  const changes = compareDeployment(call, scopeOf(call), plan, settings['resultFormat'] !== 'ResourceIdOnly');
  return startOperation(call, {
    resourceId: idOf(call),
    finish: () => ({
      status: 200,
      body: { status: 'Succeeded', properties: { correlationId: call.request.requestId, changes } },
    }),
  });
}

function cancel(call: ArmCall): SandboxResponse {
  const deployment = requireDeployment(call);
  const running = call.operations.runningOn(deployment.id);
  if (!running) {
    const message = `Deployment '${deployment.name}' is not running and cannot be cancelled.`;
    throw conflict('DeploymentCannotBeCancelled', message);
  }
  call.operations.cancel(running, call.context.clock.now());
  return { status: 204 };
}

function listOperations(call: ArmCall): SandboxResponse {
  const { id, properties } = requireDeployment(call);
  const outputs = Array.isArray(properties['outputResources']) ? properties['outputResources'] : [];
  const value = outputs.map((output: PlainObject, index) => ({
    id: `${id}/operations/${index + 1}`,
    operationId: String(index + 1),
    properties: { provisioningOperation: 'Create', provisioningState: 'Succeeded', targetResource: output },
  }));
  return pageOf(call, value);
}
