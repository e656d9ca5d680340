import { AppError, invalidArgument } from '../../../base/errors.ts';
import { quoted } from '../../../base/plain-text.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { HttpMethod } from '../../../http/api-client.ts';
import { callPath } from '../catalog/call-path.ts';
import { gotchasOf } from '../catalog/gotchas.ts';
import type { GraphCatalog } from '../catalog/load-catalog.ts';
import type { GraphOperation } from '../catalog/operation-tree.ts';
import { splitPath } from '../catalog/split-path.ts';
import { suggestProperty, suggestSegment } from '../catalog/suggest-names.ts';
import { type UnknownSegment, type WalkedPath, walkPath } from '../catalog/walk-path.ts';
import { byType, byUse, typeText } from './choose-properties.ts';
import { describePermissions, leastText, type PermissionsAnswer } from './describe-permissions.ts';
import { enumsOf, someOf } from './describe-type.ts';
import { type ExampleCall, exampleCall, exampleOfIds } from './example-call.ts';
import { fitAnswer, shortened } from './fit-answer.ts';
import { namedProperties, querySupport } from './query-support.ts';
import { withoutLongValues } from './without-long-values.ts';

/** What a path answers: the type of its objects. */
interface AnsweredType {
  readonly type: string;
  readonly list: boolean;
  readonly properties?: Readonly<Record<string, readonly string[]>>;
  readonly more_properties?: number;
  readonly enums?: Readonly<Record<string, readonly string[]>>;
  readonly navigation?: readonly string[];
}

interface PathQuery {
  readonly filter?: Readonly<Record<string, readonly string[]>>;
  readonly orderby?: readonly string[];
  readonly search?: string;
  readonly advanced: string;
}

/** What is told about a path, in one of two depths: all of its methods in short, or one in full. */
export interface PathAnswer {
  readonly path: string;
  readonly operations: readonly Readonly<Record<string, unknown>>[];
  readonly body?: Readonly<Record<string, string>>;
  readonly answers?: AnsweredType;
  readonly query?: PathQuery;
  /** Path of its delta function, for graph_delta. */
  readonly delta?: string;
  readonly notes?: readonly string[];
  /** Arguments of graph_query that can be sent with a connection. */
  readonly example?: ExampleCall;
  /** The same, to find the id that the path needs. */
  readonly example_of_ids?: ExampleCall;
}

const legend =
  'Names with * only as an advanced query (ConsistencyLevel: eventual and $count=true), which graph_query makes by itself; with ! only without. ne, not, endsWith and $count always are.';
const noLegend = 'Takes advanced queries, which graph_query makes by itself.';

function unknownSegment(walk: UnknownSegment): AppError {
  const { near, names } = suggestSegment(walk);
  const place = walk.reached === '' ? 'at the root of Graph' : `below ${quoted(walk.reached)}`;
  const meant = near.slice(0, 3).map((name) => quoted(name));
  const others = names.length === 0 ? '' : `There are ${names.join(', ')} and more. `;
  return new AppError('not_found', `There is no ${quoted(walk.segment, 80)} ${place} in v1.0.`, {
    hint: `${meant.length === 0 ? '' : `Did you mean ${meant.join(' or ')}? `}${others}Call describe_graph with search and words for what you want.`,
  });
}

/** What is deep in beta has no row in the catalog. */
function unknownPath(catalog: GraphCatalog, walk: UnknownSegment): AppError {
  const start = `${walk.reached}/${walk.segment}`;
  if (walk.segment.includes('/') || catalog.operations.at(start).length === 0) return unknownSegment(walk);
  return new AppError('not_found', `Only beta has ${quoted(start)}, and what is below it is not built in.`, {
    hint: "Look it up in the Graph reference, and pass api_version 'beta'; or describe the path up to there.",
  });
}

/** The operations of a path, all or the one that is asked for. */
function chooseOperations(
  operations: readonly GraphOperation[],
  method: HttpMethod | undefined,
): readonly GraphOperation[] {
  if (method === undefined || operations.length === 0) return operations;
  const chosen = operations.filter((one) => one.method === method);
  if (chosen.length > 0) return chosen;
  const known = operations.map((one) => one.method).join(', ');
  throw invalidArgument(
    `method: ${method} is not known for ${quoted(operations[0]?.path)}.`,
    `Known: ${known}. Leave method out to see them all.`,
  );
}

function permissionsOf(
  catalog: GraphCatalog,
  { application, delegated }: GraphOperation,
  most: number,
): { readonly application: PermissionsAnswer | string; readonly delegated: PermissionsAnswer | string } {
  return {
    application: describePermissions(catalog, application, { most, isForApps: true }) ?? 'not possible',
    delegated: describePermissions(catalog, delegated, { most, isForApps: false }) ?? 'not possible',
  };
}

function operationAnswer(
  catalog: GraphCatalog,
  operation: GraphOperation,
  most: number | undefined,
): Record<string, unknown> {
  const { method, isBetaOnly, application, delegated } = operation;
  const sent = callPath(operation, catalog.types);
  return withoutUndefined({
    method,
    send_to: sent === operation.path ? undefined : sent,
    beta_only: isBetaOnly ? true : undefined,
    ...(most === undefined
      ? { application: leastText(application), delegated: leastText(delegated) }
      : permissionsOf(catalog, operation, most)),
  });
}

