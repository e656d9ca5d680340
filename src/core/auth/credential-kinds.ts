import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { TokenCredentialOptions } from '@azure/identity';
import { shownText } from '../base/clean-text.ts';
import type { Clock } from '../base/clock.ts';
import { builtInClouds, type Cloud, isSameAudience, tokenAudience } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { DeviceCodePrompt } from '../http/token-source.ts';
import type { AuthType, ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import { fetchFederatedToken, type PlatformContext } from './federated-token.ts';
import { exchangeCredential, type SignedInCaller } from './on-behalf-of.ts';
import { isPersonalAccessToken, readClaims } from './token-claims.ts';

/** What a credential is made of. The identity library itself is loaded by the kinds that need it. */
export interface CredentialContext extends PlatformContext {
  readonly clock: Clock;
  /** Transport with host check; for the requests that a kind makes on its own as well. */
  readonly httpClient: HttpClient;
  /** Fetches the federated token once per sign-in, and keeps our own failure, which the library would wrap. */
  readonly oncePerSignIn: (fetch: () => Promise<Secret>) => Promise<Secret>;
  /** Who calls, for kinds that sign in as their caller. */
  readonly caller: SignedInCaller | undefined;
  readonly onDeviceCode: ((prompt: DeviceCodePrompt) => void) | undefined;
}

/** A kind of sign-in. */
interface CredentialKind {
  create(context: CredentialContext): Promise<TokenCredential>;
  /** Whether it signs in as the caller: then no credential and no token serves two of them. */
  readonly isOfCaller?: true;
  /** Whether a new credential may replace it at any time, which forgets the tokens that the library cached. */
  readonly isRenewable: boolean;
}

export const credentialKinds: Readonly<Record<AuthType, CredentialKind>> = {
  azure: { create: clientSecret, isRenewable: true },
  certificate: { create: certificate, isRenewable: true },
  workload_identity: { create: workloadIdentity, isRenewable: true },
  managed_identity: { create: managedIdentity, isRenewable: true },
  azure_cli: { create: azureCli, isRenewable: false },
  device_code: { create: deviceCode, isRenewable: false },
  bearer: { create: bearer, isRenewable: false },
  on_behalf_of: { create: onBehalfOf, isOfCaller: true, isRenewable: true },
  default: { create: defaultChain, isRenewable: false },
};

/**
 * The library would read the variables for proxies by itself, refuse the forms that it does not know, and choose an agent
 * that our transport replaces.
 */
const unusedProxy = { host: 'http://localhost', port: 80 };

/** Options of the identity library that all kinds share: our transport, the cloud's authority, no retries of its own. */
function sharedOptions({
  cloud,
  httpClient,
}: Pick<CredentialContext, 'cloud' | 'httpClient'>): TokenCredentialOptions & { disableInstanceDiscovery: boolean } {
  return {
    httpClient,
    authorityHost: cloud.login.replace(/^http:/, 'https:'),
    // Microsoft's discovery knows Microsoft's hosts only.
    disableInstanceDiscovery: !Object.hasOwn(builtInClouds, cloud.name),
    retryOptions: { maxRetries: 0 },
    proxyOptions: unusedProxy,
  };
}

/** Tenant and app, which a complete connection has. */
function tenantAndClient({ identity }: ConnectionRecord): { tenantId: string; clientId: string } {
  return { tenantId: identity.tenant_id ?? '', clientId: identity.client_id ?? '' };
}

/** An app with a client secret. */
async function clientSecret(context: CredentialContext): Promise<TokenCredential> {
  const secret = await context.readSecret('client_secret');
  const { ClientSecretCredential } = await import('@azure/identity');
  const { tenantId, clientId } = tenantAndClient(context.record);
  return new ClientSecretCredential(tenantId, clientId, secret.reveal(), sharedOptions(context));
}

/** An app with a certificate; the PEM holds private key and certificate. */
async function certificate(context: CredentialContext): Promise<TokenCredential> {
  const pem = await context.readSecret('certificate');
  const { ClientCertificateCredential } = await import('@azure/identity');
  const { tenantId, clientId } = tenantAndClient(context.record);
  return new ClientCertificateCredential(tenantId, clientId, { certificate: pem.reveal() }, sharedOptions(context));
}

/** An app that trusts a token of another issuer, which is fetched again for every sign-in. */
async function workloadIdentity(context: CredentialContext): Promise<TokenCredential> {
  const { ClientAssertionCredential } = await import('@azure/identity');
  const { tenantId, clientId } = tenantAndClient(context.record);
  const assertion = async () => (await context.oncePerSignIn(() => fetchFederatedToken(context))).reveal();
  return new ClientAssertionCredential(tenantId, clientId, assertion, sharedOptions(context));
}

/** The identity of the Azure resource that Tenantry runs on; `client_id` picks a user-assigned one. */
async function managedIdentity({ record, cloud, platformClient }: CredentialContext): Promise<TokenCredential> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  const options = sharedOptions({ cloud, httpClient: platformClient });
  const { client_id: clientId } = record.identity;
  return clientId === undefined
    ? new ManagedIdentityCredential(options)
    : new ManagedIdentityCredential({ ...options, clientId });
}

