import type { CallContext } from '../../base/call-context.ts';
import { AppError, endedBy } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { describeEndpoint } from '../describe-endpoint.ts';
import { stateOf } from '../endpoint-state.ts';
import { readText } from '../endpoint-texts.ts';
import type { Endpoint, ProjectScope } from '../endpoints.ts';
import type { CreateServiceConnection, ServiceConnection, Verification } from '../service-connection.ts';
import type { ServiceConnectionParts } from '../service-connection-parts.ts';
import { checkRequest } from './check-request.ts';
import { type ResolvedIdentity, resolveIdentity, tenantOf, whoAsks } from './connection-identity.ts';
import type { Creation, MadeConnection } from './creation.ts';
import { canBeResumed, findByName, hasSameTarget, isDraft, nameTaken } from './existing-connection.ts';
import { federateEndpoint, federationIn, requireOwnFederation } from './federate-endpoint.ts';
import { MadeSoFar } from './made-so-far.ts';
import { ensureEndpoint } from './make-endpoint.ts';
import { ensureOwnApplication, findOwnApplication } from './own-application.ts';
import { requireOwnEndpoint } from './require-own-endpoint.ts';
import { verifyConnection } from './verify-connection.ts';

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
  const creation: Creation = { plan, scope, project, parts, made: new MadeSoFar(next), call };
  try {
    const connection = await makeConnection(creation);
    return await putToUse(creation, connection);
  } catch (error) {
    throw creation.made.explain(endedBy(error, call.signal));
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
  if (existing !== undefined && (await findOwnApplication(creation, call)) !== clientIdOf(existing)) {
    throw nameTaken(plan, existing, 'it signs in as another app than the one that would be made');
  }
  return makeWith(creation, existing, await ensureOwnApplication(creation, tenantId, creation.made, call));
}

function notForThisPerson({ message, status, upstream }: AppError): AppError {
  return new AppError('unsupported', `Azure DevOps could not make the app for this person: ${message}`, {
    hint: 'Use a connection that signs in to the tenant (an app, azure_cli or device_code): it makes the app by itself. Or pass client_id of an app that exists.',
    ...withoutUndefined({ status, upstream }),
  });
}

function clientIdOf({ authorization }: Endpoint): string | undefined {
  return readText(authorization.parameters, 'serviceprincipalid')?.toLowerCase();
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

/** Tests the connection and, only when it works, hands it to the pipelines. */
async function putToUse(creation: Creation, connection: MadeConnection): Promise<ServiceConnection> {
  const { plan, project, call } = creation;
  const { endpoint } = connection;
  noteHandwork(creation, connection);
  const verification = plan.verify ? await verifyConnection(creation, connection) : undefined;
  if (verification !== undefined && !verification.ok) noteFailedTest(endpoint, verification, call);
  const granted = plan.grantAllPipelines ? await grant(creation, endpoint, verification) : undefined;
  progress(creation, steps, 'Done');
  const described = describeEndpoint(endpoint, project, verification);
  return granted === undefined ? described : { ...described, all_pipelines: granted };
}

async function grant(
  { plan, parts, scope, call }: Creation,
  { id, name }: Endpoint,
  verification: Verification | undefined,
): Promise<boolean> {
  if (verification?.ok === false) {
    const next = canBeResumed(plan) ? 'call again once it passes' : `grant it once it passes, ${grantPath(name)}`;
    call.note(`${name} was not granted to all pipelines, since its test failed: ${next}.`);
    return false;
  }
  try {
    await parts.endpoints.grantAllPipelines(scope, id, call);
    return true;
  } catch (error) {
    if (call.signal.aborted || !(error instanceof AppError)) throw error;
    call.note(`${name} is there, but was not granted to all pipelines: ${error.message} Grant it ${grantPath(name)}.`);
    return false;
  }
}

function grantPath(name: string): string {
  return `under Project settings > Service connections > ${name} > Security`;
}

/** Federation with an identity that is out of our reach is left to those who can reach it. */
function noteHandwork(creation: Creation, { endpoint, identity }: MadeConnection): void {
  const { plan, call } = creation;
  if (plan.scheme !== 'WorkloadIdentityFederation' || identity.isAutomatic || identity.parent !== undefined) return;
  const federation = federationIn(endpoint);
  if (federation !== undefined) requireOwnFederation(creation, federation, identity.tenantId);
  call.note(
    `The app ${identity.clientId ?? ''} is in another tenant or cloud than the connection, so its federated credential was not made: add it there with the issuer and subject of this answer.`,
  );
  if (federation === undefined) {
    call.note('Azure DevOps did not tell issuer and subject: list_service_connections shows them.');
  }
}

function noteFailedTest({ id, name }: Endpoint, { status, hint }: Verification, call: CallContext): void {
  call.note(
    `The service connection ${name} (id ${id}) was made and stays, but its test ended with ${status}.${hint === undefined ? '' : ` ${hint}`} Then verify it with list_service_connections (id, verify: true), or remove it with delete_service_connection.`,
  );
}

function progress({ call }: Creation, step: number, message: string): void {
  call.progress({ progress: step, total: steps, message });
}
