import type { SandboxContext } from '../../service.ts';
import type { DevOpsStore, EndpointRecord, PendingWork } from '../devops-store.ts';

const published = { polls: 2, seconds: 20 } as const;

/** The endpoint with work under way that ends after some reads or some time, whichever comes first. */
export function startWork(
  endpoint: EndpointRecord,
  then: PendingWork['then'],
  { store, context }: { readonly store: DevOpsStore; readonly context: SandboxContext },
): EndpointRecord {
  const placed = store.setting('readyAfter');
  // Who places one of the two means that one only.
  const polls = Number(placed?.['polls'] ?? (placed ? Number.POSITIVE_INFINITY : published.polls));
  const seconds = Number(placed?.['seconds'] ?? (placed ? Number.POSITIVE_INFINITY : published.seconds));
  const pending = { readyAt: context.clock.now() + seconds * 1000, pollsLeft: polls, then };
  const started: EndpointRecord = { ...endpoint, state: 'InProgress', statusMessage: '', pending };
  store.endpoints.set(endpoint.id, started);
  return started;
}

/** Ends what is due by the clock, and forgets secrets whose time is over. */
export function settleAll(store: DevOpsStore, now: number): void {
  for (const endpoint of [...store.endpoints.values()]) settle(endpoint, store, now);
}

function settle(endpoint: EndpointRecord, store: DevOpsStore, now: number): void {
  const { pending } = endpoint;
  if (pending && (pending.pollsLeft <= 0 || now >= pending.readyAt)) finish(endpoint, pending, store);
  const deadline = Date.parse(endpoint.data['revertSchemeDeadline'] ?? '');
  const current = store.endpoints.get(endpoint.id);
  if (current?.previous && now > deadline) {
    const { previous: _, ...rest } = current;
    store.endpoints.set(current.id, rest);
  }
}

function finish({ pending: _, ...endpoint }: EndpointRecord, { then }: PendingWork, store: DevOpsStore): void {
  if (then === undefined) store.endpoints.delete(endpoint.id);
  else store.endpoints.set(endpoint.id, { ...endpoint, ...then });
}

/** Counts one read of an endpoint with work under way. */
export function countPoll(endpoint: EndpointRecord, store: DevOpsStore): void {
  const { pending } = endpoint;
  if (pending) {
    store.endpoints.set(endpoint.id, { ...endpoint, pending: { ...pending, pollsLeft: pending.pollsLeft - 1 } });
  }
}
