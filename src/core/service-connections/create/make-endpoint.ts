import { AppError } from '../../base/errors.ts';
import { stateOf } from '../endpoint-state.ts';
import type { Endpoint } from '../endpoints.ts';
import { buildEndpoint } from './build-endpoint.ts';
import type { ResolvedIdentity } from './connection-identity.ts';
import type { Creation } from './creation.ts';
import {
  canBeResumed,
  findAfterDoubt,
  hasSameIdentity,
  hasSameTarget,
  isDraft,
  nameTaken,
} from './existing-connection.ts';
import { nameTarget } from './name-target.ts';

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
  call.note(`The service connection ${plan.name} was there ${state}; no second one was made.`);
  return existing;
}

/** What a failure from here on says about the connection. */
export function tellMade({ made, plan }: Pick<Creation, 'made' | 'plan'>, endpoint: Endpoint): void {
  const state = isDraft(endpoint) ? 'an unfinished draft' : stateOf(endpoint).replace('_', ' ');
  made.add('endpoint', `the service connection ${plan.name} (id ${endpoint.id}, ${state})`);
}

async function makeEndpoint(creation: Creation, identity: ResolvedIdentity): Promise<Endpoint> {
  const { plan, scope, project, parts, call } = creation;
  const target = await nameTarget(plan, parts.arm, call);
  const body = buildEndpoint({ plan, target, identity, project, isDraft: identity.parent !== undefined });
  try {
    return await parts.endpoints.create(scope, body, call);
  } catch (error) {
    if (!(error instanceof AppError) || !(error.code === 'outcome_unknown' || error.code === 'conflict')) throw error;
    const found = await findAfterDoubt(parts.endpoints, scope, plan.name, call);
    if (found === undefined) throw error;
    // What has the name was not there a moment ago. After a refusal it is somebody else's, who may have another secret.
    const isOurs = error.code === 'outcome_unknown' || canBeResumed(plan);
    if (isOurs && hasSameTarget(found, plan) && hasSameIdentity(found, identity)) return found;
    throw nameTaken(plan, found, 'it was made at the same time by somebody else');
  }
}
