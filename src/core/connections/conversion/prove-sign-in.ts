import { readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import type { CallContext } from '../../call-context.ts';
import { tokenAudience } from '../../clouds.ts';
import { delay } from '../../delay.ts';
import { AppError } from '../../errors.ts';
import type { OpenConnection } from '../../open-connection.ts';
import type { Secret } from '../../secret.ts';
import type { SecretInfo } from '../connection.ts';
import type { ConversionContext } from './conversion-context.ts';
import { federatedRecord } from './find-token.ts';

/** A credential that was just made is not known everywhere for a while: less than two minutes, as a rule. */
const pausesMs = [2_000, 3_000, 5_000, 10_000, 15_000, 20_000, 30_000, 30_000];

/** What the authority answers as long as it does not know the credential. */
const notKnownYet = new Set(
  ['70021', '70025', '700211', '700212', '700213', '7002137', '7002138'].map((n) => `AADSTS${n}`),
);

/** What is left of the deadline is needed to take the credential back. */
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
  for (let attempt = 0; ; attempt++) {
    try {
      const token = await options.trial.getToken(record, async () => secret, request);
      const present = await tokens.getToken(request);
      requireSameApp(readClaims(present.token), readClaims(token.token));
      return;
    } catch (error) {
      const pauseMs = patience && isNotKnownYet(error) ? pausesMs[attempt] : undefined;
      if (pauseMs === undefined || options.clock.now() + pauseMs + reserveMs > call.deadlineAt) {
        throw error;
      }
      call.progress({ progress: 2 + attempt / 100, message: 'waiting until the federated credential is known' });
      await delay(pauseMs, call.signal);
    }
  }
}

function isNotKnownYet(error: unknown): boolean {
  return error instanceof AppError && notKnownYet.has(error.upstream?.code ?? '');
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
