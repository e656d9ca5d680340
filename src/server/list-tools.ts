import { z } from 'zod';
import type { ToolAnnotations, ToolDefinition } from '../tools/define-tool.ts';

/** A tool as `tools/list` shows it. */
export interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  readonly outputSchema: { readonly type: 'object'; readonly [key: string]: unknown };
  /** Without a title, which would only repeat the tool's. */
  readonly annotations: ToolAnnotations;
}

/** The advertised definitions. Takes a few milliseconds: call it once per process. */
export function listTools(tools: readonly ToolDefinition[]): readonly ListedTool[] {
  return tools.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: { type: 'object', ...jsonSchema(tool.input, 'input') },
    outputSchema: envelopeSchema(tool.output === undefined ? {} : jsonSchema(tool.output, 'output')),
    annotations: tool.annotations,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const override = io === 'input' ? listAsFirst : undefined;
  const options = { io, unrepresentable: 'any', ...(override && { override }) } as const;
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, options);
  return withoutNoise(rest);
}

/**
 * Lists a union as its first member; the others are accepted all the same. Gemini refuses a union beside a description, and
 * some hosts turn into text what a union describes: https://github.com/anomalyco/opencode/issues/15795,
 * https://github.com/github/copilot-cli/issues/4301
 */
function listAsFirst({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { anyOf: [first] = [], description } = jsonSchema;
  if (typeof first !== 'object') return;
  delete jsonSchema.anyOf;
  Object.assign(jsonSchema, first, description === undefined ? {} : { description });
}

/**
 * Removes what zod writes although it says nothing: bounds of safe integers, names of properties that may be anything, and
 * that an object may have other properties. What these may be is for descriptions: Gemini and OpenAI's strict mode take no
 * schema there.
 */
function withoutNoise(schema: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isNoise(key, value))
      .map(([key, value]) => [key, key === 'properties' ? byName(value) : cleaned(value)]),
  );
}

/** Schemas by property name; names are free, and one may be called `properties`. */
function byName(schemas: unknown): unknown {
  return Object.fromEntries(Object.entries(schemas ?? {}).map(([name, schema]) => [name, cleaned(schema)]));
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  // An object of a JSON Schema document.
  return typeof value === 'object' && value !== null ? withoutNoise(value as Record<string, unknown>) : value;
}

function isNoise(key: string, value: unknown): boolean {
  if (key === 'propertyNames' || (key === 'additionalProperties' && value !== false)) return true;
  if (key === 'properties' && isEmpty(value)) return true;
  return (
    (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) || (key === 'maximum' && value === Number.MAX_SAFE_INTEGER)
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * Schema of the whole answer, as short as possible: every tool carries it, and each token costs in every conversation.
 * docs/tool-responses.md describes what is inside.
 */
function envelopeSchema(data: Record<string, unknown>): ListedTool['outputSchema'] {
  const saysNothing = Object.keys(data).every((key) => key === 'type');
  const properties = saysNothing ? {} : { properties: { data } };
  return {
    type: 'object',
    properties: { response: { type: 'object', ...properties, required: ['success', 'status'] } },
    required: ['response', 'meta'],
  };
}
