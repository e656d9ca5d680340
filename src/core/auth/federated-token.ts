import { readFile } from 'node:fs/promises';
import { AppError } from '../base/errors.ts';
import { Secret } from '../secrets/secret.ts';
import type { CredentialContext } from './credential.ts';
import { exchangeAudience } from './exchange-audience.ts';

/**
 * The external token of a workload identity: the connection's own when there is one, else that of the platform
 * (Kubernetes file, GitHub Actions, Azure Pipelines). Fetched at every sign-in, since platforms renew it.
 */
export async function fetchFederatedToken(context: CredentialContext): Promise<Secret> {
  const { record, environment } = context;
  if (record.secrets.some(({ field }) => field === 'federated_token')) return context.readSecret('federated_token');
  const file = environment('AZURE_FEDERATED_TOKEN_FILE');
  if (file !== undefined) return readTokenFile(file);
  if (environment('ACTIONS_ID_TOKEN_REQUEST_URL') !== undefined) return fetchGitHubToken(context);
  if (environment('SYSTEM_OIDCREQUESTURI') !== undefined) return fetchPipelinesToken(context);
  throw new AppError(
    'configuration',
    `The connection ${record.name} has no federated token, and this machine offers none.`,
    {
      hint: 'Supply federated_token as {"file": …} or {"env": …}, or run where AZURE_FEDERATED_TOKEN_FILE, GitHub Actions (permissions: id-token: write) or Azure Pipelines give one.',
    },
  );
}

async function readTokenFile(file: string): Promise<Secret> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.trim() === '') {
    throw new AppError(
      'configuration',
      `The token file ${file} (AZURE_FEDERATED_TOKEN_FILE) is empty or cannot be read.`,
      {
        hint: 'Check that the workload identity webhook has mounted the token into this container.',
      },
    );
  }
  return new Secret(text.trim());
}

/** https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect */
async function fetchGitHubToken(context: CredentialContext): Promise<Secret> {
  const { environment, cloud } = context;
  const url = new URL(platformUrl(environment('ACTIONS_ID_TOKEN_REQUEST_URL')));
  url.searchParams.set('audience', exchangeAudience(cloud));
  return requestToken(context, {
    platform: 'GitHub Actions',
    method: 'GET',
    url: url.href,
    token: environment('ACTIONS_ID_TOKEN_REQUEST_TOKEN'),
    tokenVariable: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    member: 'value',
  });
}

/** https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create */
async function fetchPipelinesToken(context: CredentialContext): Promise<Secret> {
  const { environment } = context;
  const url = new URL(platformUrl(environment('SYSTEM_OIDCREQUESTURI')));
  url.searchParams.set('api-version', '7.1');
  const serviceConnection = environment('AZURESUBSCRIPTION_SERVICE_CONNECTION_ID');
  if (serviceConnection !== undefined) url.searchParams.set('serviceConnectionId', serviceConnection);
  return requestToken(context, {
    platform: 'Azure Pipelines',
    method: 'POST',
    url: url.href,
    token: environment('SYSTEM_ACCESSTOKEN'),
    tokenVariable: 'SYSTEM_ACCESSTOKEN',
    member: 'oidcToken',
  });
}

interface TokenEndpoint {
  readonly platform: string;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly token: string | undefined;
  readonly tokenVariable: string;
  /** Name of the token in the answer. */
  readonly member: string;
}

async function requestToken(context: CredentialContext, endpoint: TokenEndpoint): Promise<Secret> {
  if (endpoint.token === undefined) {
    throw new AppError('configuration', `${endpoint.platform} did not pass ${endpoint.tokenVariable} to Tenantry.`, {
      hint: `Pass ${endpoint.tokenVariable} to the step that runs Tenantry.`,
    });
  }
  const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
  const request = createPipelineRequest({
    url: endpoint.url,
    method: endpoint.method,
    allowInsecureConnection: new URL(endpoint.url).protocol === 'http:',
    headers: createHttpHeaders({
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${endpoint.token}`,
      // Asks for 401 instead of a redirect to a sign-in page.
      'x-tfs-fedauthredirect': 'Suppress',
    }),
    ...(endpoint.method === 'POST' ? { body: '{}' } : {}),
  });
  const response = await context.platformClient.sendRequest(request);
  const token = response.status === 200 ? memberOf(response.bodyAsText, endpoint.member) : undefined;
  if (token === undefined) {
    throw new AppError(
      'unauthenticated',
      `${endpoint.platform} gave no token for federation (HTTP ${response.status}).`,
      {
        hint:
          endpoint.platform === 'GitHub Actions'
            ? 'Give the job permissions: id-token: write.'
            : 'Pass System.AccessToken as SYSTEM_ACCESSTOKEN and run within a task that names the service connection.',
        status: response.status,
      },
    );
  }
  return new Secret(token);
}

/** The platform's own address: https, or http on this machine. */
function platformUrl(address: string | undefined): string {
  const url = URL.parse(address ?? '');
  const isLoopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))) {
    throw new AppError('configuration', 'The address of the platform’s token endpoint is not an https address.', {
      hint: 'Check ACTIONS_ID_TOKEN_REQUEST_URL or SYSTEM_OIDCREQUESTURI.',
    });
  }
  return url.href;
}

function memberOf(text: string | null | undefined, member: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text ?? '');
    const value: unknown = body !== null && typeof body === 'object' ? Reflect.get(body, member) : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  } catch {
    return undefined;
  }
}
