import type { SecretReader } from '../auth/secret-reader.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { LinkedServices } from '../linked-services/linked-service.ts';
import {
  actsForCaller,
  type CheckResult,
  type ConnectionRecord,
  type Health,
  type SecretInfo,
} from '../record/connection.ts';
import { missingOf } from '../record/requirements.ts';
import { selectChecks } from './checks/all-checks.ts';
import { type CheckContext, type CheckFindings, linesOf } from './checks/check.ts';
import type { ConnectionOpener } from './connection-service.ts';

export interface ValidateOptions {
  readonly opener: ConnectionOpener;
  readonly readSecret: SecretReader;
  readonly clock: Clock;
  /** Loaded when a connection has linked services to probe. */
  readonly linkedServices: LinkedServices;
  /** Gets each line as soon as it is known. */
  readonly onLine?: (line: CheckResult) => void;
}

/** Lines that are not checks of their own but follow from the other lines of the run. */
const ownNames: ReadonlySet<string> = new Set(['rotation', 'conversion']);

/** What a run of checks found about one state of a connection. */
export interface CheckRun {
  readonly lines: readonly CheckResult[];
  /** The current secret gave a token for the right tenant and app: the previous one is no longer needed. */
  readonly proven: boolean;
  readonly findings: CheckFindings;
}

/** Runs the checks in their order. A connection that is not complete fails at once, without a request. */
export async function runChecks(
  record: ConnectionRecord,
  names: readonly string[] | undefined,
  options: ValidateOptions,
  call: CallContext,
): Promise<CheckRun> {
  const selected = selectChecks(names);
  const findings: CheckFindings = { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() };
  if (record.status !== 'ready') {
    // The line about a faulty declaration already says what to do.
    const isExplained = record.origin === 'declared' && record.checks.some(({ status }) => status === 'fail');
    const lines = isExplained ? record.checks : [...record.checks, incompleteLine(record)];
    return { lines, proven: false, findings };
  }
  const context: CheckContext = {
    record,
    connection: await options.opener.open(record, call.caller),
    call,
    clock: options.clock,
    readSecret: (field) => options.readSecret(record, field),
    findings,
    linkedServices: options.linkedServices,
  };
  const lines: CheckResult[] = [];
  for (const [index, check] of selected.entries()) {
    call.progress({ progress: index + 1, total: selected.length, message: check.name });
    const found = await check.run(context);
    lines.push(...found);
    if (options.onLine !== undefined) found.forEach(options.onLine);
  }
  const proven = isProven(lines, findings);
  const ways = proven ? [] : [...rotationLines(record, lines, findings), ...conversionLines(record, findings)];
  if (options.onLine !== undefined) ways.forEach(options.onLine);
  return { lines: [...lines, ...ways], proven, findings };
}

/** The record with the outcome of a validation. `now` is ISO 8601. */
export function applyValidation(record: ConnectionRecord, run: CheckRun, now: string): ConnectionRecord {
  const lines = keptLines(record, run);
  const ran = new Set(lines.map(({ check }) => baseName(check)));
  const checks = [
    ...record.checks.filter(({ check }) => !ran.has(baseName(check)) && !ownNames.has(baseName(check))),
    ...lines,
  ];
  const { previousIdentity, ...rest } = record;
  return {
    ...rest,
    ...(run.proven || previousIdentity === undefined ? {} : { previousIdentity }),
    secrets: record.secrets.map((secret) => withFindings(secret, run, now)),
    previousSecrets: run.proven ? [] : record.previousSecrets,
    checks,
    ...withoutUndefined({ tenantName: run.findings.tenantName }),
    health: healthOf(checks),
    validatedAt: now,
    updatedAt: now,
  };
}

/** Checks whose outcome is the same for every caller. */
const ofTheConnection: ReadonlySet<string> = new Set(['declaration', 'complete', 'expiry', ...ownNames]);

/**
 * What is kept of a run for all who see the connection. One that acts for its caller shows that person's consents, roles
 * and refusals, which are for them alone: kept is what is true whoever calls.
 */
