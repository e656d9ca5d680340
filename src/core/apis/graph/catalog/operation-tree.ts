import type { HttpMethod } from '../../../http/api-client.ts';
import { fromSpacedWords, lowerName } from './spaced-words.ts';
import { type PathSegment, parameterNames, splitPath } from './split-path.ts';

// All operations as a tree of path segments, one packed line for each node in preorder:
//
//   3transitive members⇥G1a      depth (base 36), segment as spaced words, methods with the number of their permissions
//
// `!` after the depth marks what only beta has; of that, the catalog has the segment and what is directly below it.

/** What one use of an operation needs. */
export interface PermissionChoice {
  /** The least-privileged permissions, needed all together; empty where this use is impossible. */
  readonly least: readonly string[];
  /** Each of these opens the operation by itself, from the least privileged up; contains `least` unless that is several. */
  readonly accepted: readonly string[];
}

export interface GraphOperation {
  readonly method: HttpMethod;
  /** `/groups/{id}/members` */
  readonly path: string;
  /** v1.0 does not have it. */
  readonly isBetaOnly: boolean;
  /** For an app alone. */
  readonly application: PermissionChoice;
  /** For an app that acts for a person with a work account. */
  readonly delegated: PermissionChoice;
}

interface Node {
  /** As spaced words. */
  readonly segment: string;
  readonly parent: Node | undefined;
  readonly isBetaOnly: boolean;
  readonly children: Node[];
  /** The children by their keys; made when somebody looks for one. */
  index: ReadonlyMap<string, Node> | undefined;
  /** Methods and the numbers of their permissions, between tabs. */
  readonly methods: string;
}

const newNode = (parts: Pick<Node, 'segment' | 'parent' | 'isBetaOnly' | 'methods'>): Node => ({
  ...parts,
  children: [],
  index: undefined,
});

function childrenOf(node: Node): ReadonlyMap<string, Node> {
  node.index ??= new Map(node.children.map((child) => [nodeKey(lowerName(child.segment)), child]));
  return node.index;
}

/** Builds the tree and returns its root; most nodes are never looked at, so this does as little as it can. */
function readTree(lines: readonly string[]): Node {
  const root = newNode({ segment: '', parent: undefined, isBetaOnly: false, methods: '' });
  const open: Node[] = [root];
  for (const line of lines) {
    const depth = Number.parseInt(line.charAt(0), 36);
    const parent = open[depth - 1] ?? root;
    const isMarked = line.charAt(1) === '!';
    const start = isMarked ? 2 : 1;
    const tab = line.indexOf('\t');
    const node = newNode({
      segment: tab < 0 ? line.slice(start) : line.slice(start, tab),
      parent,
      isBetaOnly: isMarked || parent.isBetaOnly,
      methods: tab < 0 ? '' : line.slice(tab + 1),
    });
    parent.children.push(node);
    open[depth] = node;
  }
  return root;
}

export const methodCodes: Readonly<Record<string, HttpMethod>> = {
  G: 'GET',
  P: 'POST',
  A: 'PATCH',
  U: 'PUT',
  D: 'DELETE',
};

/** A function is found by its name and the names of its parameters. */
function segmentKey({ name, args }: PathSegment): string {
  const parameters = parameterNames(args);
  return parameters.length === 0 ? name.toLowerCase() : `${name.toLowerCase()}(${parameters.toSorted().join(',')})`;
}

/** The key of a segment in lower case. An operation of another namespace is also found without it. */
export function nodeKey(segment: string): string {
  const name = segment.replace(/^microsoft\.graph\.(?:\w+\.)+/, '');
  return name.includes('(') ? segmentKey(splitPath(name)[0] ?? { name }) : name;
}

const noChoice: PermissionChoice = { least: [], accepted: [] };

export interface OperationTree {
  /** What can be called at a path, in any of its spellings; empty when the path is not known. */
  at(path: string): readonly GraphOperation[];
  find(method: HttpMethod, path: string): GraphOperation | undefined;
  all(): Generator<GraphOperation>;
}

/** `a.b,c;d,e`: for apps and for people, the least (joined by `.`) and the other accepted ones, as numbers in base 36. */
function readNeeds(line: string, names: readonly string[]): Pick<GraphOperation, 'application' | 'delegated'> {
  const nameOf = (code: string) => names[Number.parseInt(code, 36)] ?? '';
  const [application = '', delegated = ''] = line.split(';');
  const choice = (part: string): PermissionChoice => {
    if (part === '') return noChoice;
    const [least = '', ...others] = part.split(',');
    const together = least.split('.').map(nameOf);
    const rest = others.map(nameOf);
    return { least: together, accepted: together.length === 1 ? [...together, ...rest] : rest };
  };
  return { application: choice(application), delegated: choice(delegated) };
}

