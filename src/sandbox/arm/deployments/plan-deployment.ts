import { isRecord, type PlainObject, recordOf, textOf } from '../../base/guards.ts';
import { checkPolicies } from '../access/check-policies.ts';
import { authorize } from '../access/guards.ts';
import { findType, spellType } from '../api-versions.ts';
import { type ArmCall, parseProperties } from '../arm-call.ts';
import { badRequest } from '../arm-error.ts';
import type { ArmResource } from '../arm-records.ts';
import { requireProvider } from '../require-provider.ts';
import { buildResource, withState } from '../write-resource.ts';
import { invalidTemplate } from './invalid-template.ts';
import { resolveExpressions } from './resolve-expressions.ts';

export interface PlannedResource {
  readonly before?: ArmResource;
  readonly after: ArmResource;
}

export interface DeploymentPlan {
  readonly mode: 'Incremental' | 'Complete';
  readonly resources: readonly PlannedResource[];
}

/** What a template makes of a resource group. Throws `InvalidTemplate` and what a PUT of each resource would. */
export function planDeployment(call: ArmCall, scope: string): DeploymentPlan {
  const values = parseProperties(call);
  const mode = values['mode'];
  if (mode !== 'Incremental' && mode !== 'Complete') {
    throw badRequest('InvalidDeployment', "The 'mode' property is required; it is 'Incremental' or 'Complete'.");
  }
  const { template } = values;
  if (!isRecord(template) || !Array.isArray(template['resources'])) {
    throw invalidTemplate("the 'resources' of the template are missing");
  }
  const resolved = resolveExpressions(template, parametersOf(values), call.store.resource(scope));
  const entries: readonly unknown[] = Array.isArray(resolved['resources']) ? resolved['resources'] : [];
  return { mode, resources: entries.map((entry) => planResource(call, scope, entry)) };
}

function parametersOf({ parameters }: PlainObject): PlainObject {
  if (!isRecord(parameters)) return {};
  return Object.fromEntries(
    Object.entries(parameters).map(([name, entry]) => [name, isRecord(entry) ? entry['value'] : entry]),
  );
}

function planResource(call: ArmCall, scope: string, entry: unknown): PlannedResource {
  const body = recordOf(entry);
  const given = textOf(body['type']);
  const name = textOf(body['name']);
  if (given === undefined || name === undefined || textOf(body['apiVersion']) === undefined) {
    throw invalidTemplate("each resource needs 'type', 'apiVersion' and 'name'");
  }
  if (!findType(given)) throw invalidTemplate(`the resource type '${given}' is not known`);
  const type = spellType(given);
  const [namespace = '', ...types] = type.split('/');
  const names = name.split('/');
  if (names.length !== types.length) {
    throw invalidTemplate(`the resource name '${name}' does not fit the type '${type}'`);
  }
  const path = `${scope}/providers/${namespace}/${types.map((part, index) => `${part}/${names[index]}`).join('/')}`;
  const own: ArmCall = { ...call, path };
  authorize(own, `${type}/write`, path);
  requireProvider(own, namespace);
  checkPolicies(own, type, textOf(body['location']));
  const before = call.store.resource(path);
  const after = withState(own, buildResource(own, type, body, before), 'Succeeded');
  return { ...(before ? { before } : {}), after };
}
