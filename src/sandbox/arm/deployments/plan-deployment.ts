import { isRecord } from '../../../core/base/guards.ts';
import { optionalText, type PlainObject, recordOf } from '../../base/plain-object.ts';
import { authorize, checkPolicies } from '../access/guards.ts';
import { findType, spellType } from '../api-versions.ts';
import { type ArmCall, parseProperties } from '../arm-call.ts';
import { type ArmError, badRequest, notModelled } from '../arm-error.ts';
import type { ArmResource } from '../arm-store.ts';
import { requireProvider } from '../requirements.ts';
import { buildResource, withState } from '../write-resource.ts';

export interface PlannedResource {
  readonly before?: ArmResource;
  readonly after: ArmResource;
}

export interface DeploymentPlan {
  readonly mode: 'Incremental' | 'Complete';
  readonly resources: readonly PlannedResource[];
}

/**
 * The changes that a template makes to a resource group. Throws `InvalidTemplate` and the errors of a PUT of each
 * resource.
 */
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
  const given = optionalText(body['type']);
  const name = optionalText(body['name']);
  if (given === undefined || name === undefined || optionalText(body['apiVersion']) === undefined) {
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
  checkPolicies(own, type, optionalText(body['location']));
  const before = call.store.resource(path);
  const after = withState(own, buildResource(own, type, body, before), 'Succeeded');
  return { ...(before ? { before } : {}), after };
}

/** Resolves `[parameters('x')]`, `[variables('x')]`, and `[resourceGroup().location]`. */
function resolveExpressions(template: PlainObject, given: PlainObject, group: ArmResource | undefined): PlainObject {
  const declared = recordOf(template['parameters']);
  const variables = recordOf(template['variables']);
  for (const name of Object.keys(given)) {
    if (!(name in declared)) throw invalidTemplate(`the parameter '${name}' is not declared in the template`);
  }
  const parameterOf = (name: string): unknown => {
    const declaration = declared[name];
    const value = given[name] ?? (isRecord(declaration) ? resolve(declaration['defaultValue']) : undefined);
    if (value === undefined) throw invalidTemplate(`the value for the template parameter '${name}' is not provided`);
    return value;
  };
  const resolve = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return resolveText(value, { parameterOf, variableOf: (name) => resolve(variables[name]), group });
    }
    if (Array.isArray(value)) return value.map(resolve);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolve(one)]));
  };
  for (const name of Object.keys(declared)) parameterOf(name);
  return { ...template, resources: resolve(template['resources']) };
}

interface Values {
  parameterOf(name: string): unknown;
  variableOf(name: string): unknown;
  readonly group: ArmResource | undefined;
}

function resolveText(text: string, { parameterOf, variableOf, group }: Values): unknown {
  const [, expression] = /^\[(?!\[)(.*)\]$/.exec(text) ?? [];
  if (expression === undefined) return text;
  const [, source, name = ''] = /^\s*(parameters|variables)\('([^']+)'\)\s*$/.exec(expression) ?? [];
  if (source !== undefined) return source === 'parameters' ? parameterOf(name) : variableOf(name);
  const [, property] = /^\s*resourceGroup\(\)\.(location|name|id)\s*$/.exec(expression) ?? [];
  if (property === undefined) throw notModelled(`template expression ${text}`);
  return group?.[property as 'location' | 'name' | 'id']; // one of the three, by the expression above
}

/** 400 with a fixed place in the template, because the sandbox does not track positions. */
function invalidTemplate(reason: string): ArmError {
  return badRequest('InvalidTemplate', `Deployment template validation failed: '${reason}'.`, {
    additionalInfo: [{ type: 'TemplateViolation', info: { lineNumber: 1, linePosition: 1, path: '' } }],
  });
}
