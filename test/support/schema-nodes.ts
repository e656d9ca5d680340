import { isRecord } from '../../src/core/base/guards.ts';

/** A JSON Schema that is an object. */
export type Schema = Readonly<Record<string, unknown>>;

/** A part of a JSON Schema, or the whole. */
export interface SchemaNode {
  /** Such as `.requests[].method`; empty outermost. */
  readonly path: string;
  readonly schema: Schema;
  /** Objects and lists around it. */
  readonly depth: number;
}

/** Keywords that combine schemas. */
export const combining = ['anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else'];

/** Everything nested in a JSON Schema, and itself first. */
export function* nodesIn(schema: unknown, path = '', depth = 0): Generator<SchemaNode> {
  if (!isRecord(schema)) return;
  yield { path, schema, depth };
  for (const [name, child] of Object.entries(isRecord(schema['properties']) ? schema['properties'] : {})) {
    yield* nodesIn(child, `${path}.${name}`, depth + 1);
  }
  yield* nodesIn(schema['items'], `${path}[]`, depth + 1);
  yield* nodesIn(schema['additionalProperties'], `${path}.*`, depth + 1);
  for (const key of combining) {
    const members = Array.isArray(schema[key]) ? schema[key] : [schema[key]];
    for (const member of members) yield* nodesIn(member, `${path}(${key})`, depth);
  }
}
