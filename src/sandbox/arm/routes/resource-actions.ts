import { textOf } from '../../base/guards.ts';
import type { SandboxResponse } from '../../service.ts';
import { checkLocks } from '../access/guards.ts';
import { type ArmCall, parseBody } from '../arm-call.ts';
import { notFound, notModelled } from '../arm-error.ts';
import { idKey, type ResourcePath } from '../arm-ids.ts';
import type { ArmResource } from '../arm-records.ts';
import { startOperation } from '../operations/start-operation.ts';
import { withState } from '../write-resource.ts';

type Action = (call: ArmCall, parsed: ResourcePath) => SandboxResponse;

/** Actions that the sandbox models, by type and name in lower case. */
const actions: Readonly<Record<string, Action>> = {
  'microsoft.storage/storageaccounts/listkeys': listKeys,
  'microsoft.storage/checknameavailability/checknameavailability': checkName,
  'microsoft.compute/virtualmachines/start': setPower('running'),
  'microsoft.compute/virtualmachines/restart': setPower('running'),
  'microsoft.compute/virtualmachines/poweroff': setPower('stopped'),
  'microsoft.compute/virtualmachines/deallocate': setPower('deallocated'),
  'microsoft.dbforpostgresql/flexibleservers/start': setServer('Ready'),
  'microsoft.dbforpostgresql/flexibleservers/stop': setServer('Stopped'),
};

export function runAction(call: ArmCall, parsed: ResourcePath, type: string): SandboxResponse {
  const action = actions[idKey(`${type}/${parsed.last}`)];
  if (!action) throw notModelled(`POST ${type}/${parsed.last}`);
  return action(call, parsed);
}

function target(call: ArmCall, { resourceId }: ResourcePath): ArmResource {
  const resource = call.store.resource(resourceId);
  if (resource) return resource;
  throw notFound(
    'ResourceNotFound',
    `The Resource '${resourceId}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

/** A read-only lock refuses this as well: keys let their holder write. */
function listKeys(call: ArmCall, parsed: ResourcePath): SandboxResponse {
  const resource = target(call, parsed);
  checkLocks(call, resource.id, 'write');
  const value = Buffer.from(`sandbox key of ${resource.name}`).toString('base64');
  return { status: 200, body: { keys: [{ keyName: 'key1', value, permissions: 'FULL' }] } };
}

function checkName(call: ArmCall): SandboxResponse {
  const name = idKey(textOf(parseBody(call)['name']) ?? '');
  for (const resource of call.store.resources()) {
    if (resource.type === 'Microsoft.Storage/storageAccounts' && resource.name === name) {
      const message = `The storage account named ${name} is already taken.`;
      return { status: 200, body: { nameAvailable: false, reason: 'AlreadyExists', message } };
    }
  }
  return { status: 200, body: { nameAvailable: true } };
}

function setPower(state: string): Action {
  return (call, parsed) => change(call, parsed, { powerState: state });
}

function setServer(state: string): Action {
  return (call, parsed) => change(call, parsed, { state });
}

function change(call: ArmCall, parsed: ResourcePath, properties: object): SandboxResponse {
  const resource = target(call, parsed);
  checkLocks(call, resource.id, 'write');
  return startOperation(call, {
    resourceId: resource.id,
    finish() {
      const done = withState(call, resource, 'Succeeded');
      call.store.putResource({ ...done, properties: { ...done.properties, ...properties } });
      return { status: 200 };
    },
  });
}
