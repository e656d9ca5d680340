import { checkAccessToken } from '../base/access-token.ts';
import type { SandboxContext, SandboxRequest } from '../base/service.ts';
import type { DevOpsCaller } from './devops-call.ts';
import { HtmlAnswer, unauthorized } from './devops-error.ts';
import { type DevOpsStore, identityOf } from './devops-store.ts';

/** Application id of Azure DevOps: the audience of its tokens. */
const devopsAudience = '499b84ac-1321-427f-aa17-267ca6975798';

export const signInTitle = 'Azure DevOps Services | Sign In';

interface Credentials {
  readonly objectId: string;
  readonly appId: string;
  readonly kind: 'app' | 'user';
  readonly scopes?: readonly string[];
}

/** A request that is not authenticated yet. */
interface Attempt {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly store: DevOpsStore;
}

/**
 * The caller behind an Entra token or a personal access token. An invalid token is answered with the sign-in page; a
 * principal that is not a member of the organization is refused. Source: "Authenticate to Azure DevOps".
 */
export async function authenticate(
  request: SandboxRequest,
  context: SandboxContext,
  store: DevOpsStore,
): Promise<DevOpsCaller> {
  const credentials = await readCredentials({ request, context, store });
  const member = store.members.get(credentials.objectId);
  const identity = identityOf(credentials.objectId, context.store);
  if (!member) {
    const name = identity.displayName || credentials.appId || credentials.objectId;
    throw unauthorized(name);
  }
  return { ...credentials, role: member.role, identity };
}

async function readCredentials(attempt: Attempt): Promise<Credentials> {
  const { request, context, store } = attempt;
  const header = request.headers['authorization'];
  if (header === undefined || header === '') throw signInAnswer('missing', attempt);
  const [, scheme = '', value = ''] = /^(\S+)\s+(\S+)$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'basic') {
    const text = Buffer.from(value, 'base64').toString('utf8');
    return fromAccessToken(text.slice(text.indexOf(':') + 1), attempt);
  }
  if (scheme.toLowerCase() !== 'bearer') throw signInAnswer('invalid', attempt);
  // The access token of a pipeline job is not an Entra token.
  const isJobToken = /\/oidctoken$/i.test(request.rawPath) && store.accessTokens.some(({ token }) => token === value);
  if (isJobToken) return fromAccessToken(value, attempt);
  const check = await checkAccessToken(value, [devopsAudience, request.base], context);
  if (!check.ok || check.claims.oid === undefined) throw signInAnswer('invalid', attempt);
  const { oid, appid, idtyp } = check.claims;
  return { objectId: oid, appId: appid, kind: idtyp };
}

function fromAccessToken(token: string, attempt: Attempt): Credentials {
  const { context, store } = attempt;
  const found = store.accessTokens.findLast((one) => one.token === token);
  if (!found || token === '') throw signInAnswer('rejected', attempt);
  if (context.clock.now() >= found.expires) throw signInAnswer('expired', attempt);
  const { objectId, scopes } = found;
  const kind = context.store.get('servicePrincipal', objectId) ? 'app' : 'user';
  return { objectId, appId: '', kind, ...(scopes.length > 0 ? { scopes } : {}) };
}

/**
 * Browsers are sent to the sign-in page: 302 without a credential, 203 with an invalid token. A refused personal access
 * token, or `X-TFS-FedAuthRedirect: Suppress`, results in 401.
 */
function signInAnswer(
  problem: 'missing' | 'invalid' | 'rejected' | 'expired',
  { request, context, store }: Attempt,
): HtmlAnswer {
  const placed = Number(store.setting('signInPage')?.['status'] ?? 0);
  const isSuppressed = request.headers['x-tfs-fedauthredirect']?.toLowerCase() === 'suppress';
  const usual = { missing: 302, invalid: 203, rejected: 401, expired: 401 }[problem];
  const status = isSuppressed ? 401 : placed || usual;
  const signIn = `${request.base}/_signin?realm=dev.azure.com&reply_to=${encodeURIComponent(`${request.base}${request.rawPath}`)}`;
  if (status === 302) return new HtmlAnswer(302, 'Object moved', { location: signIn });
  if (status !== 401) return new HtmlAnswer(status, signInTitle);
  const authority = `${context.addressOf(request, 'login')}/${context.tenant.id}`;
  const title =
    problem === 'expired'
      ? 'Access Denied: The Personal Access Token used has expired.'
      : 'Access Denied: You are not signed in, or the credential is not valid.';
  return new HtmlAnswer(401, title, {
    'www-authenticate': `Bearer authorization_uri=${authority}, Basic realm="${request.base}/", TFS-Federated`,
    'x-tfs-fedauthrealm': `${request.base}/`,
    'x-tfs-fedauthissuer': signIn,
  });
}
