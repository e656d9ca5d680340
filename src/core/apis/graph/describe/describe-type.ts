import { AppError } from '../../../base/errors.ts';
import { quoted } from '../../../base/plain-text.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { GraphType, TypeMember } from '../catalog/packed-types.ts';
import { suggestType } from '../catalog/suggest-names.ts';
import type { TypeTable } from '../catalog/type-table.ts';
import { byType, byUse, typeText } from './choose-properties.ts';
import { fitAnswer, shortened } from './fit-answer.ts';

/** What is told about a type; members by their types. */
export interface TypeAnswer {
  readonly type: string;
  readonly kind: GraphType['kind'];
  readonly base?: string;
  /** Entity sets that hold it. */
  readonly found_at?: readonly string[];
  readonly properties?: Readonly<Record<string, readonly string[]>>;
  readonly more_properties?: number;
  readonly navigation?: readonly string[];
  readonly operations?: readonly string[];
  /** Of an enumeration. */
  readonly values?: readonly string[];
  /** Values of the enumerations among the properties. */
  readonly enums?: Readonly<Record<string, readonly string[]>>;
  /** Types that are made from it. */
  readonly variants?: readonly string[];
  readonly note?: string;
}

/** Empty lists are left out of answers. */
export function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Values of the enumerations that properties have. */
export function enumsOf(
  types: TypeTable,
  members: readonly TypeMember[],
  most: number,
): Readonly<Record<string, readonly string[]>> | undefined {
  const enums = members.flatMap(({ type }) => {
    const found = types.find(type);
    return found?.kind === 'enum' ? [[found.name, shortened(found.values, most)] as const] : [];
  });
  return enums.length === 0 ? undefined : Object.fromEntries(enums.slice(0, most));
}

/** Describes the type of a name in any case. Throws `not_found` with near names where there is none. */
export function describeNamedType(types: TypeTable, name: string): TypeAnswer {
  const type = types.find(name.trim().replace(/^#|\[\]$/g, ''));
  if (type !== undefined) return describeType(types, type);
  const { near } = suggestType(types, name);
  const meant = near.length === 0 ? '' : `Did you mean ${near.map((one) => quoted(one)).join(' or ')}? `;
  throw new AppError('not_found', `v1.0 has no type ${quoted(name, 80)} that an operation uses.`, {
    hint: `${meant}Call describe_graph with path, such as /users, to see the type of what it answers.`,
  });
}

/** Describes one type, within the room of an answer. */
function describeType(types: TypeTable, type: GraphType): TypeAnswer {
  const properties = byUse(types.properties(type.name));
  const navigation = types.navigation(type.name).map((one) => `${one.name}: ${typeText(one)}`);
  const operations = types.operations(type.name).map(({ name }) => name);
  const variants = types.derived(type.name).map(({ name }) => name);
  const sets = types.roots.filter((root) => root.type === type.name).map(({ name }) => `/${name}`);
  return fitAnswer((most) => {
    const shown = properties.slice(0, most);
    const left = properties.length - shown.length;
    return withoutUndefined({
      type: type.name,
      kind: type.kind,
      base: type.base,
      found_at: someOf(sets),
      properties: type.kind === 'enum' || type.isNamedOnly ? undefined : byType(shown),
      more_properties: left > 0 ? left : undefined,
      navigation: someOf(shortened(navigation, most)),
      operations: someOf(shortened([...new Set(operations)], Math.ceil(most / 2))),
      values: someOf(shortened(type.values, most)),
      enums: enumsOf(types, shown, Math.ceil(most / 4)),
      variants: someOf(shortened(variants, Math.ceil(most / 3))),
      note: type.isNamedOnly
        ? 'Only the name is built in: read one object, or look it up at https://learn.microsoft.com/graph/api/overview.'
        : undefined,
    });
  });
}
