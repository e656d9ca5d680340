import { type Entity, type EntityStore, isReplicated } from '../../base/entity-store.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { notModelled } from '../graph-error.ts';
import type { GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { createKeptLists, type ReadContext } from './entity-source.ts';
import { answerCount, answerList } from './list.ts';
import { answerPhoto } from './photo.ts';
import { resolveMe } from './resolve-entity.ts';
import { createSignInActivities, readsSignInActivity, withSignInActivity } from './sign-in-activity.ts';
import { answerEntity, answerProperty } from './single.ts';

/** Answers every GET of the directory and the audit logs. */
export function createReadHandler(): GraphHandler {
  const lists = createKeptLists();
  const activities = createSignInActivities();
  return async (parsed, request, context) => {
    const path = resolveMe(parsed, context.caller);
    const replicated = replicatedStore(context);
    const store = readsSignInActivity(path) ? withSignInActivity(replicated, activities) : replicated;
    const response = route(path, request, { ...context, store, lists });
    return request.method === 'HEAD' ? { ...response, body: undefined } : response;
  };
}

function route(parsed: ParsedGraphPath, request: SandboxRequest, context: ReadContext): SandboxResponse {
  if (parsed.names[0] === 'invitations') throw notModelled(`GET ${parsed.template}`);
  if (parsed.names.at(-1) === 'photo') return answerPhoto(parsed, request, context);
  if (parsed.property) return answerProperty(parsed, request, context);
  if (parsed.suffix === '$count') return answerCount(parsed, request, context);
  if (parsed.suffix === '$value') throw notModelled(`GET ${parsed.template}`);
  if (parsed.isCollection) return answerList(parsed, request, context);
  return answerEntity(parsed, request, context);
}

/** The store as reads see it: with a placed lag, without objects that are not replicated yet. */
function replicatedStore(context: SandboxContext): EntityStore {
  const { store } = context;
  if (context.placed('replicationLag').length === 0) return store;
  const visible = (entity: Entity | undefined) => (entity && isReplicated(entity, context) ? entity : undefined);
  return {
    ...store,
    get sequence() {
      return store.sequence;
    },
    get: (type, id) => visible(store.get(type, id)),
    findByKey: (type, property, value) => visible(store.findByKey(type, property, value)),
    *scan(type, from) {
      for (const item of store.scan(type, from)) if (visible(item.entity)) yield item;
    },
    count: (type) => [...store.scan(type)].filter(({ entity }) => visible(entity)).length,
  };
}
