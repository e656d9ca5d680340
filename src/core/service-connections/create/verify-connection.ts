import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import type { Verification } from '../service-connection.ts';
import { scopeOf } from './connection-plan.ts';
import type { Creation, MadeConnection } from './creation.ts';

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
    const { code, message, hint } = error;
    return { ok: false, status: code, message, ...(hint === undefined ? {} : { hint }) };
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
