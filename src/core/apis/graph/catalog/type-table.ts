import { type BoundOperation, type GraphType, readType, type TypeMember } from './packed-types.ts';
import { fromSpacedWords, lowerName } from './spaced-words.ts';

/** Where paths begin: an entity set or a singleton. */
export interface GraphRoot {
  readonly name: string;
  readonly type: string;
  readonly isCollection: boolean;
}

/** The types of Graph v1.0. Names are found in any case, with or without `microsoft.graph.`. */
export interface TypeTable {
  readonly roots: readonly GraphRoot[];
  readonly names: readonly string[];
  find(name: string): GraphType | undefined;
  root(name: string): GraphRoot | undefined;
  /** The type and those that it is made from, itself first. */
  withBases(name: string): readonly GraphType[];
  /** All types that are made from this one. */
  derived(name: string): readonly GraphType[];
  /** What the type has, own and inherited. */
  properties(name: string): readonly TypeMember[];
  navigation(name: string): readonly TypeMember[];
  operations(name: string): readonly BoundOperation[];
}

/** Bases of real types are at most five deep; more would be a circle. */
const deepestBase = 20;

function bare(name: string): string {
  return name.toLowerCase().replace(/^(?:microsoft\.)?graph\./, '');
}

class PackedTypeTable implements TypeTable {
  readonly roots: readonly GraphRoot[];
  readonly #lines: ReadonlyMap<string, string>;
  readonly #roots: ReadonlyMap<string, GraphRoot>;
  readonly #parsed = new Map<string, GraphType>();
  #children: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(lines: readonly string[], roots: readonly GraphRoot[]) {
    this.roots = roots;
    this.#roots = new Map(roots.map((root) => [root.name.toLowerCase(), root]));
    this.#lines = new Map(lines.map((line) => [lowerName(line.slice(0, line.indexOf('\t'))), line]));
  }

  get names(): readonly string[] {
    return [...this.#lines.values()].map((line) => fromSpacedWords(line.slice(0, line.indexOf('\t'))));
  }

  find(name: string): GraphType | undefined {
    const key = bare(name);
    const known = this.#parsed.get(key);
    if (known !== undefined) return known;
    const line = this.#lines.get(key);
    if (line === undefined) return undefined;
    const type = readType(line);
    this.#parsed.set(key, type);
    return type;
  }

  root(name: string): GraphRoot | undefined {
    return this.#roots.get(name.toLowerCase());
  }

  withBases(name: string): readonly GraphType[] {
    const found: GraphType[] = [];
    for (let next = this.find(name); next !== undefined && found.length < deepestBase; ) {
      found.push(next);
      next = next.base === undefined ? undefined : this.find(next.base);
    }
    return found;
  }

  derived(name: string): readonly GraphType[] {
    const direct = (this.#childNames().get(bare(name)) ?? []).flatMap((child) => this.find(child) ?? []);
    return direct.flatMap((type) => [type, ...this.derived(type.name)]);
  }

  properties(name: string): readonly TypeMember[] {
    return this.withBases(name).flatMap((type) => type.properties);
  }

  navigation(name: string): readonly TypeMember[] {
    return this.withBases(name).flatMap((type) => type.navigation);
  }

  operations(name: string): readonly BoundOperation[] {
    return this.withBases(name).flatMap((type) => type.operations);
  }

  #childNames(): ReadonlyMap<string, readonly string[]> {
    if (this.#children !== undefined) return this.#children;
    const children = new Map<string, string[]>();
    for (const [name, line] of this.#lines) {
      const base = lowerName(line.split('\t', 3)[2] ?? '');
      if (base === '') continue;
      const known = children.get(base);
      if (known === undefined) {
        children.set(base, [name]);
      } else {
        known.push(name);
      }
    }
    this.#children = children;
    return children;
  }
}

/** Opens the packed lines of types; each is parsed when it is asked for. */
export function openTypeTable(lines: readonly string[], roots: readonly GraphRoot[]): TypeTable {
  return new PackedTypeTable(lines, roots);
}
