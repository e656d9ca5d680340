import { notModelled } from '../graph-error.ts';
import type { GraphHandler } from '../parsed-path.ts';

/** Handlers by `METHOD template`. */
export type GraphRoutes = Readonly<Record<string, GraphHandler>>;

/** Answers every method but GET and HEAD, by the route. */
export function routeWrites(routes: readonly GraphRoutes[]): GraphHandler {
  const handlers = new Map(routes.flatMap((table) => Object.entries(table)));
  return async (parsed, request, context) => {
    const handler = handlers.get(`${request.method} ${parsed.template}`);
    if (!handler) throw notModelled(`${request.method} ${parsed.template}`);
    return handler(parsed, request, context);
  };
}
