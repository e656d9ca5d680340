import type { CallContext } from '../../base/call-context.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { describeEndpoint } from '../describe-endpoint.ts';
import { type Endpoint, federationOf } from '../endpoint.ts';
import type { ServiceConnection, Verification } from '../service-connection.ts';
import { failedTest } from '../test-result.ts';
import { scopeOf } from './build-endpoint.ts';
import type { Creation, MadeConnection } from './creation.ts';
import { canBeResumed } from './ensure-endpoint.ts';
import { requireOwnFederation } from './federation.ts';

/** Tests the connection and, only when it works, hands it to the pipelines. */
export async function putToUse(creation: Creation, connection: MadeConnection): Promise<ServiceConnection> {
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
  const federation = federationOf(endpoint);
  if (federation !== undefined) requireOwnFederation(creation, endpoint.id, federation, identity.tenantId);
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

/** A new federated credential is known everywhere after about a minute. */
const retryEveryMs = 10_000;
const mostRetries = 6;
/** Of a call's time, for what comes after the test. */
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

/** Without a new role, waiting helps neither against a missing one nor to find what is not there. */
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
        : `the service principal of the app ${clientId}`
      : `the principal ${principalId}`;
  const hint = identity.hasNewRole
    ? `Its role Contributor at ${scope} was assigned a moment ago and can need ten minutes: verify again then.`
    : `Give ${whose} a role at ${scope}: Reader to pass the test, Contributor to deploy. A new assignment can need ten minutes.`;
  return { ...result, hint };
}
