import { isGuid } from '../../base/guards.ts';
import { type DevOpsCall, listOption } from '../devops-call.ts';
import { DevOpsError, endpointNotFound, invalidArgument, missingValue } from '../devops-error.ts';
import type { EndpointRecord, ProjectRecord } from '../devops-store.ts';

/** The endpoint of the path, or undefined when the project does not use it. */
export function findEndpoint({ store, params, project }: DevOpsCall): EndpointRecord | undefined {
  const id = params['id'] ?? '';
  if (!isGuid(id)) throw invalidArgument(`The value '${id}' is not valid for Guid endpointId.`);
  const endpoint = store.endpoints.get(id.toLowerCase());
  return endpoint && project && !isUsedIn(endpoint, project) ? undefined : endpoint;
}

/** The same for writes, which refuse what they do not find. */
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

/** Projects that a query option names by id. */
export function projectIdsOption(call: DevOpsCall): readonly string[] {
  const ids = listOption(call, 'projectIds');
  if (!ids) throw missingValue('projectIds');
  return ids.map((id) => call.store.findProject(id)?.id ?? id.toLowerCase());
}

/** Names are unique in a project, whatever their case. */
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