/** The person who is signed in with `az login` on this machine. */
async function azureCli({ record }: CredentialContext): Promise<TokenCredential> {
  const { AzureCliCredential } = await import('@azure/identity');
  const { tenant_id: tenantId, subscription_id: subscription } = record.identity;
  return new AzureCliCredential({
    // The first start of the CLI takes seconds.
    processTimeoutInMs: 30_000,
    // It takes one of the two: a subscription implies its tenant.
    ...withoutUndefined(tenantId === undefined ? { subscription } : { tenantId }),
  });
}

/** A person signs in on another device. Tokens stay in memory only, so every start of Tenantry asks once. */
async function deviceCode(context: CredentialContext): Promise<TokenCredential> {
  const { onDeviceCode } = context;
  if (onDeviceCode === undefined) {
    throw new AppError('configuration', 'A device code can only be shown where a person sees it.', {
      hint: 'Use this connection from a terminal, or create one with another auth_type.',
    });
  }
  const { DeviceCodeCredential } = await import('@azure/identity');
  /** Whoever shows a code that is not entered yet. */
  let waiting: ((isSignedIn: boolean) => void)[] = [];
  const settle = (isSignedIn: boolean) => {
    for (const tell of waiting) tell(isSignedIn);
    waiting = [];
  };
  const credential = new DeviceCodeCredential({
    ...sharedOptions(context),
    ...tenantAndClient(context.record),
    userPromptCallback({ message, userCode, verificationUri }) {
      const { promise: signedIn, resolve } = Promise.withResolvers<boolean>();
      waiting.push(resolve);
      onDeviceCode({
        message: shownText(message),
        userCode,
        verificationUri,
        connection: context.record.name,
        owner: context.record.owner,
        signedIn,
      });
    },
  });
  return {
    async getToken(scopes, options) {
      try {
        const token = await credential.getToken(scopes, options);
        settle(true);
        return token;
      } catch (error) {
        settle(false);
        throw error;
      }
    },
  };
}

/** An app that acts for the person who calls. */
async function onBehalfOf(context: CredentialContext): Promise<TokenCredential> {
  const { record, caller, cloud } = context;
  if (caller === undefined) throw new Error('A sign-in on behalf of a caller has one.');
  const tokenEndpoint = `${new URL(cloud.login).origin}/${record.identity.tenant_id}/oauth2/v2.0/token`;
  return exchangeCredential({ ...context, caller, tokenEndpoint, options: sharedOptions(context) });
}

/** The first ambient credential that works, in the order of DefaultAzureCredential. */
async function defaultChain({ record, cloud, platformClient }: CredentialContext): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const { tenant_id: tenantId, client_id: managedIdentityClientId } = record.identity;
  return new DefaultAzureCredential({
    ...sharedOptions({ cloud, httpClient: platformClient }),
    ...withoutUndefined({ tenantId, managedIdentityClientId }),
  });
}

/** A token that does not say when it expires is read again after this long; the service decides anyway. */
const assumedLifeMs = 10 * 60_000;

/** A token that somebody else obtained. It is for one audience and cannot be renewed. */
async function bearer({ record, cloud, clock, readSecret }: CredentialContext): Promise<TokenCredential> {
  return {
    async getToken(scopes) {
      const token = (await readSecret('token')).reveal();
      const claims = readClaims(token);
      const wanted = (typeof scopes === 'string' ? scopes : (scopes[0] ?? '')).replace(/\/\.default$/, '');
      if (claims === undefined) checkPersonalAccessToken(token, wanted, record, cloud);
      if (claims?.audience !== undefined && !isFor(claims.audience, wanted, cloud)) {
        throw new AppError(
          'configuration',
          `The token of connection ${record.name} is for ${quoted(claims.audience)}, not for ${wanted}.`,
          {
            hint: 'A bearer connection works with one service: supply a token for this one, or use another auth_type.',
          },
        );
      }
      if (claims?.expiresAt !== undefined && claims.expiresAt <= clock.now()) {
        throw new AppError('unauthenticated', `The token of connection ${record.name} has expired.`, {
          hint: 'Supply a new token with complete_connection.',
        });
      }
      const leftMs = claims?.expiresAt === undefined ? assumedLifeMs : claims.expiresAt - clock.now();
      // Like the other kinds, by the system's clock.
      return { token, expiresOnTimestamp: Date.now() + leftMs };
    },
  };
}

/** A personal access token does not say what it is for, so this check keeps it from every other service. */
function checkPersonalAccessToken(token: string, wanted: string, record: ConnectionRecord, cloud: Cloud): void {
  if (wanted !== tokenAudience(cloud, 'devops') && isPersonalAccessToken(token, record)) {
    throw new AppError(
      'configuration',
      `The connection ${record.name} has a personal access token of Azure DevOps, which is not sent to ${wanted}.`,
      { hint: 'Use it for Azure DevOps alone, with the scope devops; for other services use another connection.' },
    );
  }
}

/** Tokens carry the address of their service or its application id; those of Azure DevOps its id only. */
function isFor(audience: string, wanted: string, cloud: Cloud): boolean {
  const devops = tokenAudience(cloud, 'devops');
  const isOfDevOps = audience === devops || wanted === devops;
  return (isGuid(audience) && !isOfDevOps) || isSameAudience(audience, wanted);
}
