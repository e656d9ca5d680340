import { isRecord } from '../../../core/base/guards.ts';
import type { PlainObject } from '../../base/plain-object.ts';
import type { ArmCall } from '../arm-call.ts';
import type { ArmResource } from '../arm-store.ts';
import { renderResource } from '../render-resource.ts';
import type { DeploymentPlan, PlannedResource } from './plan-deployment.ts';

interface Delta {
  readonly path: string;
  readonly propertyChangeType: 'Create' | 'Delete' | 'Modify';
  readonly before?: unknown;
  readonly after?: unknown;
}

/** The changes of a what-if. Source: "Deployments - What If". */
export function compareDeployment(
  call: ArmCall,
  scope: string,
  { mode, resources }: DeploymentPlan,
  isFull: boolean,
): readonly PlainObject[] {
  const named = new Set(resources.map(({ after }) => after.id.toLowerCase()));
  const others = [...call.store.resources(scope)].filter(
    ({ id, type }) => type.split('/').length === 2 && !type.endsWith('/deployments') && !named.has(id.toLowerCase()),
  );
  return [
    ...resources.map((planned) => changeOf(call, planned, isFull)),
    ...others.map((one) => ({
      resourceId: one.id,
      changeType: mode === 'Complete' ? 'Delete' : 'Ignore',
      ...(isFull ? { before: shown(call, one) } : {}),
    })),
  ];
}

function changeOf(call: ArmCall, { before, after }: PlannedResource, isFull: boolean): PlainObject {
  const resourceId = after.id;
  const [old, wanted] = [before && shown(call, before), shown(call, after)];
  const payload = isFull ? { ...(old ? { before: old } : {}), after: wanted } : {};
  if (!old) return { resourceId, changeType: 'Create', ...payload };
  const delta = differences(old, wanted);
  if (delta.length === 0) return { resourceId, changeType: 'NoChange', ...payload };
  return { resourceId, changeType: 'Modify', ...payload, ...(isFull ? { delta } : {}) };
}

/** Leaves out what changes with every write. */
function shown(call: ArmCall, resource: ArmResource): PlainObject {
  const { etag: _etag, ...rest } = renderResource(resource, call);
  return rest;
}

function differences(before: PlainObject, after: PlainObject, prefix = ''): readonly Delta[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name): readonly Delta[] => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const [old, wanted] = [before[name], after[name]];
    if (isRecord(old) && isRecord(wanted)) return differences(old, wanted, path);
    if (JSON.stringify(old) === JSON.stringify(wanted)) return [];
    if (old === undefined) return [{ path, propertyChangeType: 'Create', after: wanted }];
    if (wanted === undefined) return [{ path, propertyChangeType: 'Delete', before: old }];
    return [{ path, propertyChangeType: 'Modify', before: old, after: wanted }];
  });
}
