import { offerNames } from '../../../base/nearest.ts';
import type { TypeTable } from './type-table.ts';
import type { UnknownSegment } from './walk-path.ts';

/** What may have been meant by a name that does not exist. */
export interface NameSuggestion {
  /** Nearest first; empty when none is near. */
  readonly near: readonly string[];
  /** Some of those that there are, the near ones first. */
  readonly names: readonly string[];
}

const mostNames = 8;

/** For the segment at which a path leaves the model. */
export function suggestSegment({ segment, candidates }: UnknownSegment): NameSuggestion {
  return offerNames(segment, candidates, mostNames);
}

/** For a property that a type does not have; undefined when the type has it, or takes any, or is not known. */
export function suggestProperty(types: TypeTable, typeName: string, property: string): NameSuggestion | undefined {
  const type = types.find(typeName);
  if (type === undefined || type.isNamedOnly || type.kind === 'enum') return undefined;
  const wanted = property.toLowerCase();
  const known = [...types.properties(type.name), ...types.navigation(type.name)].map(({ name }) => name);
  // Extensions of every kind have a prefix of their own, and stand in no type.
  if (known.some((name) => name.toLowerCase() === wanted) || /^ext/i.test(property)) return undefined;
  const inherited = types.derived(type.name).flatMap((one) => [...one.properties, ...one.navigation]);
  if (inherited.some(({ name }) => name.toLowerCase() === wanted)) return undefined;
  return offerNames(property, known, mostNames);
}

/** For a type that does not exist. */
export function suggestType(types: TypeTable, name: string): NameSuggestion {
  const wanted = name.replace(/^#?(?:microsoft\.)?graph\./i, '');
  const { near, names } = offerNames(wanted, types.names, mostNames);
  // There are thousands of types, and short words are inside many.
  return { near: near.filter((one) => one.length <= 2 * wanted.length).slice(0, 3), names };
}
