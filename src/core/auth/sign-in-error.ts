import { AppError, cancelled } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { AuthType } from '../record/connection.ts';
import { deviceCodeErrors, type SignInErrorMeaning, signInErrors } from './aadsts.ts';
import type { SignInRefusal, WireLog } from './sign-in-client.ts';
import type { AssertionClaims } from './token-claims.ts';

export interface SignInErrorContext {
  readonly connection: string;
  readonly authType: AuthType;
  readonly log: WireLog;
  /** The federated token that was refused, where one was sent. */
  readonly federation?: FederationFacts | undefined;
}

/**
 * Turns an error of the identity library into one that says what to do. Its own message and the error itself are left
 * out: they may hold parts of the request.
 */
export function toSignInError(error: unknown, context: SignInErrorContext): AppError {
  const { log } = context;
  if (log.signal.aborted) return cancelled();
  if (error instanceof AppError) return error;
  if (log.failure !== undefined) return log.failure;
  if (log.refusal !== undefined) return refusalError(log.refusal, context);
  return localError(error, context);
}

function refusalError(refusal: SignInRefusal, context: SignInErrorContext): AppError {
  const { connection, authType, federation } = context;
  const number = refusal.codes.find((code) => signInErrors[code] !== undefined) ?? refusal.codes[0];
  const explained = federation === undefined ? undefined : explainFederation(number, federation);
  const known = explained ?? meaningOf(refusal, number);
  const transient = refusal.status === 429 || refusal.status >= 500;
  const code =
    refusal.status === 429 ? 'throttled' : transient ? 'upstream_unavailable' : (known?.code ?? 'unauthenticated');
  const named = safeName(number === undefined ? (refusal.error ?? `HTTP ${refusal.status}`) : `AADSTS${number}`);
  const message =
    transient && number === undefined && refusal.error === undefined
      ? `${whoAnswered(authType)} answered ${refusal.status} to the sign-in of connection ${connection}.`
      : refusedMessage({ named, number, meaning: known?.meaning }, context);
  return new AppError(code, message, {
    hint: known?.hint ?? unknownHint(refusal, authType),
    status: refusal.status,
    retryable: transient || known?.retryable === true,
    ...withoutUndefined({ retryAfterMs: refusal.retryAfterMs }),
    upstream: withoutUndefined({
      code: named,
      requestId: refusal.traceId === undefined ? undefined : safeName(refusal.traceId),
      detail: descriptionOf(refusal),
    }),
  });
}

function whoAnswered(authType: AuthType): string {
  return authType === 'managed_identity' ? 'The managed identity endpoint' : 'Microsoft Entra';
}

interface RefusedAs {
  readonly named: string;
  readonly number: number | undefined;
  readonly meaning: string | undefined;
}

function refusedMessage({ named, number, meaning }: RefusedAs, { connection, authType }: SignInErrorContext): string {
  if (authType === 'managed_identity' && number === undefined) {
    return `The managed identity endpoint refused a token for connection ${connection} (${quoted(named)}).`;
  }
  const shownCode = number === undefined ? quoted(named) : named;
  return `Microsoft Entra refused the sign-in of connection ${connection}: ${shownCode}${meaning === undefined ? '' : `, ${meaning}`}.`;
}

function meaningOf(refusal: SignInRefusal, number: number | undefined): SignInErrorMeaning | undefined {
  return number === undefined ? deviceCodeErrors[refusal.error ?? ''] : signInErrors[number];
}

function unknownHint(refusal: SignInRefusal, authType: AuthType): string {
  if (refusal.status === 429 || refusal.status >= 500) return 'The sign-in service is busy: wait and try again.';
  if (authType === 'managed_identity') {
    return 'Assign a managed identity to this machine (and pass its client_id when it is a user-assigned one).';
  }
  return 'Look the code up at https://login.microsoftonline.com/error and correct the connection with complete_connection.';
}

/** The service's first sentence about a known code: documented text with ids, without trace information. */
function descriptionOf({ description, codes }: SignInRefusal): string | undefined {
  if (description === undefined || codes.length === 0) return undefined;
  const text = description.split(/\s*(?:\r?\n|Trace ID:)/)[0] ?? '';
  return text.replace(/[^\x20-\x7e]/g, ' ').slice(0, 500);
}

/** Identifiers only, since the text came over the wire. */
function safeName(text: string): string {
  return text.replace(/[^A-Za-z0-9 ._-]/g, '').slice(0, 100);
}

/** The library gave up without a request: something is missing on this machine. */
function localError(error: unknown, { connection, authType }: SignInErrorContext): AppError {
  const name = error instanceof Error ? error.name : '';
  const text = error instanceof Error ? error.message : '';
  switch (authType) {
    case 'azure_cli':
      return /not found|not be found|installed/i.test(text)
        ? new AppError('configuration', 'The Azure CLI (az) was not found on this machine.', {
            hint: 'Install it from https://aka.ms/azure-cli, or use another auth_type.',
          })
        : new AppError('unauthenticated', `The Azure CLI has no token for connection ${connection}.`, {
            hint: 'Run az login (with --tenant for another tenant) as the user that runs Tenantry.',
          });
    case 'managed_identity':
      return new AppError('configuration', 'No managed identity can be used on this machine.', {
        hint: 'Run Tenantry on an Azure resource with a managed identity, or use another auth_type.',
      });
    case 'default':
      return new AppError('unauthenticated', 'None of the ambient credentials of this machine gave a token.', {
        hint: 'Set AZURE_TENANT_ID, AZURE_CLIENT_ID and a credential, run az login, or use another auth_type.',
      });
    default:
      return new AppError(
        'unauthenticated',
        `The sign-in of connection ${connection} gave no token (${safeName(name) || 'Error'}).`,
        {
          hint: 'Run validate_connection for the details, and correct the connection with complete_connection.',
        },
      );
  }
}

