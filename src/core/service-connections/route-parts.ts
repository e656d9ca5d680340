import type { DevOpsScope } from '../apis/devops/devops-api.ts';
import { invalidArgument } from '../base/errors.ts';
import type { ProjectScope } from './endpoints.ts';

/** A name as one segment of a path. */
export function segment(text: string): string {
  if (text.trim() === '' || /[/\\]/.test(text)) {
    throw invalidArgument(`${shown(text)} is no name or id.`, 'Use a name without slashes, or an id.');
  }
  return encodeURIComponent(text.toWellFormed());
}

/** What was given, for a message. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** The scope of a route that belongs to the organization. */
export function ofOrganization({ organization }: ProjectScope): DevOpsScope {
  return organization === undefined ? {} : { organization };
}

/** The scope of a route that belongs to the project. */
export function ofProject(scope: ProjectScope): DevOpsScope {
  return { ...ofOrganization(scope), project: scope.project };
}
