import { isRecord, type PlainObject, recordOf } from '../../base/guards.ts';
import { notModelled } from '../arm-error.ts';
import type { ArmResource } from '../arm-records.ts';
import { invalidTemplate } from './invalid-template.ts';

/** Puts values in the place of `[parameters('x')]`, `[variables('x')]` and `[resourceGroup().location]`. */
export function resolveExpressions(
  template: PlainObject,
  given: PlainObject,
  group: ArmResource | undefined,
): PlainObject {
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
