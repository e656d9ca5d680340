import type { SandboxResponse } from '../../service.ts';
import { badRequest, GraphError, notModelled } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { createKeptLists, type KeptLists } from './kept-lists.ts';
import { answerCount, answerList } from './list.ts';
import { replicatedStore } from './replicated-store.ts';
import { answerEntity, answerProperty } from './single.ts';

/** Answers every GET of the directory and the audit logs. */
export function createReadHandler(): GraphHandler {
  const lists = createKeptLists();
  return async (parsed, request, context) => {
    const path = resolveMe(parsed, context);
    const response = await route(path, request, { ...context, store: replicatedStore(context) }, lists);
    return request.method === 'HEAD' ? { ...response, body: undefined } : response;
  };
}

async function route(
  parsed: ParsedGraphPath,
  request: Parameters<GraphHandler>[1],
  context: GraphCallContext,
  lists: KeptLists,
): Promise<SandboxResponse> {
  if (parsed.operation) {
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');
  }
  if (parsed.names[0] === 'invitations') throw notModelled(`GET ${parsed.template}`);
  if (parsed.property) return answerProperty(parsed, request, context, lists);
  if (parsed.suffix === '$count') return answerCount(parsed, request, context, lists);
  if (parsed.suffix === '$value') throw notModelled(`GET ${parsed.template}`);
  if (parsed.isCollection) return answerList(parsed, request, context, lists);
  return answerEntity(parsed, request, context, lists);
}

/** `/me` is the signed-in person, and an app is none. */
function resolveMe(parsed: ParsedGraphPath, { caller }: GraphCallContext): ParsedGraphPath {
  if (parsed.names[0] !== 'me') return parsed;
  if (caller.isApp) throw badRequest('/me request is only valid with delegated authentication flow.');
  return { ...parsed, names: ['users', ...parsed.names.slice(1)], keys: [{ value: caller.objectId }, ...parsed.keys] };
}
