import { type Entity, isReplicated } from '../base/entity-store.ts';
import { percentDecode } from '../base/read-request.ts';
import type { SandboxContext } from '../base/service.ts';
import { type ClientRequest, checkAssertion, checkFederated, decodeAssertion } from './client-assertion.ts';
import { clientSecretOf } from './client-secret.ts';
import type { TokenSubject } from './issue-token.ts';
import { invalidClient, missingParameter, OAuthError } from './oauth-error.ts';

/** The app of a token request: it exists, is enabled, and is authenticated. */
export async function authenticateClient(client: ClientRequest, needsProof: boolean): Promise<TokenSubject> {
  const { form, request, context, tenantName } = client;
  const basic = basicCredentials(request.headers['authorization']);
  const clientId = form.get('client_id') ?? basic?.id;
  if (!clientId) throw missingParameter('client_id');
  const application = context.store.findByKey('application', 'appId', clientId);
  const identity = application ? undefined : context.store.findByKey('servicePrincipal', 'appId', clientId);
  if (identity?.['servicePrincipalType'] === 'ManagedIdentity') {
    return authenticateIdentity(identity, client, needsProof);
  }
  if (!application || !isReplicated(application, context)) throw unknownApplication(clientId, tenantName);
  const displayName = String(application['displayName'] ?? '');
  const servicePrincipal = context.store.findByKey('servicePrincipal', 'appId', clientId);
  if (servicePrincipal?.['accountEnabled'] === false || application['disabledByMicrosoftStatus']) {
    throw new OAuthError(7000112, 'unauthorized_client', `Application '${clientId}'(${displayName}) is disabled.`);
  }
  const proof = await proofOf(client, application, basic?.secret);
  if (proof === 0 && needsProof) throw noProof(form.get('grant_type'));
  if (proof === 0 && application['isFallbackPublicClient'] !== true) throw noProof('public');
  const subject = { appId: String(application['appId']), displayName, proof };
  return servicePrincipal && isReplicated(servicePrincipal, context) ? { ...subject, servicePrincipal } : subject;
}

async function proofOf(
  client: ClientRequest,
  application: Entity,
  basicSecret: string | undefined,
): Promise<0 | 1 | 2> {
  const { form, context } = client;
  const secret = form.get('client_secret') ?? basicSecret;
  const assertion = assertionOf(form);
  if (assertion !== undefined) {
    await checkAssertion(assertion, application, client);
    return 2;
  }
  if (secret === undefined || secret === '') return 0;
  checkSecret(secret, application, context);
  return 1;
}

function assertionOf(form: ReadonlyMap<string, string>): string | undefined {
  const assertion = form.get('client_assertion');
  if (assertion === undefined) return undefined;
  if (form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return assertion;
  throw missingParameter('client_assertion_type');
}

/**
 * A user-assigned identity has no secret or certificate, so it needs a token that one of its federated credentials
 * trusts. Source: "Configure a user-assigned managed identity to trust an external identity provider".
 */
async function authenticateIdentity(
  servicePrincipal: Entity,
  client: ClientRequest,
  needsProof: boolean,
): Promise<TokenSubject> {
  const { form, context, tenantName } = client;
  const appId = String(servicePrincipal['appId']);
  const displayName = String(servicePrincipal['displayName']);
  const trusts = client.identityCredentials(appId);
  if (!trusts || !isReplicated(servicePrincipal, context)) throw unknownApplication(appId, tenantName);
  const assertion = assertionOf(form);
  if (assertion === undefined) throw noProof(needsProof ? form.get('grant_type') : 'public');
  await checkFederated(decodeAssertion(assertion), trusts, client, `'${appId}'(${displayName})`);
  return { appId, displayName, servicePrincipal, proof: 2 };
}

function checkSecret(secret: string, application: Entity, context: SandboxContext): void {
  const credentials = Array.isArray(application['passwordCredentials']) ? application['passwordCredentials'] : [];
  const matching = credentials.filter(
    (one: Readonly<Record<string, unknown>>) =>
      secret === one['secretText'] || secret === clientSecretOf(String(one['keyId'])),
  );
  const appId = String(application['appId']);
  if (matching.length === 0) {
    throw invalidClient(
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
    );
  }
  const now = context.clock.now();
  const isLive = (one: Readonly<Record<string, unknown>>) =>
    one['endDateTime'] === undefined || Date.parse(String(one['endDateTime'])) > now;
  if (!matching.some(isLive)) {
    throw invalidClient(
      7000222,
      `The provided client secret keys for app '${appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    );
  }
}

/** HTTP Basic with both parts URL-encoded (RFC 6749, section 2.3.1). */
function basicCredentials(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^Basic (.+)$/i.exec(header ?? '')?.[1];
  if (!encoded) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  const decode = (part: string) => percentDecode(part.replaceAll('+', ' '), () => part);
  return { id: decode(text.slice(0, at)), secret: decode(text.slice(at + 1)) };
}

function unknownApplication(clientId: string, tenantName: string): OAuthError {
  return new OAuthError(
    700016,
    'unauthorized_client',
    `Application with identifier '${clientId}' was not found in the directory '${tenantName}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
  );
}

function noProof(grantType: string | undefined): OAuthError {
  if (grantType === 'client_credentials') {
    return invalidClient(
      7000216,
      `'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.`,
    );
  }
  return invalidClient(
    7000218,
    `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`,
  );
}
