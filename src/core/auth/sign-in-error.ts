import { AppError, cancelled } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { AuthType } from '../record/connection.ts';
import { deviceCodeErrors, type SignInErrorMeaning, signInErrors } from './aadsts.ts';
import { explainFederation, type FederationFacts } from './federation-refusal.ts';
import { type ActingApp, explainExchange } from './on-behalf-of-errors.ts';
import type { SignInRefusal, WireLog } from './sign-in-client.ts';

export interface SignInErrorContext {
  readonly connection: string;
  readonly authType: AuthType;
  readonly log: WireLog;
  /** The federated token that was refused, where one was sent. */
  readonly federation?: FederationFacts | undefined;
  /** The app, where it acts for its caller: then the caller is who was refused. */
  readonly acting?: ActingApp | undefined;
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
  const { connection, authType, federation, acting } = context;
  const number = refusal.codes.find((code) => signInErrors[code] !== undefined) ?? refusal.codes[0];
  const said = descriptionOf(refusal);
  const explained = federation === undefined ? undefined : explainFederation(number, { ...federation, said });
  const known = explained ?? (acting && explainExchange(number, acting)) ?? meaningOf(refusal, number);
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
    ...withoutUndefined({
      retryAfterMs: refusal.retryAfterMs,
      // Claims are for who can sign in again: the caller, where the app acts for them.
      claims: acting === undefined ? undefined : refusal.claims,
    }),
    upstream: withoutUndefined({
      code: named,
      requestId: refusal.traceId === undefined ? undefined : safeName(refusal.traceId),
      detail: said,
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
