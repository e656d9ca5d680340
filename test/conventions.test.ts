import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { fixedResources, templateResources } from '../src/resources/resources.ts';
import { instructions } from '../src/server/build-server.ts';
import { listTools } from '../src/server/list-tools.ts';
import type { ToolDefinition } from '../src/tools/define-tool.ts';
import { tools } from '../src/tools/registry.ts';
import { visibleTools } from '../src/tools/toolsets.ts';

const listed = listTools(tools);
const named = tools.map((tool) => [tool.name, tool] as const);

/** Everything nested in a JSON Schema. */
function* schemasIn(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  yield schema as Record<string, unknown>;
  for (const child of Object.values(schema)) yield* schemasIn(child);
}

describe.each(named)('%s', (name, tool: ToolDefinition) => {
  const definition = listed.find((one) => one.name === name);

  test('is named as its file', () => {
    expect(name).toMatch(/^[a-z][a-z0-9_]{2,63}$/);
    const file = new URL(`../src/tools/${tool.toolset}/${name.replaceAll('_', '-')}.ts`, import.meta.url);
    expect(existsSync(fileURLToPath(file))).toBe(true);
  });

  test('says what it does, in a title and at most 700 characters', () => {
    expect(tool.title.length).toBeGreaterThan(4);
    expect(tool.description).toMatch(/^[A-Z][^.]+\./);
    expect(tool.description.length).toBeLessThanOrEqual(700);
    expect(tool.description).not.toMatch(/\b(IMPORTANT|MUST|NEVER|ALWAYS)\b/);
  });

  test('has all annotations, and they agree with each other', () => {
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations;
    for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint])
      expect(hint).toBeTypeOf('boolean');
    expect(readOnlyHint && destructiveHint).toBe(false);
  });

  test('takes a strict object without a union at the top', () => {
    expect(definition?.inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    for (const key of ['anyOf', 'oneOf', 'allOf']) expect(definition?.inputSchema).not.toHaveProperty(key);
    for (const key of Object.keys((definition?.inputSchema['properties'] as object | undefined) ?? {})) {
      expect(key).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  test('requires a connection if it works on a tenant', () => {
    const required = definition?.inputSchema['required'] ?? [];
    if (tool.bindsConnection) expect(required).toContain('connection');
  });

  test('takes a handle that confirms if, and only if, it is destructive', () => {
    const properties = (definition?.inputSchema['properties'] ?? {}) as Readonly<Record<string, unknown>>;
    expect('confirm' in properties).toBe(tool.annotations.destructiveHint);
  });

  test('describes its answer', () => {
    expect(definition?.outputSchema).toMatchObject({ type: 'object', required: ['response', 'meta'] });
  });

  test('is listed as in its snapshot', async () => {
    await expect(`${JSON.stringify(definition, null, 2)}\n`).toMatchFileSnapshot(`./toolsnaps/${name}.json`);
  });

  test('names no host and no secret in its schema', () => {
    for (const schema of schemasIn(definition?.inputSchema)) {
      expect(JSON.stringify(schema['default'] ?? '')).not.toMatch(/https?:/);
    }
  });
});

describe('the tools together', () => {
  test('stand in the order of the design', () => {
    expect(tools.map((tool) => tool.name)).toEqual([
      'create_connection',
      'complete_connection',
      'validate_connection',
      'list_connections',
      'delete_connection',
      'provision_connection',
      'convert_connection',
      'list_linked_services',
      'graph_query',
      'graph_batch',
      'graph_write',
      'graph_delta',
      'assign_license',
      'arm_query',
      'arm_write',
      'resource_graph_query',
      'get_operation',
      'list_workspace_connections',
      'create_workspace_connection',
      'delete_workspace_connection',
      'list_service_connections',
      'create_service_connection',
      'convert_service_connection',
      'delete_service_connection',
    ]);
  });

  test('take at most 9,000 tokens', () => {
    expect(encode(JSON.stringify(listed)).length).toBeLessThanOrEqual(9_000);
  });

  test('are hidden by toolset and by read-only mode, and keep their order', () => {
    const names = (visibility: Parameters<typeof visibleTools>[1]) =>
      visibleTools(tools, visibility).map((tool) => tool.name);
    expect(names({ toolsets: ['graph'], readOnly: true })).toEqual([
      'graph_query',
      'graph_batch',
      'graph_delta',
      'get_operation',
    ]);
    expect(names({ toolsets: ['arm'], readOnly: true })).toEqual([
      'arm_query',
      'resource_graph_query',
      'get_operation',
    ]);
    expect(names({ toolsets: ['ml', 'devops'], readOnly: true })).toEqual([
      'get_operation',
      'list_workspace_connections',
      'list_service_connections',
    ]);
    expect(names({ toolsets: undefined, readOnly: true })).not.toContain('assign_license');
    expect(names({ toolsets: ['all'], readOnly: false })).toHaveLength(tools.length);
  });
});

describe('instructions, resources', () => {
  test('instructions take at most 2 kB', () => {
    expect(Buffer.byteLength(instructions)).toBeLessThanOrEqual(2_048);
  });

  test('instructions name only tools that exist', () => {
    const mentioned = instructions.match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [];
    const known = new Set([...tools.map((tool) => tool.name), 'outcome_unknown', 'read_write', 'read_only']);
    expect(mentioned.filter((word) => !known.has(word))).toEqual([]);
  });

  test('every resource has a description', () => {
    for (const { description, title } of [...fixedResources, ...templateResources]) {
      expect(description.length).toBeGreaterThan(10);
      expect(title.length).toBeGreaterThan(2);
    }
  });
});
