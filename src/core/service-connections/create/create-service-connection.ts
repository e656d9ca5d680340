import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { MadeSoFar } from '../../identities/made-so-far.ts';
import { clientIdOf, type Endpoint, isDraft, type ProjectScope, readText, stateOf } from '../endpoint.ts';
import type { CreateServiceConnection, ServiceConnection } from '../service-connection.ts';
import { checkRequest } from './check-request.ts';
import { ensureOwnApplication, findOwnApplication, resolveIdentity, tenantOf, whoAsks } from './connection-identity.ts';
import type { Creation, MadeConnection, ResolvedIdentity, ServiceConnectionParts } from './creation.ts';
import { canBeResumed, ensureEndpoint, findByName, hasSameTarget, nameTaken } from './ensure-endpoint.ts';
import { federateEndpoint, requireOwnEndpoint } from './federation.ts';
import { putToUse } from './put-to-use.ts';

const steps = 4;

/**
 * Makes a service connection of any kind, up to one that pipelines can use. A connection without a secret of the caller
 * may be asked for again after any interruption: what exists is found and finished, and nothing is made twice. What was
 * made stays when the test fails: roles take effect late, and the answer says what to do. Throws `conflict` when the name
 * belongs to something else.
 */
export async function createServiceConnection(
  input: CreateServiceConnection,
  parts: ServiceConnectionParts,
  call: CallContext,
): Promise<ServiceConnection> {
  const plan = checkRequest(input, parts);
  const scope: ProjectScope = withoutUndefined({ organization: input.organization, project: input.project });
  const project = await parts.endpoints.getProject(scope, call);
  const next = canBeResumed(plan)
    ? 'Then call again with the same arguments: it goes on from what exists.'
    : 'See it with list_service_connections; delete_service_connection removes it, so that it can be made again.';
  const made = new MadeSoFar({ intro: 'There is now', separator: '; ', next });
  const creation: Creation = { plan, scope, project, parts, made, call };
  try {
    const connection = await makeConnection(creation);
    const described = await putToUse(creation, connection);
    progress(creation, steps, 'Done');
    return described;
  } catch (error) {
    throw made.explain(error, call.signal);
  }
}

async function makeConnection(creation: Creation): Promise<MadeConnection> {
  const { plan, parts, scope, call } = creation;
  const existing = await findByName(parts.endpoints, scope, plan.name, call);
  if (existing !== undefined && !hasSameTarget(existing, plan)) {
    throw nameTaken(plan, existing, 'it reaches something else, or signs in in another way');
  }
  if (existing !== undefined && !canBeResumed(plan)) {
    throw nameTaken(plan, existing, 'whether it has the same secret cannot be seen');
  }
  progress(creation, 1, 'The name and the project were looked up');
  if (plan.credential.kind === 'automatic') return makeAutomatic(creation, existing);
  return makeWith(creation, existing, await resolveIdentity(plan, parts, call));
}

/** Azure DevOps makes the app where it can; otherwise we do. */
async function makeAutomatic(creation: Creation, existing: Endpoint | undefined): Promise<MadeConnection> {
  const { plan, parts, call } = creation;
  const tenantId = await tenantOf(plan, parts, call);
  const begun = existing === undefined ? undefined : readText(existing.data, 'creationMode')?.toLowerCase();
  const asker = await whoAsks(parts, call);
  if (begun === undefined ? asker !== 'app' : begun === 'automatic') {
    try {
      return await makeWith(creation, existing, { tenantId, isAutomatic: true });
    } catch (error) {
      // Refused like this, the service has made nothing.
      if (!(error instanceof AppError) || error.code !== 'unsupported') throw error;
      if (asker === 'personal_token') throw notForThisPerson(error);
    }
  }
  if (plan.scheme !== 'WorkloadIdentityFederation') {
    throw new AppError(
      'unsupported',
      'Azure DevOps makes an app with a secret for a person only, and the connection is an app.',
      {
        hint: 'Use the scheme WorkloadIdentityFederation, or pass client_id and client_secret of an app that exists.',
      },
    );
  }
  if (existing !== undefined && (await findOwnApplication(creation)) !== clientIdOf(existing)) {
    throw nameTaken(plan, existing, 'it signs in as another app than the one that would be made');
  }
  return makeWith(creation, existing, await ensureOwnApplication(creation, tenantId));
}

function notForThisPerson({ message, status, upstream }: AppError): AppError {
  return new AppError('unsupported', `Azure DevOps could not make the app for this person: ${message}`, {
    hint: 'Use a connection that signs in to the tenant (an app, azure_cli or device_code): it makes the app by itself. Or pass client_id of an app that exists.',
    ...withoutUndefined({ status, upstream }),
  });
}

async function makeWith(
  creation: Creation,
  existing: Endpoint | undefined,
  identity: ResolvedIdentity,
): Promise<MadeConnection> {
  const { scope, parts, call } = creation;
  progress(creation, 2, 'The identity is there');
  let endpoint = await ensureEndpoint(creation, existing, identity);
  let isFresh = false;
  if (identity.parent !== undefined) {
    if (existing !== undefined) await requireOwnEndpoint(creation, endpoint, identity.parent);
    ({ endpoint, isFresh } = await federateEndpoint(creation, endpoint, {
      parent: identity.parent,
      tenantId: identity.tenantId,
    }));
  }
  if (!isDraft(endpoint) && stateOf(endpoint) !== 'ready') {
    endpoint = await parts.endpoints.waitUntilReady(scope, endpoint.id, call);
  }
  progress(creation, 3, 'The service connection is there');
  return { endpoint, identity, isFresh: isFresh || identity.isAutomatic };
}

function progress({ call }: Creation, step: number, message: string): void {
  call.progress({ progress: step, total: steps, message });
}
