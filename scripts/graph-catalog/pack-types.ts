import { primitiveCodes, type TypeMember, writeType } from '../../src/core/apis/graph/catalog/packed-types.ts';
import type { GraphRoot } from '../../src/core/apis/graph/catalog/type-table.ts';
import type { Csdl, CsdlMember, CsdlOperation } from './read-csdl.ts';

const edm: Readonly<Record<string, string>> = {
  'Edm.String': 'string',
  'Edm.Boolean': 'boolean',
  'Edm.DateTimeOffset': 'dateTime',
  'Edm.Date': 'date',
  'Edm.Int32': 'int32',
  'Edm.Int64': 'int64',
  'Edm.Int16': 'int16',
  'Edm.Byte': 'byte',
  'Edm.Guid': 'guid',
  'Edm.Double': 'double',
  'Edm.Single': 'single',
  'Edm.Decimal': 'decimal',
  'Edm.Binary': 'binary',
  'Edm.Stream': 'stream',
  'Edm.Duration': 'duration',
  'Edm.TimeOfDay': 'timeOfDay',
};

function memberOf({ name, type, isCollection, isContained }: CsdlMember): TypeMember {
  const short = edm[type] ?? type.replace(/^Edm\./, '');
  if (short.length === 1 && !primitiveCodes.has(short)) throw new Error(`The type ${type} looks like a code.`);
  return { name, type: short, isCollection, isContained };
}

function operationsByType(operations: readonly CsdlOperation[]): ReadonlyMap<string, readonly CsdlOperation[]> {
  return Map.groupBy(operations, ({ binding }) => binding?.type ?? '');
}

/** Members of enumerations that only say that more may come. */
const placeholders = new Set(['unknownFutureValue']);

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** One line for each type, by name. */
export function packTypes({ types, operations }: Csdl): string[] {
  const bound = operationsByType(operations);
  return types.toSorted(byName).map((type) =>
    writeType({
      name: type.name,
      kind: type.kind,
      ...(type.base === undefined ? {} : { base: type.base }),
      isOpen: type.isOpen,
      isNamedOnly: type.isNamedOnly === true,
      properties: type.properties.map(memberOf),
      navigation: type.navigation.map(memberOf),
      operations: (bound.get(type.name) ?? []).map(({ kind, name, binding, parameters, returns }) => ({
        kind,
        name,
        onCollection: binding?.isCollection ?? false,
        parameters: parameters.map(memberOf),
        ...(returns === undefined ? {} : { returns: memberOf(returns) }),
      })),
      values: type.values.filter((value) => !placeholders.has(value)),
    }),
  );
}

/** `users:*user`, by name. */
export function packRoots(roots: readonly GraphRoot[]): string[] {
  return roots.toSorted(byName).map(({ name, type, isCollection }) => `${name}:${isCollection ? '*' : ''}${type}`);
}
