import type { CallContext } from '../../base/call-context.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { MadeSoFar } from '../../identities/made-so-far.ts';
import { describeEndpoint, failedTest, type ServiceConnection } from '../describe-endpoint.ts';
import { clientIdOf, type Endpoint, federationOf, isDraft, projectOf, readText, stateOf } from '../endpoint.ts';
import type { CreateServiceConnection, Verification } from '../service-connection.ts';
import { scopeOf } from './build-endpoint.ts';
import { checkRequest } from './check-request.ts';
import { ensureOwnApplication, findOwnApplication, resolveIdentity, tenantOf, whoAsks } from './connection-identity.ts';
import type { Creation, MadeConnection, ResolvedIdentity, ServiceConnectionParts } from './creation.ts';
import { canBeResumed, ensureEndpoint, findByName, hasSameTarget, nameTaken } from './ensure-endpoint.ts';
import { federateEndpoint, requireOwnEndpoint, requireOwnFederation } from './federation.ts';
import { openCredential } from './open-credential.ts';

const steps = 4;

/**
 * Makes a service connection of any kind, up to one that pipelines can use. A connection without a secret of the caller
 * may be asked for again after any interruption: what exists is found and finished, and nothing is made twice. A failed
 * test removes nothing: roles take effect late, and the answer says what to do. Throws `conflict` when the name belongs
 * to something else.
 */
export async function createServiceConnection(
  input: CreateServiceConnection,
  parts: ServiceConnectionParts,
  call: CallContext,
): Promise<ServiceConnection> {
  const plan = await openCredential(checkRequest(input, parts), parts);
  const scope = projectOf(input);
  const project = await parts.endpoints.getProject(scope, call);
  const next = canBeResumed(plan)
    ? 'Then call again with the same arguments: it continues from what exists.'
    : 'See it with list_service_connections; delete_service_connection removes it, so that it can be created again.';
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
  const { plan } = creation;
  const existing = await findByName(creation);
  if (existing !== undefined && !hasSameTarget(existing, plan)) {
    throw nameTaken(plan, existing, 'it reaches something else, or signs in in another way');
  }
  if (existing !== undefined && !canBeResumed(plan)) {
    throw nameTaken(plan, existing, 'whether it has the same secret cannot be seen');
  }
  progress(creation, 1, 'The name and the project were looked up');
  if (plan.credential.kind === 'automatic') return makeAutomatic(creation, existing);
  return makeWith(creation, existing, await resolveIdentity(creation));
}

