import { type EntityType, isReplicated } from '../../base/entity-store.ts';
import { notModelled, resourceNotFound } from '../graph-error.ts';
import { readBody } from '../json-body.ts';
import type { GraphHandler } from '../parsed-path.ts';
import { findObject } from '../reads/resolve-entity.ts';

/** Handlers by `METHOD template`. */
export type GraphRoutes = Readonly<Record<string, GraphHandler>>;

/** Handles every method except GET and HEAD by route. */
export function routeWrites(routes: readonly GraphRoutes[]): GraphHandler {
  const handlers = new Map(routes.flatMap((table) => Object.entries(table)));
  return async (parsed, request, context) => {
    const handler = handlers.get(`${request.method} ${parsed.template}`);
    if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
    // With replication lag, a new object cannot be written to yet.
    const id = parsed.keys[0]?.value ?? '';
    const found = findObject(id, context.store);
    if (found && !isReplicated(found.entity, context)) throw resourceNotFound(id);
    return handler(parsed, request, context);
  };
}

interface UpsertHandlers {
  readonly create: GraphHandler;
  readonly update: GraphHandler;
}

/**
 * `PATCH /{set}({key}='…')` with `Prefer: create-if-missing` creates the object if it does not exist; without the
 * header, the result is 404. Source: "Upsert group", "Upsert application", "Upsert servicePrincipal".
 */
export function upsertByKey(type: EntityType, { create, update }: UpsertHandlers): GraphHandler {
  return async (parsed, request, context) => {
    const [key] = parsed.keys;
    if (!key?.property || context.store.findByKey(type, key.property, key.value)) {
      return update(parsed, request, context);
    }
    if (!wantsCreation(request.headers)) throw resourceNotFound(key.value);
    const named = { ...readBody(request, true), [key.property]: key.value };
    return create(parsed, { ...request, body: Buffer.from(JSON.stringify(named)) }, context);
  };
}

export function wantsCreation(headers: Readonly<Record<string, string>>): boolean {
  return /(^|[,;\s])create-if-missing($|[,;\s])/i.test(headers['prefer'] ?? '');
}
