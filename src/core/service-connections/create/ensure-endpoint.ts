import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { credentialRules } from '../credential-rules.ts';
import { type Endpoint, isAzure, isDraft, isScheme, readText, stateOf } from '../endpoint.ts';
import { buildEndpoint, groupScope, nameTarget } from './build-endpoint.ts';
import type { ConnectionPlan, Creation, PlannedIdentity, ResolvedIdentity } from './creation.ts';

/**
 * The service connection of a creation: the one that an earlier call began, or a new one. A creation without an answer,
 * or one that another process was faster with, is looked up by its name instead of being sent again.
 */
export async function ensureEndpoint(
  creation: Creation,
  existing: Endpoint | undefined,
  identity: ResolvedIdentity,
): Promise<Endpoint> {
  const { plan, call } = creation;
  if (existing === undefined) {
    const endpoint = await makeEndpoint(creation, identity);
    tellMade(creation, endpoint);
    return endpoint;
  }
  if (!hasSameIdentity(existing, identity)) throw nameTaken(plan, existing, 'it signs in as another identity');
  if (stateOf(existing) === 'failed') throw nameTaken(plan, existing, 'it will not become usable');
  tellMade(creation, existing);
  const state = isDraft(existing) ? 'as a draft, which this call finished' : 'with the same identity and scope';
  call.note(`The service connection ${plan.name} already existed ${state}; no second one was made.`);
  return existing;
}

/** Adds the connection to what later failures report. */
export function tellMade({ made, plan }: Pick<Creation, 'made' | 'plan'>, endpoint: Endpoint): void {
  made.add('endpoint', `the service connection ${plan.name} (id ${quoted(endpoint.id)}, ${stateInWords(endpoint)})`);
}

async function makeEndpoint(creation: Creation, identity: ResolvedIdentity): Promise<Endpoint> {
  const { plan, scope, project, parts, call } = creation;
  const target = await nameTarget(plan, parts.arm, call);
  const body = buildEndpoint({ plan, target, identity, project, isDraft: identity.parent !== undefined });
  try {
    return await parts.endpoints.create(scope, body, call);
  } catch (error) {
    if (!(error instanceof AppError) || !(error.code === 'outcome_unknown' || error.code === 'conflict')) throw error;
    const found = await findAfterDoubt(creation);
    if (found === undefined) throw error;
    // The connection with this name is new. After a refusal, it belongs to another caller, who may have another secret.
    const isOurs = error.code === 'outcome_unknown' || canBeResumed(plan);
    if (isOurs && hasSameTarget(found, plan) && hasSameIdentity(found, identity)) return found;
    throw nameTaken(plan, found, 'someone else made it at the same time');
  }
}

/** New connections are not in every list at once. */
const secondLookMs = 5_000;

/**
 * The result of a creation whose answer was lost or that came too late, found by its name. Undefined when there is
 * none, and after a cancellation, which sends nothing more.
 */
async function findAfterDoubt(creation: Creation): Promise<Endpoint | undefined> {
  const { call } = creation;
  for (const isLast of [false, true]) {
    if (call.signal.aborted) return undefined;
    const found = await findByName(creation);
    if (found !== undefined || isLast) return found;
    await delay(secondLookMs, call.signal);
  }
  return undefined;
}

/** The service connection that has the name in the project; failed ones keep theirs. */
export async function findByName({ parts, scope, plan, call }: Creation): Promise<Endpoint | undefined> {
  const [found] = await parts.endpoints.list(scope, { names: [plan.name] }, call);
  return found;
}

/** Whether a connection has the target and scheme of the plan, whatever its identity. */
export function hasSameTarget(endpoint: Endpoint, { scheme, environment, url, target }: ConnectionPlan): boolean {
  const inData = (name: string, wanted: string | undefined) => isSame(readText(endpoint.data, name), wanted);
  const isMachineLearning = target.level === 'AzureMLWorkspace';
  return (
    isAzure(endpoint) &&
    isScheme(endpoint, scheme) &&
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
  return credentialRules[credential.kind].secret === undefined;
}

/** The name is taken by something else than was asked for. */
export function nameTaken({ name }: ConnectionPlan, existing: Endpoint, difference: string): AppError {
  const { id, authorization } = existing;
  const state = stateInWords(existing);
  return new AppError(
    'conflict',
    `The project already has a service connection named ${name} (${quoted(id)}, ${state}), and ${difference}.`,
    {
      hint: 'Choose another name, use the existing one, or remove it first with delete_service_connection.',
      detail: { id, name: existing.name, scheme: authorization.scheme, state },
    },
  );
}

function stateInWords(endpoint: Endpoint): string {
  return isDraft(endpoint) ? 'an unfinished draft' : stateOf(endpoint).replace('_', ' ');
}
