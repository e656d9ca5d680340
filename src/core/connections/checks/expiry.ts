import { z } from 'zod';
import { counted } from '../../base/counted.ts';
import type { CheckResult, SecretInfo } from '../../record/connection.ts';
import { type CheckContext, failureLine, linesOf, type ValidationCheck } from './check.ts';

const check = 'expiry';
const { pass, warn, fail, skip } = linesOf(check);
const dayMs = 86_400_000;
const warnBelowDays = 30;

const applicationsSchema = z.object({
  value: z.array(
    z.object({
      passwordCredentials: z
        .array(z.object({ hint: z.string().nullish(), endDateTime: z.string().nullish() }))
        .nullish(),
    }),
  ),
});

/** When the secret, certificate or token of the connection ends. */
export const expiryCheck: ValidationCheck = {
  name: check,
  async run(context) {
    const secret = context.record.secrets[0];
    if (secret === undefined) return [skip('This kind of sign-in has no secret of ours that could expire.')];
    if (secret.expiresAt !== undefined && secret.field !== 'client_secret') {
      return [judge(secret, secret.expiresAt, context.clock.now())];
    }
    if (secret.field !== 'client_secret') return [skip(`The ${secret.field} does not say when it expires.`)];
    return [await askDirectory(secret, context)];
  },
};

/** A client secret does not tell its end, but the app registration does, if the app may read it. */
async function askDirectory(secret: SecretInfo, context: CheckContext): Promise<CheckResult> {
  const { connection, record, call, findings, clock } = context;
  if (!findings.tokens.has('graph') || record.identity.client_id === undefined) {
    return skip('Without access to Microsoft Graph the expiry date of the client secret is unknown.');
  }
  try {
    const response = await connection.graph.send(
      {
        method: 'GET',
        path: '/applications',
        params: { $filter: `appId eq '${record.identity.client_id}'`, $select: 'id,passwordCredentials' },
        expectedStatuses: [403],
      },
      call,
    );
    if (response.status === 403) {
      return skip(
        'The app may not read its own registration, so the expiry date of the client secret is unknown.',
        'Grant Application.Read.All to have it checked, or note the date from Certificates & secrets.',
      );
    }
    const prefix = (await context.readSecret('client_secret')).reveal().slice(0, 3);
    const expiresAt = earliestEnd(response.body, prefix);
    if (expiresAt === undefined) {
      return skip('The app registration is in another tenant or lists no secret that begins like this one.');
    }
    findings.secretExpiry.set('client_secret', expiresAt);
    return judge(secret, expiresAt, clock.now());
  } catch (error) {
    return failureLine(check, error, 'warn');
  }
}

/** Entra shows the first three letters of each secret; of several with the same beginning, the first to end counts. */
function earliestEnd(body: unknown, prefix: string): string | undefined {
  const credentials =
    applicationsSchema.safeParse(body).data?.value.flatMap((app) => app.passwordCredentials ?? []) ?? [];
  const ends = credentials
    .filter(({ hint }) => hint === prefix)
    .map(({ endDateTime }) => Date.parse(endDateTime ?? ''))
    .filter((end) => !Number.isNaN(end));
  return ends.length === 0 ? undefined : new Date(Math.min(...ends)).toISOString();
}

function judge({ field }: SecretInfo, expiresAt: string, now: number): CheckResult {
  const days = Math.floor((Date.parse(expiresAt) - now) / dayMs);
  const detail = `The ${field} ends on ${expiresAt.slice(0, 10)} (${days < 0 ? 'in the past' : `in ${counted(days, 'day')}`}).`;
  const hint = `Create a new ${field} and supply it with complete_connection; the old one stays until the new one is validated.`;
  if (Date.parse(expiresAt) <= now) return fail(detail, hint);
  // A bearer token lives for an hour or so by design.
  const isShortLived = field === 'token' || field === 'federated_token';
  return days < warnBelowDays && !isShortLived ? warn(detail, hint) : pass(detail);
}
