import type { CallContext } from '../../base/call-context.ts';
import type { Clock } from '../../base/clock.ts';
import type { TokenService } from '../../base/clouds.ts';
import { AppError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { AccessToken } from '../../http/token-source.ts';
import type { LinkedServices } from '../../linked-services/linked-service.ts';
import type { CheckResult, ConnectionRecord, SecretField } from '../../record/connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { OpenConnection } from '../connection-service.ts';

/** What earlier checks found for later ones. One per validation. */
export interface CheckFindings {
  readonly tokens: Map<TokenService, AccessToken>;
  /** A service or the authority refused the credential itself. */
  credentialRefused: boolean;
  /** The line that says so, where the connection acts for its caller: it is about the app, whoever calls. */
  refusedApp?: CheckResult;
  /** When a secret ends according to the directory, ISO 8601. */
  readonly secretExpiry: Map<SecretField, string>;
  /** Id and primary domain of the tenant. */
  tenantName?: ConnectionRecord['tenantName'] | undefined;
}

export interface CheckContext {
  readonly record: ConnectionRecord;
  readonly connection: OpenConnection;
  readonly call: CallContext;
  readonly clock: Clock;
  readonly readSecret: (field: SecretField) => Promise<Secret>;
  readonly findings: CheckFindings;
  readonly linkedServices: LinkedServices;
}

/** One question that a validation asks about a connection. */
export interface ValidationCheck {
  /** Name for `checks` and the beginning of its lines' names. */
  readonly name: string;
  /** Usually one line; none when the question does not arise. Failures of the service become lines, not exceptions. */
  run(context: CheckContext): Promise<readonly CheckResult[]>;
}

/** A failure as a line of the validation. Cancellation and unexpected errors are thrown on. */
export function failureLine(check: string, error: unknown, status: 'fail' | 'warn' = 'fail'): CheckResult {
  if (!(error instanceof AppError) || error.code === 'cancelled' || error.code === 'timeout') throw error;
  return withoutUndefined({ check, status, detail: error.message, hint: error.hint });
}

/** A question that could not be asked, with the reason. */
export function skipLine(check: string, detail: string, hint?: string): CheckResult {
  return linesOf(check).skip(detail, hint);
}

/** Makes the lines of one check. */
export function linesOf(check: string) {
  const lineOf =
    (status: CheckResult['status']) =>
    (detail: string, hint?: string): CheckResult =>
      withoutUndefined({ check, status, detail, hint });
  return { pass: lineOf('pass'), warn: lineOf('warn'), fail: lineOf('fail'), skip: lineOf('skip') };
}
