import { isReplicated } from '../../replication-lag.ts';
import { notModelled, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';

/** Handlers by `METHOD template`. */
export type GraphRoutes = Readonly<Record<string, GraphHandler>>;

/** Answers every method but GET and HEAD, by the route. */
export function routeWrites(routes: readonly GraphRoutes[]): GraphHandler {
  const handlers = new Map(routes.flatMap((table) => Object.entries(table)));
  return async (parsed, request, context) => {
    const handler = handlers.get(`${request.method} ${parsed.template}`);
    if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
    checkHasArrived(parsed, context);
    return handler(parsed, request, context);
  };
}

/** With replication lag, what has just been made cannot be written to yet. */
function checkHasArrived({ keys }: ParsedGraphPath, context: GraphCallContext): void {
  const id = keys[0]?.value ?? '';
  const type = context.store.typeOf(id);
  const entity = type && context.store.get(type, id);
  if (entity && !isReplicated(entity, context)) throw resourceNotFound(id);
}