function answeredType(catalog: GraphCatalog, walk: WalkedPath, most: number): AnsweredType | undefined {
  const { type, isCollection } = walk;
  if (type === undefined) return undefined;
  const found = catalog.types.find(type);
  // What an action answers is seldom why it is called.
  if (found === undefined || found.isNamedOnly || walk.end === 'action') return { type, list: isCollection };
  const properties = byUse(catalog.types.properties(type));
  const shown = properties.slice(0, most);
  const navigation = isCollection ? [] : catalog.types.navigation(type).map(({ name }) => name);
  return withoutUndefined({
    type: found.name,
    list: isCollection,
    properties: shown.length === 0 ? undefined : byType(shown),
    more_properties: properties.length > shown.length ? properties.length - shown.length : undefined,
    enums: enumsOf(catalog.types, shown, Math.ceil(most / 8)),
    navigation: navigation.length === 0 ? undefined : shortened(navigation, Math.ceil(most / 2)),
  });
}

function queryAnswer(path: string, most: number): PathQuery | undefined {
  const known = querySupport(path);
  if (known === undefined) return undefined;
  const { filter, orderby, search } = known.support;
  if (filter === undefined) return { advanced: noLegend };
  const lists = Object.entries(filter).filter(([, names]) => names.length > 0);
  return withoutUndefined({
    filter: Object.fromEntries(lists.map(([operator, names]) => [operator, shortened(names, most)])),
    orderby,
    search,
    advanced: legend,
  });
}

/** Names and types of what an action takes. */
function bodyOf(walk: WalkedPath): Readonly<Record<string, string>> | undefined {
  const parameters = walk.end === 'action' ? (walk.operation?.parameters ?? []) : [];
  return parameters.length === 0 ? undefined : Object.fromEntries(parameters.map((one) => [one.name, typeText(one)]));
}

function deltaOf(catalog: GraphCatalog, walk: WalkedPath): string | undefined {
  if (!walk.isCollection || walk.end === 'function') return undefined;
  const path = `${walk.template}/delta`;
  const delta = walkPath(catalog.types, path);
  // The model binds it to every list of a type; where it can be called, it has permissions.
  const isCallable = catalog.operations.find('GET', path) !== undefined;
  return isCallable && delta.isKnown && delta.end === 'function' ? delta.template : undefined;
}

const withoutRow = "Microsoft's permission data does not have this path: look it up in the Graph reference.";

function notesOf(
  operations: readonly GraphOperation[],
  path: string,
  method: HttpMethod | undefined,
): readonly string[] {
  const methods = operations.length === 0 ? [method ?? 'GET'] : operations.map((one) => one.method);
  const gotchas = methods.flatMap((one) => gotchasOf(one, operations[0]?.path ?? path, 2));
  const beta = operations.some(({ isBetaOnly }) => isBetaOnly)
    ? ["Only beta has it: pass api_version 'beta'; it may change."]
    : [];
  return [...new Set([...(operations.length === 0 ? [withoutRow] : []), ...beta, ...gotchas])].slice(0, 4);
}

/** Properties in the options of a pasted address that its objects do not have. */
function unknownProperties(catalog: GraphCatalog, path: string, { type }: WalkedPath): string[] {
  if (type === undefined || !path.includes('?')) return [];
  return namedProperties(path).flatMap((name) => {
    const suggestion = suggestProperty(catalog.types, type, name);
    if (suggestion === undefined) return [];
    const meant = suggestion.near.slice(0, 3).map((one) => quoted(one));
    const hint = meant.length === 0 ? '' : ` Did you mean ${meant.join(' or ')}?`;
    return [`${type} has no property ${quoted(name, 80)}.${hint}`];
  });
}

/** What only beta has: the model knows nothing about it. */
function describeBeta(catalog: GraphCatalog, operations: readonly GraphOperation[]): PathAnswer {
  const path = operations[0]?.path ?? '';
  return fitAnswer((most) => ({
    path,
    operations: operations.map((one) => operationAnswer(catalog, one, operations.length === 1 ? most : undefined)),
    notes: notesOf(operations, path, undefined),
  }));
}

/**
 * Describes a path, with real ids or `{id}`, and one of its methods or all.
 *
 * Throws `not_found` with near names for a path that does not exist, `invalid_argument` for a method that it does not take.
 */
export function describePath(catalog: GraphCatalog, asked: string, method: HttpMethod | undefined): PathAnswer {
  const path = withoutLongValues(asked);
  if (splitPath(path).length === 0) throw invalidArgument('path: it names nothing.', 'Use a path such as /users/{id}.');
  const known = catalog.operations.at(path);
  const walk = walkPath(catalog.types, path);
  if (!walk.isKnown && known.length === 0) throw unknownPath(catalog, walk);
  const operations = chooseOperations(known, method);
  if (!walk.isKnown) return describeBeta(catalog, operations);
  const reads = operations.length === 0 || operations.some((one) => one.method === 'GET');
  const given = path.includes('{') ? walk.template : path.split('?', 1)[0]?.trim();
  const example = reads && method !== 'POST' ? exampleCall(catalog.types, given ?? walk.template) : undefined;
  return fitAnswer((most) =>
    withoutUndefined({
      path: walk.template,
      operations: operations.map((one) =>
        operationAnswer(catalog, one, operations.length === 1 ? most / 5 : undefined),
      ),
      body: bodyOf(walk),
      answers: method === 'DELETE' ? undefined : answeredType(catalog, walk, most),
      query: reads ? queryAnswer(path, most) : undefined,
      delta: reads ? deltaOf(catalog, walk) : undefined,
      notes: someOf([...unknownProperties(catalog, path, walk), ...notesOf(operations, walk.template, method)]),
      example,
      example_of_ids: example === undefined && reads ? exampleOfIds(catalog.types, walk.template) : undefined,
    }),
  );
}
