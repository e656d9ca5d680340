import type { Cloud } from '../../base/clouds.ts';
import { invalidArgument } from '../../base/errors.ts';
import type { AzureEnvironment } from '../service-connection.ts';

/** Address of Azure Resource Manager by `data.environment`; an Azure Stack has one of its own. */
const managementUrls: Readonly<Record<Exclude<AzureEnvironment, 'AzureStack'>, string>> = {
  AzureCloud: 'https://management.azure.com/',
  AzureUSGovernment: 'https://management.usgovcloudapi.net/',
  AzureChinaCloud: 'https://management.chinacloudapi.cn/',
};

/** The environment that the connection itself is in. Clouds of other addresses stand in for the public one. */
export function environmentOf({
  resourceManager,
}: Pick<Cloud, 'resourceManager'>): Exclude<AzureEnvironment, 'AzureStack'> {
  const host = URL.parse(resourceManager)?.hostname;
  if (host === 'management.usgovcloudapi.net') return 'AzureUSGovernment';
  return host === 'management.chinacloudapi.cn' ? 'AzureChinaCloud' : 'AzureCloud';
}

/** The `url` of the service connection. Throws `invalid_argument` where `environmentUrl` is missing, unfitting or unsafe. */
export function managementUrl(environment: AzureEnvironment, environmentUrl: string | undefined): string {
  if (environment === 'AzureStack') return stackUrl(environmentUrl);
  if (environmentUrl !== undefined) {
    throw invalidArgument(
      `environment_url: it goes with the environment AzureStack only, not with ${environment}.`,
      'Leave environment_url out, or pass environment: AzureStack.',
    );
  }
  return managementUrls[environment];
}

const stackExample =
  'Pass the management address of the Azure Stack, e.g. https://management.local.azurestack.external.';

/**
 * Azure DevOps and its agents send tokens to this address, so it has to be one that nobody can mistake: https, a full
 * host name, and nothing else. We send nothing to it.
 */
function stackUrl(text: string | undefined): string {
  if (text === undefined) throw invalidArgument('environment_url: an Azure Stack needs it.', stackExample);
  const url = URL.parse(text.trim());
  const fault = url === null ? 'it is no address' : faultOf(url);
  if (url === null || fault !== undefined) throw invalidArgument(`environment_url: ${fault}.`, stackExample);
  return `${url.origin}/`;
}

function faultOf(url: URL): string | undefined {
  const host = url.hostname.replace(/\.$/, '');
  if (url.protocol !== 'https:') return 'it does not begin with https://';
  if (url.username !== '' || url.password !== '') return 'it has a user name or password in it';
  if (url.search !== '' || url.hash !== '' || url.pathname !== '/') return 'it has more than a host in it';
  // URL has turned every spelling of an IPv4 address into four numbers.
  if (host.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(host)) return 'it names a number instead of a host';
  if (host === 'localhost' || host.endsWith('.localhost') || !host.includes('.')) return 'its host is no full name';
  return undefined;
}

const usGovernmentAudience = 'api://AzureADTokenExchangeUSGov';
const chinaAudience = 'api://AzureADTokenExchangeChina';

/** What the tokens of Azure DevOps are for when they are meant for this environment. */
export function audienceOf(environment: AzureEnvironment): string {
  switch (environment) {
    case 'AzureUSGovernment':
      return usGovernmentAudience;
    case 'AzureChinaCloud':
      return chinaAudience;
    case 'AzureCloud':
    case 'AzureStack':
      return 'api://AzureADTokenExchange';
  }
}
