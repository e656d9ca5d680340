import type { BoundOperation, TypeMember } from './packed-types.ts';
import { type PathSegment, splitPath } from './split-path.ts';
import type { GraphRoot, TypeTable } from './type-table.ts';

/** What a path leads to in the model of v1.0. */
export interface WalkedPath {
  readonly isKnown: true;
  /** In the spelling of the model, with `{id}` for keys. */
  readonly template: string;
  /** Of the object or of the objects in the list, `string` and the like included; undefined where nothing or nothing known is answered. */
  readonly type: string | undefined;
  readonly isCollection: boolean;
  /** What the last segment is. */
  readonly end: SegmentKind;
  /** The navigation property that the path ends with, directly or by a key; the action or function. */
  readonly navigation?: TypeMember;
  readonly operation?: BoundOperation;
}

/** Where a path leaves the model. */
export interface UnknownSegment {
  readonly isKnown: false;
  /** As given. */
  readonly segment: string;
  /** What is right up to there, as a template; empty at the root. */
  readonly reached: string;
  /** The type that has no such segment; undefined at the root. */
  readonly type: string | undefined;
  /** What could stand there. */
  readonly candidates: readonly string[];
}

export type SegmentKind = 'root' | 'key' | 'navigation' | 'property' | 'cast' | 'action' | 'function' | 'option';

interface Place {
  type: string | undefined;
  isCollection: boolean;
  end: SegmentKind;
  navigation?: TypeMember;
  operation?: BoundOperation;
}

const options = ['$count', '$ref', '$value'];

function same(a: string, b: string): boolean {
  return a.length === b.length && a.toLowerCase() === b.toLowerCase();
}

/** `microsoft.graph.delta` and `graph.delta` are `delta`; `security.runHuntingQuery` keeps its namespace in the model. */
function isNamed(operation: BoundOperation, segment: string): boolean {
  const wanted = segment.replace(/^(?:microsoft\.)?graph\./i, '');
  return same(operation.name, wanted) || same(operation.name.slice(operation.name.lastIndexOf('.') + 1), wanted);
}

class Walk {
  readonly #types: TypeTable;
  readonly #written: string[] = [];
  #place: Place = { type: undefined, isCollection: false, end: 'root' };
  /** Below a type whose members the catalog does not know, everything may exist. */
  #isBeyond = false;

  constructor(types: TypeTable) {
    this.#types = types;
  }

  run(segments: readonly PathSegment[]): WalkedPath | UnknownSegment {
    for (const [index, segment] of segments.entries()) {
      const isTaken = index === 0 ? this.#enter(segment) : this.#step(segment);
      if (!isTaken) return this.#unknown(segment.name, index === 0);
    }
    if (segments.length === 0) return this.#unknown('', true);
    return { isKnown: true, template: `/${this.#written.join('/')}`, ...this.#place };
  }

  #unknown(segment: string, isRoot: boolean): UnknownSegment {
    const type = isRoot ? undefined : this.#place.type;
    const candidates = isRoot ? this.#types.roots.map(({ name }) => name) : this.#followers();
    return { isKnown: false, segment, reached: isRoot ? '' : `/${this.#written.join('/')}`, type, candidates };
  }

  #followers(): string[] {
    const { type, isCollection } = this.#place;
    if (type === undefined) return [];
    const operations = this.#types.operations(type).filter((one) => one.onCollection === isCollection);
    const members = isCollection ? [] : [...this.#types.navigation(type), ...this.#types.properties(type)];
    return [...new Set([...members, ...operations].map(({ name }) => name))];
  }

  #enter(segment: PathSegment): boolean {
    const root: GraphRoot | undefined = this.#types.root(segment.name);
    if (root === undefined) return false;
    this.#go(root.name, { type: root.type, isCollection: root.isCollection, end: 'root' });
    return segment.args === undefined || this.#takeKey();
  }

  #step(segment: PathSegment): boolean {
    const { type, isCollection } = this.#place;
    if (options.includes(segment.name.toLowerCase())) return this.#takeOption(segment.name.toLowerCase());
    if (this.#isBeyond) return this.#go(segment.name, { type: undefined, isCollection: false, end: 'property' });
    if (type === undefined) return false;
    if (this.#takeCast(segment) || this.#takeOperation(segment)) return true;
    if (isCollection) return this.#types.find(type)?.kind === 'entity' && segment.args === undefined && this.#takeKey();
    if (this.#takeMember(segment)) return true;
    this.#isBeyond = this.#types.find(type)?.isNamedOnly ?? false;
    return this.#isBeyond && this.#step(segment);
  }

  #go(written: string, place: Place): true {
    this.#written.push(written);
    this.#place = place;
    return true;
  }

  #takeKey(): boolean {
    if (!this.#place.isCollection) return false;
    const { type, navigation } = this.#place;
    return this.#go('{id}', {
      type,
      isCollection: false,
      end: 'key',
      ...(navigation === undefined ? {} : { navigation }),
    });
  }

  #takeOption(name: string): true {
    const { type, isCollection, navigation } = this.#place;
    const kept = navigation === undefined ? {} : { navigation };
    if (name === '$count') return this.#go(name, { type: 'int32', isCollection: false, end: 'option', ...kept });
    return this.#go(name, { type, isCollection, end: 'option', ...kept });
  }

  #takeCast({ name }: PathSegment): boolean {
    if (!/^(?:microsoft\.)?graph\./i.test(name)) return false;
    const type = this.#types.find(name);
    if (type === undefined) return false;
    return this.#go(`microsoft.graph.${type.name}`, { ...this.#place, type: type.name, end: 'cast' });
  }

  #takeOperation({ name, args }: PathSegment): boolean {
    const { type = '', isCollection } = this.#place;
    const bases = this.#types.operations(type);
    const find = (all: readonly BoundOperation[]) =>
      all.find((one) => one.onCollection === isCollection && isNamed(one, name));
    const operation = find(bases) ?? (isCollection ? undefined : find(this.#derivedOperations(type)));
    if (operation === undefined) return false;
    const { kind, returns } = operation;
    // Of other namespaces, the service takes only the full name.
    const full = operation.name.includes('.') ? `microsoft.graph.${operation.name}` : operation.name;
    return this.#go(kind === 'function' && args !== undefined ? `${full}(${args})` : full, {
      type: returns?.type,
      isCollection: returns?.isCollection ?? false,
      end: kind,
      operation,
    });
  }

  #takeMember({ name, args }: PathSegment): boolean {
    const { type = '' } = this.#place;
    const owners = [...this.#types.withBases(type), ...this.#types.derived(type)];
    for (const owner of owners) {
      const navigation = owner.navigation.find((one) => same(one.name, name));
      const member = navigation ?? owner.properties.find((one) => same(one.name, name));
      if (member === undefined) continue;
      const { isCollection, type: target } = member;
      const kept = navigation === undefined ? {} : { navigation };
      this.#go(member.name, {
        type: target,
        isCollection,
        end: navigation === undefined ? 'property' : 'navigation',
        ...kept,
      });
      return args === undefined || this.#takeKey();
    }
    return false;
  }

  #derivedOperations(type: string): readonly BoundOperation[] {
    return this.#types.derived(type).flatMap(({ operations }) => operations);
  }
}

/** Follows a path through the model of v1.0. Paths are taken in any case, with real ids or `{id}`. */
export function walkPath(types: TypeTable, path: string): WalkedPath | UnknownSegment {
  return new Walk(types).run(splitPath(path));
}