/** Azure DevOps makes the app where it can; otherwise we do. */
async function makeAutomatic(creation: Creation, existing: Endpoint | undefined): Promise<MadeConnection> {
  const { plan } = creation;
  const tenantId = await tenantOf(creation);
  const begun = existing === undefined ? undefined : readText(existing.data, 'creationMode')?.toLowerCase();
  const asker = await whoAsks(creation);
  if (begun === undefined ? asker !== 'app' : begun === 'automatic') {
    try {
      return await makeWith(creation, existing, { tenantId, isAutomatic: true });
    } catch (error) {
      // With this refusal, the service has made nothing.
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
    const { parent, tenantId } = identity;
    ({ endpoint, isFresh } = await federateEndpoint(creation, endpoint, { parent, tenantId }));
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

/** Tests the connection and, only when it works, hands it to the pipelines. */
async function putToUse(creation: Creation, connection: MadeConnection): Promise<ServiceConnection> {
  const { plan, project, call } = creation;
  const { endpoint } = connection;
  noteHandwork(creation, connection);
  const verification = plan.verify ? await verifyConnection(creation, connection) : undefined;
  if (verification !== undefined && !verification.ok) noteFailedTest(endpoint, verification, call);
  const granted = plan.grantAllPipelines ? await grant(creation, endpoint, verification) : undefined;
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
    call.note(`${quoted(name)} was not granted to all pipelines, since its test failed: ${next}.`);
    return false;
  }
  try {
    await parts.endpoints.grantAllPipelines(scope, id, call);
    return true;
  } catch (error) {
    if (call.signal.aborted || !(error instanceof AppError)) throw error;
    call.note(
      `${quoted(name)} is there, but was not granted to all pipelines: ${error.message} Grant it ${grantPath(name)}.`,
    );
    return false;
  }
}

function grantPath(name: string): string {
  return `under Project settings > Service connections > ${quoted(name)} > Security`;
}

/** Notes the federated credential that we cannot make, because its identity is out of our reach. */
function noteHandwork(creation: Creation, { endpoint, identity }: MadeConnection): void {
  const { plan, call } = creation;
  if (plan.scheme !== 'WorkloadIdentityFederation' || identity.isAutomatic || identity.parent !== undefined) return;
  const federation = federationOf(endpoint);
  if (federation !== undefined) requireOwnFederation(creation, endpoint.id, federation, identity.tenantId);
  call.note(
    `The app ${quoted(identity.clientId)} is in another tenant or cloud than the connection, so its federated credential was not made: add it there with the issuer and subject of this answer.`,
  );
  if (federation === undefined) {
    call.note('Azure DevOps did not return issuer and subject: list_service_connections shows them.');
  }
}

function noteFailedTest({ id, name }: Endpoint, { status, hint }: Verification, call: CallContext): void {
  call.note(
    `The service connection ${quoted(name)} (id ${quoted(id)}) was made and stays, but its test ended with ${quoted(status)}.${hint === undefined ? '' : ` ${hint}`} Then verify it with list_service_connections (id, verify: true), or remove it with delete_service_connection.`,
  );
}

/** A new federated credential takes about a minute to be known everywhere. */
const retryEveryMs = 10_000;
const mostRetries = 6;
/** Reserved of a call's time for what follows the test. */
const reserveMs = 10_000;

/** The service's own test, tried again while federation or role are seconds old. Fails only with a cancelled call. */
export async function verifyConnection(creation: Creation, connection: MadeConnection): Promise<Verification> {
  const { parts, call } = creation;
  for (let retries = 0; ; retries++) {
    const result = await testOnce(creation, connection);
    if (result.ok) return result;
    const hasTime = parts.clock.now() + retryEveryMs < call.deadlineAt - reserveMs;
    if (!isPassing(result, connection) || retries >= mostRetries || !hasTime) {
      return withRoleHint(result, creation, connection);
    }
    await delay(retryEveryMs, call.signal);
  }
}

async function testOnce({ scope, parts, call }: Creation, { endpoint }: MadeConnection): Promise<Verification> {
  try {
    return await parts.endpoints.test(scope, endpoint, {}, call);
  } catch (error) {
    if (call.signal.aborted || !(error instanceof AppError)) throw error;
    return failedTest(error);
  }
}

/** Without a new role, waiting does not help against a missing role or resource. */
function isPassing({ status }: Verification, { isFresh, identity }: MadeConnection): boolean {
  if (status === 'badRequest') return false;
  return status === 'forbidden' || status === 'notFound' ? identity.hasNewRole === true : isFresh;
}

/** Which role is missing, whose, and where. */
function withRoleHint(result: Verification, { plan }: Creation, { identity }: MadeConnection): Verification {
  if (result.status !== 'forbidden') return result;
  const scope = scopeOf(plan.target);
  const { clientId, principalId } = identity;
  const whose =
    principalId === undefined
      ? clientId === undefined
        ? 'the identity of the connection'
        : `the service principal of the app ${quoted(clientId)}`
      : `the principal ${quoted(principalId)}`;
  const hint = identity.hasNewRole
    ? `Its role Contributor at ${scope} was just assigned and can take ten minutes: verify again then.`
    : `Give ${whose} a role at ${scope}: Reader to pass the test, Contributor to deploy. A new assignment can take ten minutes.`;
  return { ...result, hint };
}
