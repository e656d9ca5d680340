import { methodCodes, nodeKey } from '../../src/core/apis/graph/catalog/operation-tree.ts';
import { toSpacedWords } from '../../src/core/apis/graph/catalog/spaced-words.ts';
import type { TypeTable } from '../../src/core/apis/graph/catalog/type-table.ts';
import { walkPath } from '../../src/core/apis/graph/catalog/walk-path.ts';
import { byPrivilege, leastPermissions } from './least-permission.ts';
import { type PermissionData, type PermissionOperation, type Scheme, schemes } from './read-permissions.ts';

interface Node {
  segment: string;
  isBetaOnly: boolean;
  readonly children: Map<string, Node>;
  /** Method to the line of its permissions. */
  readonly methods: Map<string, string>;
}

/** The packed operations, and the lines of permissions that they count into. */
export interface PackedOperations {
  readonly operations: string[];
  readonly needs: string[];
  readonly permissions: string[];
  /** Ids of the app roles, in the order of the permissions that have one, without separators. */
  readonly appRoleIds: string;
}

function capitals(text: string): number {
  return text.replaceAll(/[^A-Z]/g, '').length;
}

/**
 * One spelling for each operation: objects are addressed by `{id}`, not by a file path or another key, and by a well-known
 * name only where the data has no other.
 */
