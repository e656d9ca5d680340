import { isGuid } from '../../../core/base/guid.ts';
import type { SandboxContext } from '../../base/service.ts';
import { type DevOpsCall, listOption } from '../devops-call.ts';
import { DevOpsError, endpointNotFound, invalidArgument, missingValue } from '../devops-error.ts';
import type { DevOpsStore, EndpointRecord, PendingWork, ProjectRecord } from '../devops-store.ts';

/** The endpoint in the path; undefined if the project does not use it. */
export function findEndpoint({ store, params, project }: DevOpsCall): EndpointRecord | undefined {
  const id = params['id'] ?? '';
  if (!isGuid(id)) throw invalidArgument(`The value '${id}' is not valid for Guid endpointId.`);
  const endpoint = store.endpoints.get(id.toLowerCase());
  return endpoint && project && !isUsedIn(endpoint, project) ? undefined : endpoint;
}

/** The same for writes, which refuse unknown endpoints. */
export function requireEndpoint(call: DevOpsCall): EndpointRecord {
  const endpoint = findEndpoint(call);
  if (endpoint) return endpoint;
  throw endpointNotFound(
    `The service connection with id '${call.params['id']}' does not exist, or you do not have permission to access it.`,
  );
}

export function isUsedIn({ references }: EndpointRecord, project: ProjectRecord): boolean {
  return references.some(({ projectId }) => projectId === project.id);
}

/** Project ids in a query option. */
export function projectIdsOption(call: DevOpsCall): readonly string[] {
  const ids = listOption(call, 'projectIds');
  if (!ids) throw missingValue('projectIds');
  return ids.map((id) => call.store.findProject(id)?.id ?? id.toLowerCase());
}

/** Names are unique in a project, ignoring case. */
export function checkNameIsFree(
  name: string,
  projectId: string,
  self: string | undefined,
  { store }: DevOpsCall,
): void {
  for (const { id, references } of store.endpoints.values()) {
    const isTaken = references.some(
      (one) => one.projectId === projectId && one.name.toLowerCase() === name.toLowerCase(),
    );
    if (!isTaken || id === self) continue;
    throw new DevOpsError(
      500,
      'DuplicateServiceConnectionException',
      `Service connection with name ${name} already exists. Only a user having Administrator/User role permissions on service connection ${name} can see it.`,
    );
  }
}

const published = { polls: 2, seconds: 20 } as const;

/** Stores the endpoint with background work, which ends after some reads or some time, whichever comes first. */
export function startWork(
  endpoint: EndpointRecord,
  then: PendingWork['then'],
  { store, context }: { readonly store: DevOpsStore; readonly context: SandboxContext },
): EndpointRecord {
  const placed = store.setting('readyAfter');
  // If only one of the two is placed, the other does not apply.
  const polls = Number(placed?.['polls'] ?? (placed ? Number.POSITIVE_INFINITY : published.polls));
  const seconds = Number(placed?.['seconds'] ?? (placed ? Number.POSITIVE_INFINITY : published.seconds));
  const pending = { readyAt: context.clock.now() + seconds * 1000, pollsLeft: polls, then };
  const started: EndpointRecord = { ...endpoint, state: 'InProgress', statusMessage: '', pending };
  store.endpoints.set(endpoint.id, started);
  return started;
}

/** Completes background work that is due and removes secrets that have expired. */
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
  if (then === undefined) {
    store.endpoints.delete(endpoint.id);
  } else {
    store.endpoints.set(endpoint.id, { ...endpoint, ...then });
  }
}

/** Counts a read of an endpoint with background work. */
export function countPoll(endpoint: EndpointRecord, store: DevOpsStore): void {
  const { pending } = endpoint;
  if (pending) {
    store.endpoints.set(endpoint.id, { ...endpoint, pending: { ...pending, pollsLeft: pending.pollsLeft - 1 } });
  }
}
