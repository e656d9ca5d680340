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
      const behind = innerDef(def['out'] as AnySchema);
      // An open record or a text in front of a strict schema keeps the advertised one short; what counts is behind it.
      const isShortened = isOpenRecord(advertised) || (advertised.type === 'string' && behind.type === 'enum');
      return isShortened && behind.type !== 'transform' ? behind : advertised;
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

/** What a schema wants, as far as it says so in one word; `other` may be several things, or a secret. */
export type WantedValue =
  | { readonly kind: 'text' | 'number' | 'boolean' | 'other' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'list'; readonly element: AnySchema }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, AnySchema>> }
  /** `values` is absent where they may be anything. */
  | { readonly kind: 'record'; readonly values?: AnySchema };

export function wantedValue(schema: AnySchema): WantedValue {
  const def = innerDef(schema);
  switch (def.type) {
    case 'string':
      return { kind: 'text' };
    case 'number':
    case 'int':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'boolean' };
    case 'enum':
      return { kind: 'words', words: Object.values(def['entries'] ?? {}).filter((word) => typeof word === 'string') };
    case 'literal':
      return { kind: 'words', words: (def['values'] as readonly unknown[]).filter((word) => typeof word === 'string') };
    case 'array':
      return { kind: 'list', element: def['element'] as AnySchema };
    case 'object':
      return { kind: 'object', fields: def['shape'] as Record<string, AnySchema> };
    case 'record': {
      const values = def['valueType'] as AnySchema;
      return innerDef(values).type === 'unknown' ? { kind: 'record' } : { kind: 'record', values };
    }
    default:
      return { kind: 'other' };
  }
}

/** Whether a field may be left out. */
export function isOptional(schema: AnySchema): boolean {
  return schema._zod.optin === 'optional';
}

/** Most elements or keys that a list or a record may have, where its schema says so. */
export function mostOf(schema: AnySchema): number | undefined {
  const limits = (innerDef(schema).checks ?? []).flatMap(({ _zod }) => {
    // Checks keep what they were made with, as schemas do; `most` is what our own rules pass along.
    const def = _zod.def as z.core.$ZodCheckDef & Readonly<Record<string, unknown>>;
    const most = def['check'] === 'max_length' ? def['maximum'] : (def['params'] as Limits | undefined)?.most;
    return typeof most === 'number' ? [most] : [];
  });
  return limits.length === 0 ? undefined : Math.min(...limits);
}

interface Limits {
  readonly most?: unknown;
}
