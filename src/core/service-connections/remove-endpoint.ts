import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { quoted, quoteNames } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { describeEndpoint } from './describe-endpoint.ts';
import {
  clientIdOf,
  type Endpoint,
  findEndpoint,
  isAzure,
  isMadeByService,
  otherProjects,
  type ProjectScope,
  projectOf,
  unknownEndpoint,
} from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';

/** `id` is an id or a name. */
export type RemoveEndpoint = ProjectScope & { readonly id: string };

/**
 * Removes a connection from a project. Other projects keep it; if there are none, it is deleted, together with an app
 * that Azure DevOps made for this connection alone.
 */
export async function removeEndpoint(input: RemoveEndpoint, endpoints: Endpoints, call: CallContext) {
  const scope = projectOf(input);
  const project = await endpoints.getProject(scope, call);
  const known = await endpoints.list(scope, {}, call);
  const azure = known.filter(isAzure);
  const endpoint = findEndpoint(azure, input.id) ?? findEndpoint(known, input.id);
  if (endpoint === undefined) throw unknownEndpoint(azure, input.id, project);
  if (!azure.includes(endpoint)) throw otherType(endpoint);
  const others = otherProjects(endpoint, project);
  // Also shared with projects that the caller may not see: only this project is removed, and the app stays.
  const isShared = others.length > 0 || endpoint.isShared === true;
  const app = clientIdOf(endpoint);
  const users = app === undefined ? [] : known.filter((one) => one !== endpoint && clientIdOf(one) === app);
  const deep = app !== undefined && isMadeByService(endpoint) && !isShared && users.length === 0;
  await endpoints.remove(scope, endpoint.id, { projectIds: [project.id], deep }, call);
  noteWhatStays({ endpoint, deep, isShared, app, users, others }, call);
  return {
    ...describeEndpoint(endpoint, project),
    // Other projects that still use it: it was only taken out of the one that was named.
    remains_in: others.map(({ id, name }) => withoutUndefined({ id, name })),
    // Whether Azure DevOps was asked to remove the app too, which it does only for apps that it made.
    app_removed: deep,
  };
}

function otherType({ name, type }: Endpoint): AppError {
  return new AppError(
    'unsupported',
    `${quoted(name)} is a service connection of type ${quoted(type)}; this tool deletes those of Azure only.`,
    {
      hint: 'Delete it in Azure DevOps: Project settings > Service connections.',
    },
  );
}

interface Removal {
  readonly endpoint: Endpoint;
  readonly deep: boolean;
  readonly isShared: boolean;
  readonly app: string | undefined;
  readonly users: readonly Endpoint[];
  readonly others: readonly { readonly id: string; readonly name?: string }[];
}

function noteWhatStays({ endpoint, deep, isShared, app, users, others }: Removal, call: CallContext): void {
  if (isShared) {
    const names = quoteNames(others.map(({ id, name }) => name ?? id));
    call.note(
      `${quoted(endpoint.name)} is gone from this project only and stays in ${names || 'others'}. To delete it, call again for each.`,
    );
    return;
  }
  if (app === undefined) return;
  if (deep) {
    call.note(
      `Azure DevOps was asked to remove the app ${quoted(app)} that it had made. Without rights on the app, it leaves the app in Entra.`,
    );
    return;
  }
  const because =
    users.length > 0
      ? `${quoteNames(users.map(({ name }) => name))} of this project use it too`
      : 'Azure DevOps did not make it';
  call.note(`The app ${quoted(app)} stays, with its credentials and roles: ${because}.`);
}
