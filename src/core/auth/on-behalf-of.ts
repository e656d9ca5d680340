import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';
import type { TokenCredentialOptions } from '@azure/identity';
import type { Caller } from '../base/caller.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { ConnectionRecord, SecretField } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import { readClaims } from './token-claims.ts';

/** Whose token is exchanged; what is not proven to be a person is refused before anything is sent. */
export type SignedInCaller = Caller & { readonly assertion: { reveal(): string } };

/**
 * The caller of a connection that signs in as its caller. Throws `configuration` for who has not signed in, and
 * `unsupported` for an app.
 */
export function requireSignedIn({ name }: Pick<ConnectionRecord, 'name'>, caller: Caller | undefined): SignedInCaller {
  if (!isSignedIn(caller)) {
    throw new AppError(
      'configuration',
      `The connection ${name} acts for people who sign in to Tenantry over HTTP (on_behalf_of), and nobody has signed in here.`,
      {
        hint: 'Call it through a Tenantry server with sign-in (http.sign_in in tenantry.yaml); on this machine use a connection with another auth_type, such as device_code or azure_cli.',
      },
    );
  }
  if (readClaims(caller.assertion.reveal())?.isPerson === false) {
    throw new AppError('unsupported', `The connection ${name} acts for people, and an app is calling.`, {
      hint: 'Use a connection with auth_type azure, certificate or workload_identity, or let a person sign in to this client.',
    });
  }
  return caller;
}

/** Throws `unauthenticated` for a sign-in that cannot be exchanged any more, as that of a call which went on for long. */
export function requireCurrent({ name }: Pick<ConnectionRecord, 'name'>, caller: SignedInCaller, clock: Clock): void {
  const expiresAt = readClaims(caller.assertion.reveal())?.expiresAt;
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    throw new AppError(
      'unauthenticated',
      `The sign-in of this call has expired, and the connection ${name} cannot act with it any longer.`,
      {
        hint: 'Sign in again, then look at what has been done before calling again: work in the background keeps the sign-in of its call.',
      },
    );
  }
}

function isSignedIn(caller: Caller | undefined): caller is SignedInCaller {
  return caller?.assertion !== undefined;
}

export interface ExchangeContext {
  readonly record: ConnectionRecord;
  readonly clock: Clock;
  readonly readSecret: (field: SecretField) => Promise<Secret>;
  readonly oncePerSignIn: (fetch: () => Promise<Secret>) => Promise<Secret>;
  readonly caller: SignedInCaller;
  /** Of the tenant, where assertions are sent to. */
  readonly tokenEndpoint: string;
  /** Options that all kinds of sign-in share. */
  readonly options: TokenCredentialOptions;
}

/**
 * Exchanges the token that the caller has signed in with for one of the service that is asked. Made for one exchange: the
 * library keeps the tokens of a credential, and these belong to one person.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
export async function exchangeCredential(context: ExchangeContext): Promise<TokenCredential> {
  const { record, caller, options } = context;
  const { OnBehalfOfCredential } = await import('@azure/identity');
  const { tenant_id: tenantId = '', client_id: clientId = '' } = record.identity;
  const shared = { ...options, tenantId, clientId, userAssertionToken: caller.assertion.reveal() };
  const field = provingField(record);
  if (field === 'client_secret') {
    return new OnBehalfOfCredential({ ...shared, clientSecret: (await context.readSecret(field)).reveal() });
  }
  if (field === 'certificate') {
    const pem = await context.readSecret(field);
    // The library reads certificates from files alone, and a key is not written to one.
    return new OnBehalfOfCredential({ ...shared, getAssertion: async () => signAssertion(pem, clientId, context) });
  }
  const getAssertion = async () => (await context.oncePerSignIn(() => context.readSecret(field))).reveal();
  return new OnBehalfOfCredential({ ...shared, getAssertion });
}

/** With several, the newest, since it was supplied to be used. Of the same age, the one that is hardest to copy. */
function provingField({ secrets }: ConnectionRecord): SecretField {
  const byStrength: readonly SecretField[] = ['certificate', 'federated_token', 'client_secret'];
  const [newest] = secrets
    .filter(({ field }) => byStrength.includes(field))
    .toSorted(
      (a, b) =>
        Date.parse(b.storedAt) - Date.parse(a.storedAt) || byStrength.indexOf(a.field) - byStrength.indexOf(b.field),
    );
  return newest?.field ?? 'client_secret';
}

const assertionLifeMs = 600_000;

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
async function signAssertion(pem: Secret, clientId: string, { tokenEndpoint, clock }: ExchangeContext) {
  const { SignJWT } = await import('jose');
  const certificate = new X509Certificate(pem.reveal());
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const now = clock.now();
  return new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .setAudience(tokenEndpoint)
    .setIssuer(clientId)
    .setSubject(clientId)
    .setNotBefore(new Date(now))
    .setExpirationTime(new Date(now + assertionLifeMs))
    .sign(createPrivateKey(pem.reveal()));
}
