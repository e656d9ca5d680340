import { devopsPath } from '../apis/devops/devops-address.ts';
import type { DevOpsApi, DevOpsRequest } from '../apis/devops/devops-api.ts';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { nearestNames } from '../base/nearest.ts';
import { quoteNames } from '../base/plain-text.ts';
import { parseProject } from './endpoint-schema.ts';
import type { Project, ProjectScope } from './endpoints.ts';
import { ofOrganization, segment, shown } from './route-parts.ts';

/** Names of projects that an error shows. */
const mostNames = 20;

/** The project that a name or an id means. Throws `not_found` with the names of those that the connection sees. */
export async function findProject(devops: DevOpsApi, scope: ProjectScope, call: CallContext): Promise<Project> {
  const organization = ofOrganization(scope);
  // What cannot be a project is refused before anything is sent.
  devopsPath(devops.organizationOf(organization), scope.project, '/_apis/projects');
  const path = `/_apis/projects/${segment(scope.project.trim())}`;
  try {
    const { body } = await devops.send({ method: 'GET', path, scope: organization, expectedStatuses: [404] }, call);
    const project = parseProject(body);
    if (project !== undefined) return project;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
  }
  throw await unknownProject(devops, scope, call);
}

async function unknownProject(devops: DevOpsApi, scope: ProjectScope, call: CallContext): Promise<AppError> {
  const names: string[] = [];
  const request: DevOpsRequest = { method: 'GET', path: '/_apis/projects', scope: ofOrganization(scope) };
  for await (const { items } of devops.pages(request, { maxItems: 1_000 }, call)) {
    names.push(...items.flatMap((item) => parseProject(item)?.name ?? []));
  }
  const nearest = nearestNames(scope.project, names, mostNames);
  const organization = devops.organizationOf(scope);
  const hint =
    nearest.length === 0
      ? 'The connection sees no project there: add its app to the organization (Organization settings > Users), with access to the project.'
      : 'Use the name or id of a project that it sees, or add the app of the connection to the project.';
  const seen =
    nearest.length === 0 ? '' : ` It has ${quoteNames(nearest)}${names.length > nearest.length ? ', …' : ''}.`;
  return new AppError('not_found', `The organization ${organization} has no project ${shown(scope.project)}.${seen}`, {
    hint,
    detail: { projects: nearest },
  });
}
