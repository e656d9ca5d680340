import { describe, expect, test } from 'vitest';
import { type ListedTool, listTools } from '../src/server/list-tools.ts';
import { tools } from '../src/tools/registry.ts';
import { type HostRule, hostRules } from './support/host-schema-rules.ts';

const listed = listTools(tools);

/** A definition without fault, but for the members given. */
function definition({ parameters = {}, ...members }: HostRule['broken']): ListedTool {
  return {
    name: 'example',
    title: 'Example',
    description: 'Shows a mistake.',
    inputSchema: { type: 'object', properties: parameters, additionalProperties: false },
    outputSchema: { type: 'object' },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    ...members,
  };
}

describe.each(hostRules.map((rule) => [`${rule.host}: ${rule.rule}`, rule] as const))('%s', (_name, rule) => {
  test('is kept by every tool', () => {
    expect(listed.flatMap((tool) => [...rule.breaches(tool)])).toEqual([]);
  });

  test('is noticed when broken', () => {
    expect([...rule.breaches(definition({ parameters: { name: { type: 'string' } } }))]).toEqual([]);
    expect([...rule.breaches(definition(rule.broken))]).not.toEqual([]);
  });
});
