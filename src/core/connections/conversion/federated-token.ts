import { exchangeAudience } from '../../auth/federated-token.ts';
import { type AssertionClaims, readAssertion } from '../../auth/token-claims.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Cloud } from '../../base/clouds.ts';
import { AppError, invalidArgument } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { ConnectionRecord, SecretInfo } from '../../record/connection.ts';
import type { SecretArgument } from '../../record/declared-connection.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { ConvertConnection } from '../connection-service.ts';
import { type ResolvedSecret, resolveSecretArguments } from '../secret-arguments.ts';
import type { ConversionContext } from './conversion-context.ts';
import type { FederationTrust } from './federation-trust.ts';
import { requireFederation } from './issuers.ts';

/** A federated token at hand, and how the connection will get the next one. */
export interface FoundToken {
  readonly secret: Secret;
  readonly claims: RequiredClaims;
  /** Secrets to store; none when the platform provides the token. */
  readonly toStore: readonly ResolvedSecret[];
}

/** Claims without which Entra takes no token. */
export interface RequiredClaims extends AssertionClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly expiresAt: number;
}

/** The record as it will sign in; its secrets are placeholders of the token at hand. */
export function federatedRecord(record: ConnectionRecord, secrets: readonly SecretInfo[]): ConnectionRecord {
  const { conversion: _conversion, ...rest } = record;
  return { ...rest, auth_type: 'workload_identity', secrets, previousSecrets: [] };
}

/** Reads the token of the caller, or that of the platform. Sends nothing to the tenant. */
export async function findToken(
  record: ConnectionRecord,
  argument: SecretArgument | undefined,
  context: ConversionContext,
): Promise<FoundToken> {
  const { options, call } = context;
  if (argument === undefined) {
    const secret = await options.trial.fetchPlatformToken(federatedRecord(record, []), call.signal);
    return { secret, claims: requireClaims(secret, options.clock.now()), toStore: [] };
  }
  const { secrets } = await resolveSecretArguments(
    federatedRecord(record, []),
    { secrets: { federated_token: argument } },
    options,
    call,
  );
  const [resolved] = secrets;
  if (resolved === undefined || resolved.kind === 'previous') {
    throw invalidArgument(
      'federated_token has no previous value.',
      'Pass {"file": "/absolute/path"} or {"env": "NAME"}.',
    );
  }
  const secret = resolved.kind === 'material' ? resolved.secret : await readLive(resolved.info, context);
  const claims = requireClaims(secret, options.clock.now());
  if (resolved.kind === 'material') {
    call.note(
      `The federated token is stored as it is and ends at ${new Date(claims.expiresAt).toISOString()}: supply it as {"file": …} so that it is read again at every sign-in.`,
    );
  }
  return { secret, claims, toStore: [resolved] };
}

async function readLive(info: SecretInfo, { options }: ConversionContext): Promise<Secret> {
  const reference = options.references.parse(info.ref);
  if (reference === undefined) throw new Error('A token that is read at every use has a reference.');
  return options.references.resolve(reference);
}

function requireClaims(secret: Secret, now: number): RequiredClaims {
  const claims = readAssertion(secret.reveal());
  const { issuer, subject, expiresAt, audiences } = claims ?? { audiences: [] };
  if (claims === undefined || issuer === undefined || subject === undefined || audiences.length === 0) {
    const missing = [
      ...(issuer === undefined ? ['iss'] : []),
      ...(subject === undefined ? ['sub'] : []),
      ...(audiences.length === 0 ? ['aud'] : []),
    ];
    throw unusable(
      claims === undefined
        ? 'The federated token is not a JSON Web Token.'
        : `The federated token has no ${missing.join(', ')}.`,
      'Supply the ID token that the issuer makes for token exchange, whole and without the word Bearer.',
    );
  }
  if (expiresAt === undefined || expiresAt <= now) {
    throw unusable(
      expiresAt === undefined
        ? 'The federated token does not say when it ends (exp).'
        : `The federated token of ${quoted(issuer)} ended at ${new Date(expiresAt).toISOString()}.`,
      'Supply a token that is still valid; check the clock of this machine if it should be.',
    );
  }
  return { ...claims, issuer, subject, expiresAt };
}

function unusable(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint, detail: { field: 'federated_token' } });
}

interface Difference {
  readonly field: keyof FederationTrust;
  readonly wanted: string;
  readonly token: string;
}

type Wanted = Pick<ConvertConnection, 'issuer' | 'subject' | 'audience'>;

/** Refuses values of the caller that no token can match. Needs no token. */
export function checkWanted(wanted: Wanted, cloud: Cloud, call: CallContext): void {
  if (wanted.issuer !== undefined && wanted.subject !== undefined) {
    const trust = {
      issuer: wanted.issuer,
      subject: wanted.subject,
      audience: wanted.audience ?? exchangeAudience(cloud),
    };
    requireFederation(trust, call.note);
  }
}

/**
 * The trust to give the app: what the caller named, otherwise what the token says. Refuses a token with other values,
 * and names them.
 */
export function readTrust(wanted: Wanted, claims: RequiredClaims, cloud: Cloud, call: CallContext): FederationTrust {
  const trust: FederationTrust = {
    issuer: wanted.issuer ?? claims.issuer,
    subject: wanted.subject ?? claims.subject,
    audience: wanted.audience ?? exchangeAudience(cloud),
  };
  const differences: Difference[] = [
    ...differing('issuer', trust.issuer, [claims.issuer]),
    ...differing('subject', trust.subject, [claims.subject]),
    ...differing('audience', trust.audience, claims.audiences),
  ];
  if (differences.length > 0) throw mismatch(differences);
  const taken = [
    ...(wanted.issuer === undefined ? [`issuer ${quoted(trust.issuer)}`] : []),
    ...(wanted.subject === undefined ? [`subject ${quoted(trust.subject)}`] : []),
  ];
  if (taken.length > 0) {
    call.note(`Taken from the federated token: ${taken.join(', ')}.`);
    // The values come from the issuer itself: only what the directory would refuse is a mistake.
    requireFederation(trust, call.note, { formsAreSure: false });
  }
  return trust;
}

function differing(field: keyof FederationTrust, wanted: string, present: readonly string[]): Difference[] {
  return present.includes(wanted) ? [] : [{ field, wanted, token: present.slice(0, 3).join(' ') }];
}

function mismatch(differences: readonly Difference[]): AppError {
  const named = differences.map(
    ({ field, wanted, token }) => `${field} ${quoted(token)} instead of ${quoted(wanted)}${nuanceOf(wanted, token)}`,
  );
  const isAudience = differences.every(({ field }) => field === 'audience');
  return new AppError('invalid_argument', `The federated token does not fit: it has ${named.join(', ')}.`, {
    hint: isAudience
      ? `Ask the issuer for a token with the audience ${quoted(differences[0]?.wanted)}, or pass the audience of the token.`
      : 'Pass the values of the token, or a token of the workload that the values are for; Entra compares them letter by letter.',
    detail: { field: differences[0]?.field, differences },
  });
}

/** Differences that are easy to overlook. */
function nuanceOf(wanted: string, token: string): string {
  if (wanted.replace(/\/$/, '') === token.replace(/\/$/, '')) return ' (the slash at the end counts)';
  return wanted.toLowerCase() === token.toLowerCase() ? ' (upper and lower case count)' : '';
}
