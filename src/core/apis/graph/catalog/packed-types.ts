import { fromSpacedWords, toSpacedWords } from './spaced-words.ts';

// How a type of Graph is written in the packed catalog: one line each, parsed when somebody asks for the type.
//
//   user⇥eo⇥directory object⇥about me,account enabled:b,…⇥manager:directory object,events:=*event,…⇥assign license!(…):user;…
//
// name, kind (`e` entity, `c` complex, `n` enumeration; `o` open, `x` without its members), base, properties or values,
// navigation, bound operations; names as spaced words. A type follows a colon; text has none. `*` is a collection, `=` lives below its parent. Of an operation, `!` marks an
// action, and `*` before its name one that is bound to a collection.

/** A property, a navigation property or a parameter. */
export interface TypeMember {
  readonly name: string;
  /** `string`, `boolean`, `dateTime`…, or the name of a type of Graph. */
  readonly type: string;
  readonly isCollection: boolean;
  /** Of navigation: the objects live below their parent, and are not only referred to. */
  readonly isContained: boolean;
}

/** An action or function of a type or of a collection of it. */
export interface BoundOperation {
  readonly kind: 'action' | 'function';
  readonly name: string;
  readonly onCollection: boolean;
  readonly parameters: readonly TypeMember[];
  /** Its `name` is empty. */
  readonly returns?: TypeMember;
}

export interface GraphType {
  /** Without `microsoft.graph.`: `user`, `security.alert`. */
  readonly name: string;
  readonly kind: 'entity' | 'complex' | 'enum';
  readonly base?: string;
  /** Takes properties that are not declared, such as extensions. */
  readonly isOpen: boolean;
  /** The catalog knows that there is such a type, but not its members. */
  readonly isNamedOnly: boolean;
  readonly properties: readonly TypeMember[];
  readonly navigation: readonly TypeMember[];
  readonly operations: readonly BoundOperation[];
  /** Of an enumeration. */
  readonly values: readonly string[];
}

const primitives: Readonly<Record<string, string>> = {
  '': 'string',
  b: 'boolean',
  d: 'dateTime',
  a: 'date',
  i: 'int32',
  l: 'int64',
  s: 'int16',
  y: 'byte',
  g: 'guid',
  f: 'double',
  e: 'single',
  m: 'decimal',
  n: 'binary',
  r: 'stream',
  t: 'duration',
  o: 'timeOfDay',
};
const kinds: Readonly<Record<string, GraphType['kind']>> = { e: 'entity', c: 'complex', n: 'enum' };

/** Codes of the primitive types, for the writer. */
export const primitiveCodes: ReadonlyMap<string, string> = new Map(
  Object.entries(primitives).map(([code, name]) => [name, code]),
);

function list(text: string, separator: string): string[] {
  return text === '' ? [] : text.split(separator);
}

function readMember(text: string): TypeMember {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const [, contained = '', many = '', type = ''] = /^(=?)(\*?)(.*)$/.exec(colon < 0 ? '' : text.slice(colon + 1)) ?? [];
  return {
    name,
    type: Object.hasOwn(primitives, type) ? (primitives[type] ?? type) : type,
    isCollection: many !== '',
    isContained: contained !== '',
  };
}

function readOperation(text: string): BoundOperation {
  const [, many, name = '', action, parameters = '', returns] =
    /^(\*?)([\w.]+)(!?)\(([^)]*)\)(?::(.*))?$/.exec(text) ?? [];
  return {
    kind: action === '!' ? 'action' : 'function',
    name,
    onCollection: many === '*',
    parameters: list(parameters, ',').map(readMember),
    ...(returns === undefined ? {} : { returns: readMember(`:${returns}`) }),
  };
}

/** Parses one line. */
export function readType(line: string): GraphType {
  const [name = '', flags = '', base = '', members = '', navigation = '', operations = ''] =
    fromSpacedWords(line).split('\t');
  const kind = kinds[flags.charAt(0)] ?? 'complex';
  return {
    name,
    kind,
    ...(base === '' ? {} : { base }),
    isOpen: flags.includes('o'),
    isNamedOnly: flags.includes('x'),
    properties: kind === 'enum' ? [] : list(members, ',').map(readMember),
    navigation: list(navigation, ',').map(readMember),
    operations: list(operations, ';').map(readOperation),
    values: kind === 'enum' ? list(members, ',') : [],
  };
}

function writeMember({ name, type, isCollection, isContained }: TypeMember): string {
  const code = primitiveCodes.get(type) ?? type;
  const written = `${isContained ? '=' : ''}${isCollection ? '*' : ''}${code}`;
  return written === '' ? name : `${name}:${written}`;
}

function writeOperation({ kind, name, onCollection, parameters, returns }: BoundOperation): string {
  const mark = kind === 'action' ? '!' : '';
  const given = returns === undefined ? '' : `:${writeMember({ ...returns, name: '' }).replace(/^:/, '')}`;
  return `${onCollection ? '*' : ''}${name}${mark}(${parameters.map(writeMember).join(',')})${given}`;
}

/** The line of a type; `readType` is its inverse. */
export function writeType(type: GraphType): string {
  const flags = `${type.kind === 'enum' ? 'n' : type.kind.charAt(0)}${type.isOpen ? 'o' : ''}${type.isNamedOnly ? 'x' : ''}`;
  const members = type.kind === 'enum' ? type.values : type.properties.map(writeMember);
  const fields = [
    type.name,
    flags,
    type.base ?? '',
    members.join(','),
    type.navigation.map(writeMember).join(','),
    type.operations.map(writeOperation).join(';'),
  ];
  return toSpacedWords(fields.join('\t').trimEnd());
}
