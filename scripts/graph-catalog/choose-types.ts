import type { TypeTable } from '../../src/core/apis/graph/catalog/type-table.ts';
import { walkPath } from '../../src/core/apis/graph/catalog/walk-path.ts';
import type { Csdl, CsdlType } from './read-csdl.ts';

// The model has thousands of types that no documented operation names: variants of Intune profiles, evidence of alerts,
// records of audits. They would take half of the catalog, so only their names are kept.

/** Their variants answer everyday questions, so all of them are kept whole. */
const wholeFamilies: ReadonlySet<string> = new Set([
  'directoryObject',
  'authenticationMethod',
  'authenticationMethodConfiguration',
  'baseSitePage',
  'conditionalAccessExternalTenants',
  'identityProviderBase',
  'outlookItem',
]);

class Choice {
  readonly names = new Set<string>();
  readonly #types: TypeTable;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  /** A type, what it is made from, and what its properties are made of. */
  keep(name: string | undefined): void {
    const type = name === undefined ? undefined : this.#types.find(name);
    if (type === undefined || this.names.has(type.name)) return;
    this.names.add(type.name);
    this.keep(type.base);
    for (const { type: of } of type.properties) this.keep(of);
    const variants = wholeFamilies.has(type.name) ? this.#types.derived(type.name) : [];
    for (const variant of variants) this.keep(variant.name);
  }
}

/** The paths and all that they lead through. */
function withPrefixes(paths: Iterable<string>): ReadonlySet<string> {
  const all = new Set<string>();
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) all.add(path.slice(0, end));
  }
  return all;
}

/** Names of the types that the operations at `paths` answer or take, and of what those are made of. */
function wholeTypes(types: TypeTable, paths: Iterable<string>): ReadonlySet<string> {
  const choice = new Choice(types);
  for (const path of withPrefixes(paths)) {
    const walk = walkPath(types, path);
    if (!walk.isKnown) continue;
    choice.keep(walk.type);
    for (const { type } of walk.operation?.parameters ?? []) choice.keep(type);
  }
  return choice.names;
}

/** One enumeration has 300 names of audit records; no answer would show them, and no filter needs more. */
const mostValues = 50;

/** The functions of Excel: hundreds, each with its own parameters, and none for an administrator. */
const withoutOperations: ReadonlySet<string> = new Set(['workbookFunctions']);

/**
 * The model as far as the catalog has it: of the other entities name and base stay; complex types and enumerations go.
 */
export function chooseTypes(model: Csdl, types: TypeTable, paths: Iterable<string>): Csdl {
  const whole = wholeTypes(types, paths);
  const named: readonly CsdlType[] = model.types
    .filter(({ name, kind }) => !whole.has(name) && kind === 'entity')
    .map((type) => ({ ...type, properties: [], navigation: [], isNamedOnly: true }));
  return {
    types: [...model.types.filter(({ name }) => whole.has(name)).map(withFewerValues), ...named],
    operations: model.operations.filter(({ binding }) => {
      const owner = binding?.type ?? '';
      return !withoutOperations.has(owner) && (whole.has(owner) || types.find(owner)?.kind !== 'entity');
    }),
    roots: model.roots,
  };
}

function withFewerValues(type: CsdlType): CsdlType {
  return type.values.length <= mostValues
    ? type
    : { ...type, values: [...type.values.slice(0, mostValues), `+${type.values.length - mostValues}`] };
}
