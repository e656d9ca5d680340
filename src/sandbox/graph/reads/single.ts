import { isGuid } from '../../../core/base/guid.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { badRequest, type GraphError, notModelled, resourceNotFound } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { type Expansion, parseExpand } from '../query/expand.ts';
import { missingParameters } from '../query/filter-rules.ts';
import { parseSelect } from '../query/select.ts';
import { createEntitySource, type EntitySource, type ReadContext, type TypedEntity } from './entity-source.ts';
import { referenceTo } from './list.ts';
import { contextOf, metadataAddress, selectTip } from './odata-context.ts';
import { createProjector, expandInto } from './projection.ts';
import { relatedIds } from './relationships.ts';
import { findObject, resolveEntity } from './resolve-entity.ts';

/** One object: `/users/{id}`, `/users/{id}/manager`, `/groups/{id}/members/{id}`, `/directory/deletedItems/{id}`. */
export function answerEntity(parsed: ParsedGraphPath, request: SandboxRequest, context: ReadContext): SandboxResponse {
  checkSingleOptions(parsed);
  const found = findEntity(parsed, context);
  const declared = parsed.type ?? found.type;
  if (parsed.suffix === '$ref') {
    const body = {
      '@odata.context': contextOf(parsed, request, undefined),
      '@odata.id': referenceTo(found.entity, request),
    };
    return { status: 200, body };
  }
  const isMixed = declared === 'directoryObject';
  const select = parseSelect(parsed.query.get('$select'), { type: declared, isCollection: false });
  if (select?.includes('signInActivity')) requireIdKey(parsed);
  const project = createProjector({ select, withType: isMixed });
  const plain = project(found);
  const expandText = parsed.query.get('$expand');
  const expansion = expandText === undefined ? undefined : parseExpand(expandText, found.type);
  if (parsed.query.has('$count')) checkChainCount(expansion, request);
  const body = expansion ? expandInto(plain, found, expansion, context) : plain;
  const head = { '@odata.context': contextOf(parsed, request, select, declared) };
  return { status: 200, body: { ...head, ...(select ? {} : selectTip(parsed, declared)), ...body } };
}

/**
 * One object has no count, but the documented way to a chain of managers asks for one:
 * `/me?$expand=manager($levels=max;$select=id)&$count=true` with `ConsistencyLevel`. Source: "List manager".
 */
function checkChainCount(expansion: Expansion | undefined, request: SandboxRequest): void {
  if (!expansion?.levels) throw inapplicableOption('$count');
  if (request.headers['consistencylevel']?.trim().toLowerCase() !== 'eventual') throw missingParameters('$count');
}

/** Sign-in activity is found only by id, not by principal name. */
function requireIdKey({ keys }: ParsedGraphPath): void {
  if (!isGuid(keys[0]?.value ?? '')) {
    throw badRequest('Get By Key only supports UserId and the key has to be a valid Guid');
  }
}

/** A structural property: `/users/{id}/displayName`; plain text with `$value`. */
export function answerProperty(
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: ReadContext,
): SandboxResponse {
  const { entity } = findEntity(parsed, context);
  const value = entity[parsed.property ?? ''] ?? null;
  if (value === null) return { status: 204 };
  if (parsed.suffix === '$value') {
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(value) };
  }
  const [set = ''] = parsed.names;
  const place = `${set}('${encodeURIComponent(parsed.keys[0]?.value ?? '')}')/${parsed.property}`;
  return { status: 200, body: { '@odata.context': metadataAddress(place, parsed, request), value } };
}

function findEntity(parsed: ParsedGraphPath, context: ReadContext): TypedEntity {
  const [first, second] = parsed.keys;
  if (!first) throw notModelled(`GET ${parsed.template}`);
  if (parsed.names[0] === 'directory' && parsed.names[1] === 'deletedItems') return findDeleted(first.value, context);
  if (second) return findInCollection(parsed, second.value, context);
  const owner = resolveEntity(parsed, context.store);
  const navigation = navigationAfterKey(parsed);
  if (!navigation) return checkCast(owner, parsed);
  const [id] = relatedIds(owner, navigation, context.store) ?? [];
  const found = id === undefined ? undefined : findObject(id, context.store);
  if (!found) throw resourceNotFound(navigation);
  return found;
}

/** Name of a single-valued navigation property after the key: `manager`. */
function navigationAfterKey(parsed: ParsedGraphPath): string | undefined {
  const inSet = parsed.names[0] === 'directory' || parsed.names[0] === 'auditLogs' ? 2 : 1;
  const name = parsed.names[inSet];
  return name === parsed.property ? undefined : name;
}

function checkCast(found: TypedEntity, { cast }: ParsedGraphPath): TypedEntity {
  if (cast && cast !== found.type) throw resourceNotFound(found.entity.id);
  return found;
}

function findDeleted(id: string, { store }: ReadContext): TypedEntity {
  const item = store.deletedItems().find(({ entity }) => entity.id === id.toLowerCase());
  if (!item) throw resourceNotFound(id);
  return item;
}

/** An object addressed through a list that contains it: by id, or by name if that is a key. */
function findInCollection(parsed: ParsedGraphPath, key: string, context: ReadContext): TypedEntity {
  const source = createEntitySource({ ...parsed, keys: parsed.keys.slice(0, 1) }, context);
  const found = source.has(key) ? source.load(key) : findByName(source, key);
  if (!found) throw resourceNotFound(key);
  return found;
}

/** Federated credentials have two keys. */
function findByName(source: EntitySource, name: string): TypedEntity | undefined {
  if (source.type !== 'federatedIdentityCredential') return undefined;
  for (const item of source.scan(0)) if (item.entity['name'] === name) return item;
  return undefined;
}

/** Single objects support only `$select` and `$expand`. */
function checkSingleOptions({ query }: ParsedGraphPath): void {
  for (const name of query.keys()) {
    if (!name.startsWith('$') || ['$select', '$expand', '$format', '$count'].includes(name)) continue;
    throw inapplicableOption(name);
  }
}

function inapplicableOption(name: string): GraphError {
  return badRequest(
    `The query specified in the URI is not valid. Query option '${name}' cannot be applied to the requested resource.`,
  );
}
