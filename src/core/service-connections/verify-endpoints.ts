import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Endpoint, Endpoints, ProjectScope } from './endpoints.ts';
import type { Verification } from './service-connection.ts';

export interface VerificationParts {
  readonly endpoints: Endpoints;
  readonly clock: Clock;
}

/** The service signs in and asks Azure for each; it takes few of these at once. */
const testsAtOnce = 4;

/** No test is begun with less time left, so that the answer arrives with those that were made. */
const leastTimeMs = 15_000;

/**
 * The service's own test of each connection, with progress. A test that cannot be made is told in its place; those that
 * the time of the call does not suffice for are left out, and a note says so.
 */
export async function verifyEndpoints(
  scope: ProjectScope,
  tested: readonly Endpoint[],
  { endpoints, clock }: VerificationParts,
  call: CallContext,
): Promise<ReadonlyMap<string, Verification>> {
  const results = new Map<string, Verification>();
  const waiting = tested.values();
  const work = async () => {
    for (const endpoint of waiting) {
      if (call.signal.aborted || clock.now() > call.deadlineAt - leastTimeMs) return;
      const result = await verify(scope, endpoint, endpoints, call);
      if (result === undefined) return;
      results.set(endpoint.id, result);
      const message = `${endpoint.name}: ${result.status}`;
      call.progress({ progress: results.size, total: tested.length, message });
    }
  };
  await Promise.all(Array.from({ length: Math.min(testsAtOnce, tested.length) }, work));
  if (results.size < tested.length) {
    call.note(
      `The time of the call was up after ${results.size} of ${tested.length} tests: verify the others by id or name.`,
    );
  }
  return results;
}

/** Undefined when the call is over. */
async function verify(
  scope: ProjectScope,
  endpoint: Endpoint,
  endpoints: Endpoints,
  call: CallContext,
): Promise<Verification | undefined> {
  if (endpoint.type.toLowerCase() !== 'azurerm') {
    return { ok: false, status: 'unsupported', message: `There is no test for the type ${endpoint.type}.` };
  }
  try {
    return await endpoints.test(scope, endpoint, {}, call);
  } catch (error) {
    if (call.signal.aborted) return undefined;
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    return { ok: false, status: code, message, ...(hint === undefined ? {} : { hint }) };
  }
}