class PackedOperationTree implements OperationTree {
  readonly #root: Node;
  readonly #needs: readonly string[];
  readonly #names: readonly string[];
  /** Parsed when they are needed; most are those of many operations. */
  readonly #parsed = new Map<number, ReturnType<typeof readNeeds>>();

  constructor(lines: readonly string[], needs: readonly string[], names: readonly string[]) {
    this.#needs = needs;
    this.#names = names;
    this.#root = readTree(lines);
  }

  at(path: string): readonly GraphOperation[] {
    const segments = splitPath(path);
    const node = this.#locate(segments) ?? this.#locate(withoutOption(segments));
    const operations = node === undefined ? [] : this.#operationsOf(node);
    if (segments[0]?.name.toLowerCase() !== 'me' || segments.length === 1) return operations;
    const ofUser = this.#locate(withoutOption([{ name: 'users' }, { name: '{id}' }, ...segments.slice(1)]));
    const known = new Set(operations.map(({ method }) => method));
    const borrowed = ofUser === undefined ? [] : this.#operationsOf(ofUser).filter(({ method }) => !known.has(method));
    return [...operations, ...borrowed.map(asMine)].filter(({ delegated }) => delegated.least.length > 0);
  }

  find(method: HttpMethod, path: string): GraphOperation | undefined {
    return this.at(path).find((operation) => operation.method === method);
  }

  *all(): Generator<GraphOperation> {
    const open = [...this.#root.children];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      yield* this.#operationsOf(node);
      open.push(...node.children);
    }
  }

  #operationsOf(node: Node): GraphOperation[] {
    const segments: string[] = [];
    for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent) segments.unshift(at.segment);
    const path = fromSpacedWords(`/${segments.join('/')}`);
    return node.methods.split('\t').flatMap((code) => {
      const method = methodCodes[code.charAt(0)];
      if (method === undefined) return [];
      const needs = this.#needsAt(Number.parseInt(code.slice(1), 36));
      const operation = { method, path, isBetaOnly: node.isBetaOnly, ...needs };
      return [path === '/me' || path.startsWith('/me/') ? asMine(operation) : operation];
    });
  }

  #needsAt(number: number): ReturnType<typeof readNeeds> {
    const known = this.#parsed.get(number);
    if (known !== undefined) return known;
    const parsed = readNeeds(this.#needs[number] ?? '', this.#names);
    this.#parsed.set(number, parsed);
    return parsed;
  }

  #locate(segments: readonly PathSegment[]): Node | undefined {
    return locate(this.#root, segments, 0);
  }
}

/** The node that has operations, literal names before keys. */
function locate(node: Node, segments: readonly PathSegment[], at: number): Node | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.methods !== '' ? node : undefined;
  for (const [next, skipped] of choices(node, segment)) {
    const found = locate(next, segments, at + skipped);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where a segment may lead, and how many segments that takes. A cast that the data does not know changes nothing. */
function* choices(node: Node, segment: PathSegment): Generator<readonly [Node, number]> {
  const child = (key: string) => childrenOf(node).get(key);
  const name = segment.name.toLowerCase();
  const named = child(name);
  const byKey = segment.args === undefined || named === undefined ? undefined : childrenOf(named).get('{id}');
  const overload = parameterNames(segment.args).length === 0 ? undefined : child(segmentKey(segment));
  const literal = overload ?? byKey ?? named;
  if (literal !== undefined) yield [literal, 1];
  const plain = /^(?:microsoft\.)?graph\.(?:.*\.)?(\w+)$/.exec(name)?.[1];
  if (plain !== undefined) {
    const operation = child(segmentKey({ ...segment, name: plain }));
    if (operation !== undefined) yield [operation, 1];
    yield [node, 1];
  }
  if (literal === undefined && !name.startsWith('$')) {
    for (const [key, overload] of childrenOf(node)) if (key.startsWith(`${name}(`)) yield [overload, 1];
  }
  const key = child('{id}');
  if (key !== undefined && plain === undefined && !name.startsWith('$')) yield [key, 1];
}

/** `$ref`, `$count` and `$value` need what their path needs. */
function withoutOption(segments: readonly PathSegment[]): readonly PathSegment[] {
  return /^\$(?:ref|count|value)$/i.test(segments.at(-1)?.name ?? '') ? segments.slice(0, -1) : segments;
}

/** `/me/…` is `/users/{id}/…` of the person who has signed in; there is none for an app. */
function asMine(operation: GraphOperation): GraphOperation {
  return { ...operation, path: operation.path.replace(/^\/users\/\{id\}/, '/me'), application: noChoice };
}

/** Opens the packed lines; see above for their form. */
export function openOperationTree(
  lines: readonly string[],
  needs: readonly string[],
  names: readonly string[],
): OperationTree {
  return new PackedOperationTree(lines, needs, names);
}
