import { isRecord } from '../../../core/base/guards.ts';
import type { Entity, EntityStore } from '../../base/entity-store.ts';
import { recordOf } from '../../base/plain-object.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';

type Activity = Readonly<Record<string, unknown>>;

/** The last sign-ins of every user, by lower-case id. */
export interface SignInActivities {
  of(store: EntityStore): ReadonlyMap<string, Activity>;
}

/** Keeps the summary of the log until the tenant changes. */
export function createSignInActivities(): SignInActivities {
  let kept: { readonly sequence: number; readonly map: ReadonlyMap<string, Activity> } | undefined;
  return {
    of(store) {
      const { sequence } = store;
      if (kept?.sequence !== sequence) kept = { sequence, map: summarize(store) };
      return kept.map;
    },
  };
}

/** Whether a request reads `signInActivity`, which is not stored with the users. */
export function readsSignInActivity({ query, property }: ParsedGraphPath): boolean {
  return property === 'signInActivity' || /signInActivity/i.test(`${query.get('$select')} ${query.get('$filter')}`);
}

/**
 * The store with `signInActivity` on its users, from the log of sign-ins: the last attempt of each kind, and the last
 * success. A user who is not in the log has none. Source: "signInActivity resource type".
 */
export function withSignInActivity(store: EntityStore, activities: SignInActivities): EntityStore {
  const known = activities.of(store);
  const shown = (entity: Entity): Entity => {
    const activity = merge(known.get(entity.id), entity['signInActivity']);
    return activity ? { ...entity, signInActivity: activity } : entity;
  };
  const add = (type: string, entity: Entity | undefined) => (entity && type === 'user' ? shown(entity) : entity);
  return {
    ...store,
    get sequence() {
      return store.sequence;
    },
    get: (type, id) => add(type, store.get(type, id)),
    findByKey: (type, property, value) => add(type, store.findByKey(type, property, value)),
    *scan(type, from) {
      for (const item of store.scan(type, from)) yield { ...item, entity: add(type, item.entity) ?? item.entity };
    },
  };
}

function summarize(store: EntityStore): ReadonlyMap<string, Activity> {
  const found = new Map<string, Activity>();
  for (const { entity } of store.scan('signIn')) {
    const { id, userId, createdDateTime, isInteractive, status } = entity;
    if (typeof userId !== 'string' || typeof createdDateTime !== 'string') continue;
    const kind = isInteractive === false ? 'lastNonInteractiveSignIn' : 'lastSignIn';
    const attempt = entry(kind, createdDateTime, id);
    const success = Number(recordOf(status)['errorCode'] ?? 0) === 0;
    const own = success ? { ...attempt, ...entry('lastSuccessfulSignIn', createdDateTime, id) } : attempt;
    const user = userId.toLowerCase();
    found.set(user, merge(found.get(user), own) ?? own);
  }
  return found;
}

const kinds = ['lastSignIn', 'lastNonInteractiveSignIn', 'lastSuccessfulSignIn'] as const;

function entry(kind: (typeof kinds)[number], time: unknown, requestId: unknown): Activity {
  return { [`${kind}DateTime`]: time ?? null, [`${kind}RequestId`]: requestId ?? null };
}

/** The later of two activities, for each kind. */
function merge(left: unknown, right: unknown): Activity | undefined {
  const given = [left, right].filter(isRecord);
  if (given.length === 0) return undefined;
  const latest = kinds.map((kind) => {
    const [last] = given.toSorted((a, b) => timeOf(b[`${kind}DateTime`]) - timeOf(a[`${kind}DateTime`]));
    return entry(kind, last?.[`${kind}DateTime`], last?.[`${kind}RequestId`]);
  });
  return Object.assign({}, ...latest);
}

function timeOf(value: unknown): number {
  const time = Date.parse(String(value));
  return Number.isNaN(time) ? 0 : time;
}
