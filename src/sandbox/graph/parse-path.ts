import { badRequest, GraphError } from './graph-error.ts';
import { anyName, type ModelType, modelTypes } from './model/navigation.ts';
import { propertiesOf } from './model/properties.ts';
import type { ParsedGraphPath, PathKey } from './parsed-path.ts';

interface Position {
  template: string;
  readonly keys: PathKey[];
  readonly names: string[];
  /** Undefined after an operation or a structural property. */
  type: string | undefined;
  parentType: string | undefined;
  isCollection: boolean;
  cast: string | undefined;
  operation: string | undefined;
  property: string | undefined;
  itemPath: readonly string[] | undefined;
  suffix: ParsedGraphPath['suffix'];
  isModelled: boolean;
}

/**
 * Resolves the path and query of a Graph request against the model. Segments are case-insensitive; keys stay as they
 * are. Throws a `GraphError` where Graph answers "Resource not found for the segment".
 */
export function parseGraphPath(rawPath: string, rawQuery: string): ParsedGraphPath {
  const [first = '', ...rest] = rawPath.replace(/^\/+/, '').split('/');
  const version = first.toLowerCase();
  if (version !== 'v1.0' && version !== 'beta') {
    if (version === '$batch') {
      throw new GraphError(405, 'MethodNotAllowed', 'The HTTP method is not allowed without a version.');
    }
    throw badRequest(`Invalid version: ${decode(first)}`);
  }
  if (rest.at(-1) === '') rest.pop();
  // The beta version has a second, shorter path for administrative units.
  if (version === 'beta' && rest[0]?.toLowerCase() === 'administrativeunits') rest.unshift('directory');
  const position: Position = {
    template: '',
    keys: [],
    names: [],
    type: 'root',
    parentType: undefined,
    isCollection: false,
    cast: undefined,
    operation: undefined,
    property: undefined,
    itemPath: undefined,
    suffix: undefined,
    isModelled: true,
  };
  const { before, itemPath, after } = splitItemPath(rest.map(decode));
  walk(position, before);
  if (itemPath && position.isModelled) {
    if (position.type !== 'driveItem' || position.isCollection) throw notFound(itemPath[0] ?? ':');
    position.itemPath = itemPath;
    position.template += `:/{path}${after.length > 0 ? ':' : ''}`;
    walk(position, after);
  }
  return { version, ...position, query: parseQuery(rawQuery) };
}

function walk(position: Position, texts: readonly string[]): void {
  for (const segment of texts.flatMap(splitKey)) {
    if (!position.isModelled) return;
    step(position, segment);
  }
}

/**
 * Extracts the names between `root:` (or an item's id and `:`) and the next colon. Source: "Addressing resources in a
 * drive on OneDrive".
 */
function splitItemPath(texts: readonly string[]) {
  const isInDrive = (index: number) => texts.slice(0, index).some((text) => /^drives?$/i.test(text));
  const start = texts.findIndex((text, index) => text.length > 1 && text.endsWith(':') && isInDrive(index));
  if (start < 0) return { before: texts, itemPath: undefined, after: [] };
  const before = [...texts.slice(0, start), texts[start]?.slice(0, -1) ?? ''];
  const behind = texts.slice(start + 1);
  const end = behind.findIndex((text) => text.endsWith(':'));
  if (end < 0) return { before, itemPath: behind, after: [] };
  const itemPath = [...behind.slice(0, end), behind[end]?.slice(0, -1) ?? ''].filter((name) => name !== '');
  return { before, itemPath, after: behind.slice(end + 1) };
}

/** One part of a path: a name or a key. `users('x')` has two parts. */
interface Segment {
  readonly text: string;
  readonly key?: PathKey;
}

function splitKey(text: string): Segment[] {
  const match = /^([A-Za-z$][\w.$]*)\((.*)\)$/s.exec(text);
  if (!match) return [{ text }];
  const [, name = '', inner = ''] = match;
  if (inner === '') return [{ text: name }];
  const named = /^(\w+)\s*=\s*(.*)$/s.exec(inner);
  const key = named ? { value: unquote(named[2] ?? ''), property: named[1] ?? '' } : { value: unquote(inner) };
  return [{ text: name }, { text: inner, key }];
}

function unquote(text: string): string {
  const match = /^'(.*)'$/s.exec(text);
  return match ? (match[1] ?? '').replaceAll("''", "'") : text;
}

