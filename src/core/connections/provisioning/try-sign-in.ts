import { readAssertion, readClaims } from '../../auth/token-claims.ts';
import { type TokenService, tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { untilSettled } from '../../identities/directory.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { type FederationTrust, notTrustedCodes } from '../conversion/federation-trust.ts';
import type { Provisioning } from './provisioning.ts';

/** What the authority answers while it does not know an app or its credential yet. */
const notKnownYet: ReadonlySet<string> = new Set([
  'AADSTS700016',
  'AADSTS7000215',
  'AADSTS7000229',
  ...notTrustedCodes,
]);

export interface SignIn {
  /** Undefined for an app with a secret. */
  readonly trust: FederationTrust | undefined;
  /** Object id of the service principal. */
  readonly principalId: string;
  /** Whether the caller said where its federated tokens come from. */
  readonly hasToken: boolean;
}

/**
 * Gets a token with the finished connection, which takes up to two minutes for an app that was just made. If no token
 * of the trusted issuer is available there is nothing to try, and a note says so.
 */
export async function trySignIn(record: ConnectionRecord, signIn: SignIn, work: Provisioning): Promise<void> {
  const { options, call } = work;
  if (signIn.trust !== undefined && !signIn.hasToken && !(await hasFittingToken(record, signIn.trust, work))) return;
  const { tokens, cloud } = await options.opener.open(record, call.caller);
  const audience = tokenAudience(cloud, serviceOf(record));
  let fresh = false;
  const attempt = async () => {
    const { token } = await tokens.getToken({ audience, caller: call.caller, signal: call.signal, fresh });
    fresh = true;
    requirePrincipal(record, readClaims(token)?.objectId, signIn.principalId);
  };
  await untilSettled(attempt, {
    clock: options.clock,
    call,
    isPassing: (error) => error instanceof WithoutPrincipal || notKnownYet.has(error.upstream?.code ?? ''),
    note: 'The sign-in service did not know the new identity at once: the sign-in was repeated.',
  });
}

/** A token for an app whose principal is not known yet: it has no roles, and would be cached for an hour. */
class WithoutPrincipal extends AppError {}

function requirePrincipal({ name }: ConnectionRecord, objectId: string | undefined, wanted: string): void {
  if (objectId !== wanted.toLowerCase()) {
    throw new WithoutPrincipal(
      'unauthenticated',
      `The tokens of ${name} are not in the name of its service principal yet.`,
      {
        hint: 'Wait a few minutes: the sign-in service learns of new principals with a delay.',
        retryable: true,
      },
    );
  }
}

/** Whether the platform provides tokens that the app trusts. */
async function hasFittingToken(
  record: ConnectionRecord,
  trust: FederationTrust,
  { options, call }: Provisioning,
): Promise<boolean> {
  try {
    const token = await options.trial.fetchPlatformToken(record, call.signal);
    const claims = readAssertion(token.reveal());
    if (claims?.issuer === trust.issuer && claims.subject === trust.subject) return true;
    call.note('The federated token of this machine is of another workload: the sign-in was not tried here.');
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled' || call.signal.aborted) throw error;
    call.note('There is no federated token of the trusted issuer on this machine: the sign-in was not tried here.');
  }
  return false;
}

function serviceOf({ scopes }: ConnectionRecord): TokenService {
  if (scopes.includes('directory')) return 'graph';
  return scopes.every((scope) => scope === 'devops') ? 'devops' : 'resource_manager';
}
