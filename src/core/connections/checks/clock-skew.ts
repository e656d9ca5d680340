import { readClaims } from '../../auth/token-claims.ts';
import type { ApiResponse } from '../../http/api-client.ts';
import type { CheckResult } from '../../record/connection.ts';
import type { CheckContext, ValidationCheck } from './check.ts';
import { failureLine, skipLine } from './check-lines.ts';

/** Entra and the services accept a difference of about five minutes; certificates and federation suffer first. */
const failAboveMs = 5 * 60_000;
const warnAboveMs = 60_000;

/** Compares this machine's clock with the service's `Date`, and learns whether Graph takes the token at all. */
export const clockCheck: ValidationCheck = {
  name: 'clock',
  async run(context) {
    const graphToken = context.findings.tokens.get('graph');
    if (graphToken !== undefined) return [await compareWithGraph(context)];
    const [token] = context.findings.tokens.values();
    const issuedAt = token === undefined ? undefined : readClaims(token.token)?.issuedAt;
    return [
      issuedAt === undefined
        ? skipLine('clock', 'No service was reached whose time could be compared.')
        : // Entra dates tokens back by up to five minutes, so only a token from the future says something.
          judge(Math.min(0, context.clock.now() - issuedAt)),
    ];
  },
};

async function compareWithGraph({ connection, call, clock, findings }: CheckContext): Promise<CheckResult> {
  try {
    const before = clock.now();
    const response: ApiResponse = await connection.graph.send(
      // Any answer has a date; what the app may read does not matter here.
      { method: 'GET', path: '/organization', params: { $select: 'id' }, expectedStatuses: [403, 404] },
      call,
    );
    const theirs = Date.parse(response.headers['date'] ?? '');
    const ours = (before + clock.now()) / 2;
    return Number.isNaN(theirs) ? skipLine('clock', 'The service sent no date.') : judge(ours - theirs);
  } catch (error) {
    const line = failureLine('clock', error);
    findings.credentialRefused ||= error instanceof Error && 'code' in error && error.code === 'unauthenticated';
    return { ...line, detail: `Microsoft Graph did not answer as expected: ${line.detail}` };
  }
}

function judge(skewMs: number): CheckResult {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const detail = `The clock of this machine is ${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} the service.`;
  const status = Math.abs(skewMs) > failAboveMs ? 'fail' : Math.abs(skewMs) > warnAboveMs ? 'warn' : 'pass';
  return status === 'pass'
    ? { check: 'clock', status, detail: `The clock of this machine agrees with the service (${seconds} s apart).` }
    : {
        check: 'clock',
        status,
        detail,
        hint: 'Switch on time synchronisation (timedatectl set-ntp true, or w32tm /resync).',
      };
}