function keptLines(record: ConnectionRecord, { lines, proven, findings }: CheckRun): readonly CheckResult[] {
  if (!actsForCaller(record)) return lines;
  const { pass } = linesOf('token');
  const own = lines.filter(({ check }) => ofTheConnection.has(baseName(check)));
  if (proven) {
    return [pass('The app gets tokens for the people who call. What each of them may is checked for them.'), ...own];
  }
  return findings.refusedApp === undefined ? own : [{ ...findings.refusedApp, check: 'token' }, ...own];
}

/** Whether two states of a record have the same identity and secrets: then a validation of one holds for the other. */
export function isSameSubstance(a: ConnectionRecord, b: ConnectionRecord): boolean {
  const substance = ({ id, identity, secrets, previousSecrets }: ConnectionRecord) =>
    JSON.stringify([
      id,
      Object.entries(identity).sort(),
      secrets.map(({ ref }) => ref),
      previousSecrets.map(({ ref }) => ref),
    ]);
  return substance(a) === substance(b);
}

/** Worst line wins: a failure makes it failing, a warning degraded. */
export function healthOf(lines: readonly CheckResult[]): Health {
  if (lines.some(({ status }) => status === 'fail')) return 'failing';
  if (lines.some(({ status }) => status === 'warn')) return 'degraded';
  return lines.some(({ status }) => status === 'pass') ? 'healthy' : 'unknown';
}

function isProven(lines: readonly CheckResult[], findings: CheckFindings): boolean {
  const gotToken = lines.some(({ check, status }) => baseName(check) === 'token' && status === 'pass');
  const isOther = lines.some(({ check, status }) => check === 'identity' && status === 'fail');
  // A service that is missing in the tenant says nothing about the secret as long as another one accepts it.
  const isRefusedByService = findings.credentialRefused && findings.tokens.size === 0;
  const graphRefused =
    lines.some(({ check, status }) => check === 'clock' && status === 'fail') && findings.credentialRefused;
  return gotToken && !isOther && !isRefusedByService && !graphRefused;
}

function rotationLines(
  record: ConnectionRecord,
  lines: readonly CheckResult[],
  findings: CheckFindings,
): readonly CheckResult[] {
  const [previous] = record.previousSecrets;
  const current = record.secrets.find(({ field }) => field === previous?.field);
  const isOther = lines.some(({ check, status }) => check === 'identity' && status === 'fail');
  if (previous === undefined || !(findings.credentialRefused || isOther)) return [];
  return [
    linesOf('rotation').fail(
      `The new ${previous.field} (fingerprint ${current?.fingerprint ?? 'none'}) does not work; the one before it (fingerprint ${previous.fingerprint}) is kept.`,
      `Go back with complete_connection and ${previous.field}: {"previous": true}, or supply a corrected one.`,
    ),
  ];
}

/** A federated sign-in fails while the secret from before the conversion is still kept. */
function conversionLines({ conversion }: ConnectionRecord, findings: CheckFindings): readonly CheckResult[] {
  if (conversion === undefined || conversion.closed !== undefined || !findings.credentialRefused) return [];
  return [
    linesOf('conversion').fail(
      `The federated sign-in does not work; the earlier ${conversion.secrets.map(({ field }) => field).join(', ')} is kept until ${conversion.revertUntil}.`,
      'Go back with convert_connection and revert: true, or correct what the token check says.',
    ),
  ];
}

function incompleteLine(record: ConnectionRecord): CheckResult {
  const missing = missingOf(record);
  return linesOf('complete').fail(
    `The connection is not complete${missing.length === 0 ? '' : `: ${missing.join(', ')} missing`}.`,
    record.origin === 'declared'
      ? 'Provide what its declaration in tenantry.yaml refers to, and start Tenantry again.'
      : `Call complete_connection${missing.length === 0 ? '' : ` with ${missing.join(', ')}`}.`,
  );
}

function withFindings(secret: SecretInfo, run: CheckRun, now: string): SecretInfo {
  const expiresAt = run.findings.secretExpiry.get(secret.field) ?? secret.expiresAt;
  return { ...secret, ...withoutUndefined({ expiresAt }), ...(run.proven ? { validatedAt: now } : {}) };
}

function baseName(check: string): string {
  return check.split('.')[0] ?? check;
}