/** What is known about a refused sign-in with a federated token. */
export interface FederationFacts {
  readonly claims: AssertionClaims;
  /** What the app trusts since the connection was converted. */
  readonly expected: { readonly issuer: string; readonly subject: string; readonly audience: string } | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

interface FederationHint {
  /** Where the code means something else for a federated token. */
  readonly meaning?: string;
  hint(facts: FederationFacts): string;
}

const adapt =
  'supply the token of the right workload with complete_connection, or add a federated credential with exactly this value to the app (Certificates & secrets > Federated credentials); a new one takes minutes to work.';

/**
 * How a refused federated token is explained, by AADSTS number. Only identifiers are shown, nothing that would let anyone
 * sign in.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
 */
const federationHints: Readonly<Record<number, FederationHint>> = {
  70021: { hint: (facts) => `The token has ${allOf(facts.claims)}${differenceOf(facts)}: ${adapt}` },
  700211: {
    hint: ({ claims: { issuer }, expected }) =>
      `The token has the issuer ${quoted(issuer)}${insteadOf(issuer, expected?.issuer)}: ${adapt}`,
  },
  700212: { hint: audienceHint },
  7002138: { hint: audienceHint },
  700213: { hint: subjectHint },
  7002137: { hint: subjectHint },
  70025: {
    hint: ({ claims }) =>
      `Call convert_connection, or add one to the app (Certificates & secrets > Federated credentials) with ${allOf(claims)}; a new one takes minutes to work.`,
  },
  700024: {
    meaning: 'the federated token is not valid at this time',
    hint: ({ claims, now }) =>
      `It is valid from ${shown(claims.validFrom)} to ${shown(claims.expiresAt)}, and this machine has ${shown(now)}: check the clocks of this machine and of the issuer, and that the token is still being renewed.`,
  },
  700027: {
    meaning: 'the signature of the federated token is not valid',
    hint: ({ claims: { issuer, keyId } }) =>
      `It does not match the key that ${quoted(issuer)} publishes${keyId === undefined ? '' : ` as ${quoted(keyId)}`}: fetch the token again and pass it whole, or let the issuer publish the key that it signs with.`,
  },
  7000272: {
    meaning: 'the issuer does not publish the key that signed the federated token',
    hint: ({ claims: { issuer, keyId } }) =>
      `${quoted(issuer)} does not publish ${keyId === undefined ? 'it' : `the key ${quoted(keyId)}`}: fetch a token that was signed with a current key, or wait until the issuer publishes the new one.`,
  },
  5002738: {
    meaning: 'the federated token is signed in a way that is not accepted',
    hint: ({ claims: { issuer, algorithm } }) =>
      `Its algorithm is ${quoted(algorithm)}: let ${quoted(issuer)} sign with RS256.`,
  },
  50166: {
    hint: ({ claims: { issuer } }) =>
      `${wellKnownOf(issuer)} must be public, name ${quoted(issuer)} as issuer, and lead to the keys.`,
  },
  700223: { hint: policyHint },
  700238: { hint: policyHint },
};

/** The meaning of a code, and a hint that names the value that differs. */
export function explainFederation(code: number | undefined, facts: FederationFacts): SignInErrorMeaning | undefined {
  if (code === undefined) return undefined;
  const told = federationHints[code];
  const meaning = told?.meaning ?? signInErrors[code]?.meaning;
  return told === undefined || meaning === undefined ? undefined : { meaning, hint: told.hint(facts) };
}

function audienceHint({ claims, expected }: FederationFacts): string {
  const wanted = expected?.audience;
  const instead = claims.audiences.includes(wanted ?? '') ? '' : insteadOf(undefined, wanted);
  return `The token has the audience ${audienceOf(claims)}${instead}: ask its issuer for ${quoted(wanted ?? 'api://AzureADTokenExchange')}, or ${adapt}`;
}

function subjectHint({ claims: { subject }, expected }: FederationFacts): string {
  return `The token has the subject ${quoted(subject)}${insteadOf(subject, expected?.subject)}: ${adapt}`;
}

function policyHint({ claims: { issuer } }: FederationFacts): string {
  return `Ask the administrator of the tenant to allow workload identity federation with ${quoted(issuer)}.`;
}

function insteadOf(actual: string | undefined, expected: string | undefined): string {
  return expected === undefined || expected === actual ? '' : `, the connection was converted with ${quoted(expected)}`;
}

function differenceOf({ claims, expected }: FederationFacts): string {
  if (expected === undefined) return '';
  const parts = [
    ...(claims.issuer === expected.issuer ? [] : [`issuer ${quoted(expected.issuer)}`]),
    ...(claims.subject === expected.subject ? [] : [`subject ${quoted(expected.subject)}`]),
    ...(claims.audiences.includes(expected.audience) ? [] : [`audience ${quoted(expected.audience)}`]),
  ];
  return parts.length === 0 ? '' : `, the connection was converted with ${parts.join(', ')}`;
}

function allOf(claims: AssertionClaims): string {
  return `issuer ${quoted(claims.issuer)}, subject ${quoted(claims.subject)} and audience ${audienceOf(claims)}`;
}

function audienceOf({ audiences }: AssertionClaims): string {
  return audiences.length === 0
    ? '(none)'
    : audiences
        .slice(0, 3)
        .map((one) => quoted(one))
        .join(' ');
}

function shown(time: number | undefined): string {
  return time === undefined ? 'an unknown time' : new Date(time).toISOString();
}

function wellKnownOf(issuer: string | undefined): string {
  return quoted(`${(issuer ?? '').replace(/\/$/, '')}/.well-known/openid-configuration`);
}