function canonicalPath(path: string, types: TypeTable): string {
  const plain = path
    .replaceAll(' ', '')
    .replaceAll(/\/root:\/\{id\}:?/gi, '/items/{id}')
    .replaceAll(/\/\{id\}:(?:\/\{id\}:?)?/gi, '/{id}')
    .replaceAll(/\/\{[^/]*/g, '/{id}')
    .replace(/\/mailfolders\/inbox\//i, '/mailFolders/{id}/');
  const segments = plain.split('/').filter((segment) => segment !== '');
  let walked = '';
  for (const segment of segments) {
    const named = segment.replace(/\(.*\)$/, '');
    const walk = named === segment ? undefined : walkPath(types, `${walked}/${named}`);
    const isKey = walk?.isKnown === true && walk.end !== 'function' && walk.isCollection;
    walked += isKey ? `/${named}/{id}` : `/${segment}`;
  }
  return walked;
}

class OperationPacker {
  readonly #root: Node = { segment: '', isBetaOnly: false, children: new Map(), methods: new Map() };
  readonly #types: TypeTable;
  readonly #numbers: ReadonlyMap<string, string>;

  constructor(types: TypeTable, numbers: ReadonlyMap<string, string>) {
    this.#types = types;
    this.#numbers = numbers;
  }

  /** The first spelling of an operation counts. */
  add(operation: PermissionOperation): void {
    const path = canonicalPath(operation.path, this.#types);
    // Nobody has signed in where an app calls by itself.
    if (/^\/me\b/i.test(path) && operation.accepted.DelegatedWork.length === 0) return;
    let node = this.#root;
    let walked = '';
    for (const segment of splitSegments(path)) {
      walked += `/${segment}`;
      const spelling = node.isBetaOnly ? undefined : modelSpelling(walked, segment, this.#types);
      const key = nodeKey((spelling ?? segment).toLowerCase());
      const next = node.children.get(key) ?? {
        segment: spelling ?? segment,
        isBetaOnly: spelling === undefined,
        children: new Map(),
        methods: new Map(),
      };
      node.children.set(key, next);
      if (next.isBetaOnly && capitals(segment) > capitals(next.segment)) next.segment = segment;
      node = next;
    }
    if (!node.methods.has(operation.method)) node.methods.set(operation.method, this.#needOf(operation));
  }

  #needOf(operation: PermissionOperation): string {
    const least = leastPermissions(operation);
    return schemes.map((use) => this.#choiceOf(operation, use, least[use])).join(';');
  }

  #choiceOf(operation: PermissionOperation, use: Scheme, least: readonly string[]): string {
    const codes = (names: readonly string[]) => names.map((name) => this.#numbers.get(name) ?? fail(name));
    const accepted = byPrivilege(operation, use).map(({ permission }) => permission.name);
    const others = least.length === 1 ? accepted.filter((name) => name !== least[0]) : accepted;
    return least.length === 0 ? '' : [codes(least).join('.'), ...codes(others)].join(',');
  }

  pack(): Pick<PackedOperations, 'operations' | 'needs'> {
    this.#dropRepeatedMe();
    const counts = new Map<string, number>();
    for (const node of packedNodes(this.#root)) {
      for (const need of node.methods.values()) counts.set(need, (counts.get(need) ?? 0) + 1);
    }
    const needs = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([need]) => need);
    const numbers = new Map(needs.map((need, index) => [need, index.toString(36)]));
    return { needs, operations: [...linesBelow(this.#root, 1, numbers)] };
  }

  /** `/me/x` is found through `/users/{id}/x` where both need the same of a person. */
  #dropRepeatedMe(): void {
    const me = this.#root.children.get('me');
    const user = this.#root.children.get('users')?.children.get('{id}');
    if (me !== undefined && user !== undefined) dropRepeated(me, user);
  }
}

function dropRepeated(me: Node, user: Node): void {
  for (const [method, need] of me.methods) {
    if (need.split(';')[1] === user.methods.get(method)?.split(';')[1]) me.methods.delete(method);
  }
  for (const [key, child] of me.children) {
    const twin = user.children.get(key);
    if (twin !== undefined) dropRepeated(child, twin);
    if (child.methods.size === 0 && child.children.size === 0) me.children.delete(key);
  }
}

/** The first words of a title say what it is about. */
const mostWords = 4;

/** Words of the title that the name of the permission does not have. */
function newWords(title: string, name: string): string {
  const known = name.toLowerCase();
  const words = title.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [...new Set(words)]
    .filter((word) => word.length > 2 && !isFiller(word) && !known.includes(stem(word)))
    .slice(0, mostWords)
    .join(' ');
}

function stem(word: string): string {
  return word.replace(/s$/, '');
}

function isFiller(word: string): boolean {
  return ['all', 'and', 'for', 'the', 'your', 'their', 'with', 'that', 'this', 'app', 'user'].includes(word);
}

function fail(name: string): never {
  throw new Error(`The permission ${name} is not in the data.`);
}

function splitSegments(path: string): string[] {
  return path.split(/\/(?![^(]*\))/).filter((segment) => segment !== '');
}

/** Objects that have a name of their own in place of an id. */
const wellKnownKeys = new Set(['root', 'inbox', 'approot']);

/** How the model spells the last segment of a path; undefined where v1.0 has no such path. */
function modelSpelling(path: string, segment: string, types: TypeTable): string | undefined {
  const walk = walkPath(types, path);
  if (!walk.isKnown) return undefined;
  const spelling = lastSegment(walk.template);
  if (spelling !== '{id}' || segment.startsWith('{')) return spelling;
  return wellKnownKeys.has(segment.toLowerCase()) ? segment.toLowerCase() : undefined;
}

function lastSegment(template: string): string {
  return splitSegments(template).at(-1) ?? '';
}

function sortedChildren(node: Node): Node[] {
  return [...node.children].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, child]) => child);
}

function* packedNodes(node: Node): Generator<Node> {
  for (const child of node.children.values()) {
    yield child;
    if (!node.isBetaOnly) yield* packedNodes(child);
  }
}

function* linesBelow(node: Node, depth: number, numbers: ReadonlyMap<string, string>): Generator<string> {
  for (const child of sortedChildren(node)) {
    const mark = child.isBetaOnly && !node.isBetaOnly ? '!' : '';
    const methods = Object.entries(methodCodes).flatMap(([code, method]) => {
      const need = child.methods.get(method);
      return need === undefined ? [] : [`${code}${numbers.get(need) ?? ''}`];
    });
    yield [`${depth.toString(36)}${mark}${toSpacedWords(child.segment)}`, ...methods].join('\t');
    // What is deeper in beta would take as much room as all of v1.0.
    if (!node.isBetaOnly) yield* linesBelow(child, depth + 1, numbers);
  }
}

/** Packs what the permission data knows, with paths in the spelling of the model. */
export function packOperations({ permissions, operations }: PermissionData, types: TypeTable): PackedOperations {
  const sorted = permissions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const packer = new OperationPacker(types, new Map(sorted.map(({ name }, index) => [name, index.toString(36)])));
  const keys = [...operations.keys()].sort();
  // An address by a file path only counts where there is none by id, so those come last.
  for (const key of keys.toSorted((a, b) => Number(isOtherSpelling(a)) - Number(isOtherSpelling(b)))) {
    const operation = operations.get(key);
    if (operation !== undefined) packer.add(operation);
  }
  return {
    ...packer.pack(),
    permissions: sorted.map(({ name, title, ids }) =>
      [name, ids.Application === undefined ? '' : '*', newWords(title, name)].join('|'),
    ),
    appRoleIds: sorted.map(({ ids }) => (ids.Application ?? '').replaceAll('-', '')).join(''),
  };
}

function isOtherSpelling(key: string): boolean {
  return key.includes(':') || key.includes('={value})/') || key.includes('/inbox/');
}
