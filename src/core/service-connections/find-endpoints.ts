import { AppError } from '../base/errors.ts';
import { nearestNames } from '../base/nearest.ts';
import { quoteNames } from '../base/plain-text.ts';
import type { Endpoint, Project } from './endpoints.ts';

/** The endpoint that an id or, ignoring case, a name means. Names are unique in a project. */
export function findEndpoint(endpoints: readonly Endpoint[], idOrName: string): Endpoint | undefined {
  const wanted = idOrName.trim().toLowerCase();
  return (
    endpoints.find(({ id }) => id.toLowerCase() === wanted) ??
    endpoints.find(({ name }) => name.toLowerCase() === wanted)
  );
}

/** What to say where nothing is found: that, and the names that are most like it. */
export function unknownEndpoint(endpoints: readonly Endpoint[], idOrName: string, project: Project): AppError {
  const names = endpoints.map(({ name }) => name);
  const nearest = nearestNames(idOrName, names);
  const near = nearest.length === 0 ? '' : ` The nearest names are ${quoteNames(nearest)}.`;
  return new AppError(
    'not_found',
    `The project ${project.name} has no service connection ${JSON.stringify(idOrName.slice(0, 100))}, or the connection may not see it.${near}`,
    {
      hint:
        nearest.length === 0
          ? 'The connection sees none in this project: give its app the role User or Administrator on them.'
          : 'Use an id or a name from list_service_connections.',
      detail: { nearest },
    },
  );
}
