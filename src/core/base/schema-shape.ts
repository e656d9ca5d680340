import type { z } from 'zod';

type AnySchema = z.core.$ZodType;
type Def = AnySchema['_zod']['def'] & Readonly<Record<string, unknown>>;

/** The definition beneath wrappers that do not change which values are meant. */
function innerDef(schema: AnySchema): Def {
  // zod keeps every kind of definition in one property; the `type` field tells them apart.
  const def = schema._zod.def as Def;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return innerDef(def['innerType'] as AnySchema);
    case 'pipe': {
      const advertised = innerDef(def['in'] as AnySchema);
      // An open record in front of a strict schema keeps the advertised schema short; what counts is behind it.
      return isOpenRecord(advertised) ? innerDef(def['out'] as AnySchema) : advertised;
    }
    default:
      return def;
  }
}

function isOpenRecord(def: Def): boolean {
  return def.type === 'record' && innerDef(def['valueType'] as AnySchema).type === 'unknown';
}

/** Fields of an object schema; undefined for any other schema. */
export function fieldsOf(schema: AnySchema): Readonly<Record<string, AnySchema>> | undefined {
  const def = innerDef(schema);
  return def.type === 'object' ? (def['shape'] as Record<string, AnySchema>) : undefined;
}

/** Schema of the elements of an array or of the values of a record. */
function elementOf(schema: AnySchema, kind: 'array' | 'record'): AnySchema | undefined {
  const def = innerDef(schema);
  if (def.type !== kind) return undefined;
  return (kind === 'array' ? def['element'] : def['valueType']) as AnySchema;
}

/** The schema that a path leads to, as far as objects, arrays and records go. */
export function schemaAt(schema: AnySchema, path: readonly PropertyKey[]): AnySchema | undefined {
  let current: AnySchema | undefined = schema;
  for (const key of path) {
    if (!current) return undefined;
    current = fieldsOf(current)?.[String(key)] ?? elementOf(current, 'array') ?? elementOf(current, 'record');
  }
  return current;
}

/**
 * The input without the nulls that mean "absent": those of fields, records and their children. Values whose schema is
 * open (a request body, where null is how a property is cleared) are left as they are.
 */
export function withoutNulls(schema: AnySchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const element = elementOf(schema, 'array');
    return element ? value.map((one) => withoutNulls(element, one)) : value;
  }
  const fields = fieldsOf(schema);
  const values = elementOf(schema, 'record');
  if (!fields && !(values && innerDef(values).type !== 'unknown')) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(
    kept.map(([key, child]) => {
      const childSchema = fields && Object.hasOwn(fields, key) ? fields[key] : values;
      return [key, childSchema ? withoutNulls(childSchema, child) : child];
    }),
  );
}
