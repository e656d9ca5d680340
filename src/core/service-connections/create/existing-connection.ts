import type { CallContext } from '../../base/call-context.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { stateOf } from '../endpoint-state.ts';
import { readText } from '../endpoint-texts.ts';
import type { Endpoint, Endpoints, ProjectScope } from '../endpoints.ts';
import { groupScope } from './build-endpoint.ts';
import type { ConnectionPlan, PlannedIdentity } from './connection-plan.ts';

/** The service connection that has the name in the project; failed ones keep theirs. */
export async function findByName(
  endpoints: Endpoints,
  scope: ProjectScope,
  name: string,
  call: CallContext,
): Promise<Endpoint | undefined> {
  const [found] = await endpoints.list(scope, { names: [name], includeFailed: true, includeDetails: true }, call);
  return found;
}

/** Whether it was begun and not finished. */
export function isDraft({ data }: Endpoint): boolean {
  return readText(data, 'isDraft')?.toLowerCase() === 'true';
}

/** Whether a connection reaches what the plan wants, in the same way; its identity is left aside. */
export function hasSameTarget(endpoint: Endpoint, { scheme, environment, url, target }: ConnectionPlan): boolean {
  const inData = (name: string, wanted: string | undefined) => isSame(readText(endpoint.data, name), wanted);
  const isMachineLearning = target.level === 'AzureMLWorkspace';
  return (
    isSame(endpoint.type, 'azurerm') &&
    isSame(endpoint.authorization.scheme, scheme) &&
    isSame(endpoint.url.replace(/\/$/, ''), url.replace(/\/$/, '')) &&
    inData('environment', environment) &&
    inData('scopeLevel', target.level) &&
    inData('subscriptionId', target.level === 'ManagementGroup' ? undefined : target.subscriptionId) &&
    inData('managementGroupId', target.level === 'ManagementGroup' ? target.managementGroupId : undefined) &&
    inData('resourceGroupName', isMachineLearning ? target.resourceGroup : undefined) &&
    inData('mlWorkspaceName', isMachineLearning ? target.workspaceName : undefined) &&
    isSame(readText(endpoint.authorization.parameters, 'scope'), groupScope(target))
  );
}

/** Whether a connection signs in as the identity that the plan wants. */
export function hasSameIdentity(
  { data, authorization: { parameters } }: Endpoint,
  { tenantId, clientId, isAutomatic }: PlannedIdentity,
): boolean {
  return (
    isSame(readText(data, 'creationMode'), isAutomatic ? 'Automatic' : 'Manual') &&
    isSame(readText(parameters, 'tenantid'), tenantId) &&
    // Azure DevOps chooses the app of an automatic one.
    (isAutomatic || isSame(readText(parameters, 'serviceprincipalid'), clientId))
  );
}

function isSame(one: string | undefined, other: string | undefined): boolean {
  return one?.toLowerCase() === other?.toLowerCase();
}

/** Connections that bring no secret of the caller: the same request means the same connection. */
export function canBeResumed({ credential }: ConnectionPlan): boolean {
  return !['key', 'certificate', 'publish_profile'].includes(credential.kind);
}

/** The name is taken, and not by what was asked for. */
export function nameTaken({ name }: ConnectionPlan, existing: Endpoint, difference: string): AppError {
  const { id, authorization } = existing;
  const state = isDraft(existing) ? 'an unfinished draft' : stateOf(existing).replace('_', ' ');
  return new AppError(
    'conflict',
    `The project has a service connection named ${name} already (${id}, ${state}), and ${difference}.`,
    {
      hint: 'Choose another name, use the one that is there, or remove it first with delete_service_connection.',
      detail: { id, name: existing.name, scheme: authorization.scheme, state },
    },
  );
}

/** New connections are not in every list at once. */
const secondLookMs = 5_000;

/**
 * What became of a creation that was not answered, or that came too late: found by its name. Undefined when nothing is
 * there, and after a cancellation, which sends nothing more.
 */
export async function findAfterDoubt(
  endpoints: Endpoints,
  scope: ProjectScope,
  name: string,
  call: CallContext,
): Promise<Endpoint | undefined> {
  for (const isLast of [false, true]) {
    if (call.signal.aborted) return undefined;
    const found = await findByName(endpoints, scope, name, call);
    if (found !== undefined || isLast) return found;
    await delay(secondLookMs, call.signal);
  }
  return undefined;
}
