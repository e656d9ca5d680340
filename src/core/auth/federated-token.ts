import type { HttpClient } from '@azure/core-rest-pipeline';
import { type Cloud, isLoopbackHttp } from '../base/clouds.ts';
import type { Environment } from '../base/environment.ts';
import { AppError } from '../base/errors.ts';
import { parseRecord, textOf } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import { readTextFile } from '../base/text-file.ts';
import type { ConnectionRecord, SecretField } from '../record/connection.ts';
import { maskTokens, Secret } from '../secrets/secret.ts';

/** Where a federated token may come from. */
export interface PlatformContext {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  /** Ambient credentials (GitHub Actions, Azure Pipelines, Kubernetes) are found here. */
  readonly environment: Environment;
  /** Transport without host check, for endpoints that the platform names. */
  readonly platformClient: HttpClient;
  readonly readSecret: (field: SecretField) => Promise<Secret>;
}

/**
 * The external token of a workload identity: the connection's own if it has one, otherwise that of the platform
 * (Kubernetes file, GitHub Actions, Azure Pipelines). Fetched at every sign-in, since platforms renew it.
 */
export async function fetchFederatedToken(context: PlatformContext): Promise<Secret> {
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
      hint: 'Name one as federated_token, or run where AZURE_FEDERATED_TOKEN_FILE, GitHub Actions (permissions: id-token: write) or Azure Pipelines give one.',
    },
  );
}

/** Tokens are far smaller; a larger file is the wrong one. */
const maxTokenBytes = 64 * 1024;

async function readTokenFile(file: string): Promise<Secret> {
  const text = await readTextFile(file, { maxBytes: maxTokenBytes, allowPipe: true }).catch(() => '');
  if (text.trim() === '') {
    throw new AppError(
      'configuration',
      `The token file ${file} (AZURE_FEDERATED_TOKEN_FILE) is empty, too large or cannot be read.`,
      {
        hint: 'Check that the workload identity webhook has mounted the token into this container.',
      },
    );
  }
  return new Secret(text.trim());
}

/** https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect */
async function fetchGitHubToken(context: PlatformContext): Promise<Secret> {
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
async function fetchPipelinesToken(context: PlatformContext): Promise<Secret> {
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

async function requestToken(context: PlatformContext, endpoint: TokenEndpoint): Promise<Secret> {
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
  const answer = parseRecord(response.bodyAsText);
  const token = response.status === 200 ? textOf(answer?.[endpoint.member]) : '';
  if (token === '') {
    // Azure Pipelines says what is wrong as the value of a list: { count, value: "There is no explicit reference …" }.
    const said = textOf(answer?.['message']) || (endpoint.member === 'value' ? '' : textOf(answer?.['value']));
    const words = said === '' ? '.' : `: ${quoted(maskTokens(said), 500)}.`;
    throw new AppError(
      'unauthenticated',
      `${endpoint.platform} gave no token for federation (HTTP ${response.status})${words}`,
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
  if (url === null || (url.protocol !== 'https:' && !isLoopbackHttp(url.href))) {
    throw new AppError('configuration', 'The address of the platform’s token endpoint is not an https address.', {
      hint: 'Check ACTIONS_ID_TOKEN_REQUEST_URL or SYSTEM_OIDCREQUESTURI.',
    });
  }
  return url.href;
}

const usGovernment = 'api://AzureADTokenExchangeUSGov';
const china = 'api://AzureADTokenExchangeChina';

/** Sovereign authorities expect an audience of their own, whatever name a configured cloud gives them. */
const audiencesByLogin: Readonly<Record<string, string>> = {
  'login.microsoftonline.us': usGovernment,
  'login.chinacloudapi.cn': china,
  'login.partner.microsoftonline.cn': china,
};

const audiencesByName: Readonly<Record<string, string>> = { usgov: usGovernment, usdod: usGovernment, china };

/**
 * Audience that a token of another issuer has when it is meant for token exchange in this cloud.
 * https://learn.microsoft.com/graph/api/resources/federatedidentitycredentials-overview
 */
export function exchangeAudience(cloud: Pick<Cloud, 'name' | 'login'>): string {
  const host = URL.parse(cloud.login)?.hostname ?? '';
  return audiencesByLogin[host] ?? audiencesByName[cloud.name] ?? 'api://AzureADTokenExchange';
}

/** Where Microsoft Entra issues tokens, in every cloud. https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
export const entraHosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.chinacloudapi.cn',
  'login.partner.microsoftonline.cn',
]);

/**
 * Issuer of Azure DevOps itself, which service connections made before November 2025 have. It is retired on the day below:
 * exchanges of its tokens fail from then on.
 * https://learn.microsoft.com/azure/devops/pipelines/release/convert-service-connections
 */
export const devopsIssuerHost = 'vstoken.dev.azure.com';
export const devopsIssuerRetires = '2027-07-01';