function step(position: Position, segment: Segment): void {
  if (position.suffix || position.type === undefined) {
    stepBehindValue(position, segment);
    return;
  }
  const type = typeOf(position.type);
  const name = segment.text.toLowerCase();
  if (segment.key) {
    addKey(position, type, segment.key);
    return;
  }
  if (name === '$count' || name === '$ref' || name === '$value') {
    addSuffix(position, name);
    return;
  }
  // After a slash, a leading `$` marks a system option: a principal name of that form needs `/users('$x')`.
  if (name.startsWith('$') && position.isCollection) throw notFound(segment.text);
  if (name.startsWith('microsoft.graph.')) {
    stepQualified(position, segment.text.slice('microsoft.graph.'.length));
    return;
  }
  if (position.isCollection) {
    const operation = find(type.collectionOperations, name);
    if (operation) {
      addOperation(position, operation);
    } else {
      addKey(position, type, { value: segment.text });
    }
    return;
  }
  stepInEntity(position, segment.text);
}

/** Only `$value` can follow a structural property. */
function stepBehindValue(position: Position, segment: Segment): void {
  if (position.property && !position.suffix && segment.text.toLowerCase() === '$value') {
    addSuffix(position, '$value');
    return;
  }
  if (position.operation && segment.key) return;
  throw notFound(segment.text);
}

function addKey(position: Position, type: ModelType, key: PathKey): void {
  if (!position.isCollection) {
    if (position.operation) return;
    throw notFound(key.value);
  }
  if (key.property !== undefined && key.property.toLowerCase() !== 'id') {
    const property = find(type.alternateKeys, key.property.toLowerCase());
    if (!property) throw badRequest(`The key value from request is not valid: '${key.property}'.`);
    position.keys.push({ value: key.value, property });
  } else {
    position.keys.push({ value: key.value });
  }
  position.template += '/{id}';
  position.isCollection = false;
}

function addSuffix(position: Position, suffix: '$count' | '$ref' | '$value'): void {
  if (suffix === '$count' && !position.isCollection) throw notFound('$count');
  position.suffix = suffix;
  position.template += `/${suffix}`;
}

function addOperation(position: Position, operation: string): void {
  position.operation = operation;
  addName(position, operation);
  position.parentType = position.type;
  position.type = undefined;
}

/**
 * `microsoft.graph.user` is a cast if a type has that name, otherwise a qualified operation (`microsoft.graph.delta`).
 */
function stepQualified(position: Position, name: string): void {
  const cast = Object.keys(modelTypes).find((type) => type !== 'root' && type.toLowerCase() === name.toLowerCase());
  if (cast) {
    position.cast = cast;
    position.type = cast;
    position.template += `/microsoft.graph.${cast}`;
    return;
  }
  const type = typeOf(position.type ?? '');
  const operations = position.isCollection ? type.collectionOperations : type.operations;
  const operation = find(operations, name.toLowerCase());
  if (!operation) throw notFound(`microsoft.graph.${name}`);
  addOperation(position, operation);
}

function stepInEntity(position: Position, text: string): void {
  const typeName = position.type ?? '';
  const type = typeOf(typeName);
  const name = text.toLowerCase();
  const navigation = find(Object.keys(type.navigation), name);
  if (navigation) {
    const target = type.navigation[navigation] ?? '';
    position.parentType = typeName;
    position.isCollection = target.endsWith('*');
    position.type = position.isCollection ? target.slice(0, -1) : target;
    position.cast = undefined;
    addName(position, navigation);
    return;
  }
  const operation = find(type.operations, name);
  if (operation) {
    addOperation(position, operation);
    return;
  }
  const property = find(propertiesOf(typeName), name);
  if (property) {
    position.property = property;
    addName(position, property);
    position.parentType = typeName;
    position.type = undefined;
    return;
  }
  const known = type.known === anyName ? text : find(type.known?.split(' '), name);
  if (!known) throw notFound(text);
  addName(position, known);
  position.isModelled = false;
}

function addName(position: Position, name: string): void {
  position.names.push(name);
  position.template += `/${name}`;
}

function typeOf(name: string): ModelType {
  return modelTypes[name] ?? { navigation: {} };
}

function find(names: readonly string[] | undefined, lowerName: string): string | undefined {
  return names?.find((name) => name.toLowerCase() === lowerName);
}

function notFound(segment: string): GraphError {
  return badRequest(`Resource not found for the segment '${segment}'.`);
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw badRequest('Bad Request - Invalid URL');
  }
}

/** Options of a query string with decoded values (`+` is a space). Throws 400 for a repeated system option. */
function parseQuery(rawQuery: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const part of rawQuery.split('&')) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const name = decode(at < 0 ? part : part.slice(0, at)).toLowerCase();
    const value = at < 0 ? '' : decode(part.slice(at + 1).replaceAll('+', ' '));
    if (name.startsWith('$') && options.has(name)) {
      throw badRequest(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
    }
    options.set(name, value);
  }
  return options;
}
