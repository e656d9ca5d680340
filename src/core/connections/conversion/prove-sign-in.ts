import { readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import { tokenAudience } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { untilSettled } from '../../identities/settling.ts';
import type { SecretInfo } from '../../record/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { OpenConnection } from '../open-connection.ts';
import type { ConversionContext } from './conversion-context.ts';
import { federatedRecord } from './find-token.ts';

/** What the authority answers where it knows no such credential: at all, or because it is new. */
const notTrusted = new Set(
  ['70021', '70025', '700211', '700212', '700213', '7002137', '7002138'].map((n) => `AADSTS${n}`),
);

/** New credentials are known everywhere within this time, as a rule. */
const longestWaitMs = 120_000;
const reserveMs = 10_000;

/**
 * Signs in with the federated token as the record will, and checks that it is the same app in the same tenant as now.
 * With `patience` it is tried again while the credential may be too new.
 */
export async function proveSignIn(
  connection: OpenConnection,
  secret: Secret,
  patience: boolean,
  context: ConversionContext,
  call: CallContext,
): Promise<void> {
  const { cloud, tokens } = connection;
  const audience = tokenAudience(cloud, 'graph');
  const { options } = context;
  const placeholder: SecretInfo = {
    field: 'federated_token',
    ref: 'trial',
    fingerprint: secret.fingerprint,
    storedAt: new Date(options.clock.now()).toISOString(),
    source: 'file',
  };
  const record = federatedRecord(connection.record, [placeholder]);
  const request = { audience, signal: call.signal };
  const attempt = async () => {
    const token = await options.trial.getToken(record, async () => secret, request);
    const present = await tokens.getToken(request);
    requireSameApp(readClaims(present.token), readClaims(token.token));
  };
  if (!patience) return attempt();
  // What is left of the deadline is needed to take the credential back.
  const longestMs = Math.min(longestWaitMs, call.deadlineAt - options.clock.now() - reserveMs);
  const note = 'A federated credential that was just made is not known everywhere yet: waited for it.';
  return untilSettled(attempt, { clock: options.clock, call, isPassing: isNotTrusted, note, longestMs });
}

/** Whether the app does not trust the token, or not yet. */
export function isNotTrusted({ upstream }: AppError): boolean {
  return notTrusted.has(upstream?.code ?? '');
}

function requireSameApp(present: TokenClaims | undefined, federated: TokenClaims | undefined): void {
  const isOther = (['tenantId', 'clientId'] as const).some(
    (claim) =>
      present?.[claim] !== undefined && federated?.[claim] !== undefined && present[claim] !== federated[claim],
  );
  if (isOther) {
    throw new AppError(
      'refused',
      `The federated token signs in as app ${federated?.clientId} of tenant ${federated?.tenantId} instead of app ${present?.clientId} of tenant ${present?.tenantId}.`,
      { hint: 'Use the token of the workload that is to be this connection’s app.' },
    );
  }
}
