import { isGuid } from '../../../core/base/guid.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { type DevOpsCall, type DevOpsRoute, listOf } from '../devops-call.ts';
import { DevOpsError, invalidArgument } from '../devops-error.ts';
import type { ProjectRecord } from '../devops-store.ts';

const scopes = ['vso.project', 'vso.project_write', 'vso.project_manage', 'vso.profile'];
const pageSize = 100;

/** Source: "Projects - List", "Projects - Get". */
export const projectRoutes: readonly DevOpsRoute[] = [
  { method: 'GET', path: '/_apis/projects', level: 'organization', scopes, handle: listProjects },
  { method: 'GET', path: '/_apis/projects/{project}', level: 'organization', scopes, handle: readProject },
];

function listProjects(call: DevOpsCall): SandboxResponse {
  const projects = [...call.store.projects()].sort((left, right) => left.name.localeCompare(right.name));
  const top = numberOption(call, '$top') ?? pageSize;
  const from = numberOption(call, 'continuationtoken') ?? numberOption(call, '$skip') ?? 0;
  const page = projects.slice(from, from + top).map((project) => renderProject(project, call));
  const hasMore = from + top < projects.length;
  return listOf(page, hasMore ? { 'x-ms-continuationtoken': String(from + top) } : {});
}

function numberOption({ query }: DevOpsCall, name: string): number | undefined {
  const text = query.get(name);
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw invalidArgument(`The value '${text}' is not valid for ${name}.`);
}

function readProject(call: DevOpsCall): SandboxResponse {
  const name = call.params['project'] ?? '';
  const project = call.store.findProject(name);
  if (!project) throw unknownProject(name);
  const defaultTeam = { id: project.id.replace(/^.{8}/, '7ea30000'), name: `${project.name} Team` };
  return { status: 200, body: { ...renderProject(project, call), defaultTeam } };
}

function renderProject({ id, name, description, lastUpdateTime }: ProjectRecord, { request, store }: DevOpsCall) {
  return {
    id,
    name,
    description,
    url: `${request.base}/${store.organization.name}/_apis/projects/${id}`,
    state: 'wellFormed',
    revision: 11,
    visibility: 'private',
    lastUpdateTime,
  };
}

export function unknownProject(nameOrId: string): DevOpsError {
  if (isGuid(nameOrId)) {
    return new DevOpsError(
      404,
      'ProjectDoesNotExistException',
      `VS800075: The project with id 'vstfs:///Classification/TeamProject/${nameOrId}' does not exist, or you do not have permission to access it.`,
    );
  }
  return new DevOpsError(
    404,
    'ProjectDoesNotExistWithNameException',
    `TF200016: The following project does not exist: ${nameOrId}. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.`,
  );
}
