import { z } from 'zod';
import { environmentVariables } from '../../src/core/base/environment.ts';
import { settingsSchema } from '../../src/core/record/connection.ts';
import { table } from './generated-section.ts';
import { describeType, type JsonSchema } from './schema-text.ts';
import { settingDescriptions } from './setting-descriptions.ts';

export function environmentTable(): string {
  return table(
    ['variable', 'meaning'],
    environmentVariables.map(({ name, description }) => [`\`${name}\``, description]),
  );
}

export function settingsTable(): string {
  // The shape is zod's own output for a strict object; only the keywords of JsonSchema are read.
  const schema = z.toJSONSchema(settingsSchema, { io: 'input' }) as JsonSchema;
  const rows = leaves(schema, '').map(([path, leaf]) => {
    const description = settingDescriptions[path];
    if (!description) throw new Error(`Describe the setting ${path} in scripts/docs/setting-descriptions.ts.`);
    return [`\`${path}\``, describeType(leaf), description];
  });
  const known = new Set(leaves(schema, '').map(([path]) => path));
  const stray = Object.keys(settingDescriptions).filter((path) => !known.has(path));
  if (stray.length > 0) throw new Error(`These settings do not exist: ${stray.join(', ')}.`);
  return table(['setting', 'values', 'meaning'], rows);
}

function leaves(schema: JsonSchema, prefix: string): Array<[string, JsonSchema]> {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]): Array<[string, JsonSchema]> => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return child.properties ? leaves(child, path) : [[path, child]];
  });
}
