/** Base addresses of one cloud. Every host that may ever receive a token of a connection is named here. */
export interface Cloud {
  readonly name: string;
  /** Authority (login) root, without tenant. */
  readonly login: string;
  /** Microsoft Graph root, without version. */
  readonly graph: string;
  readonly resourceManager: string;
  readonly devops: string;
  /** Audience of ARM tokens where it is not `resourceManager` itself (Azure Stack). */
  readonly resourceManagerAudience?: string;
  /** Audience of Graph tokens where it is not `graph` itself. */
  readonly graphAudience?: string;
  /** Audience of DevOps tokens where it is not Azure DevOps' own application id. */
  readonly devopsAudience?: string;
  /** Data-plane host patterns, `{account}` is replaced: storage, servicebus, postgresql, cosmos, search. */
  readonly dataPlane: Readonly<Record<string, string>>;
  /** Audiences of data-plane tokens where they are not those of the public cloud: storage, search, … */
  readonly dataPlaneAudiences?: Readonly<Record<string, string>>;
}

/** The data planes that connections can be linked to, as `Cloud.dataPlane` names them. */
export type DataPlane = 'storage' | 'servicebus' | 'postgresql' | 'cosmos' | 'search';

const publicDataPlane = {
  storage: 'https://{account}.blob.core.windows.net',
  servicebus: 'https://{account}.servicebus.windows.net',
  postgresql: 'https://{account}.postgres.database.azure.com',
  cosmos: 'https://{account}.gremlin.cosmos.azure.com',
  search: 'https://{account}.search.windows.net',
};

const usGovDataPlane = {
  storage: 'https://{account}.blob.core.usgovcloudapi.net',
  servicebus: 'https://{account}.servicebus.usgovcloudapi.net',
  postgresql: 'https://{account}.postgres.database.usgovcloudapi.net',
  cosmos: 'https://{account}.gremlin.cosmos.azure.us',
  search: 'https://{account}.search.azure.us',
};

const usGovDataPlaneAudiences = {
  postgresql: 'https://ossrdbms-aad.database.usgovcloudapi.net',
  search: 'https://search.azure.us',
};

/** Audiences of the public cloud, which most data planes take in every cloud. */
const publicDataPlaneAudiences: Readonly<Record<DataPlane, string>> = {
  storage: 'https://storage.azure.com',
  servicebus: 'https://servicebus.azure.net',
  postgresql: 'https://ossrdbms-aad.database.windows.net',
  cosmos: 'https://cosmos.azure.com',
  search: 'https://search.azure.com',
};

/** Source: Microsoft Graph "national cloud deployments", ARM environment metadata. */
export const builtInClouds: Readonly<Record<string, Cloud>> = {
  public: {
    name: 'public',
    login: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    resourceManager: 'https://management.azure.com',
    devops: 'https://dev.azure.com',
    dataPlane: publicDataPlane,
  },
  usgov: {
    name: 'usgov',
    login: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    devops: 'https://dev.azure.us',
    dataPlane: usGovDataPlane,
    dataPlaneAudiences: usGovDataPlaneAudiences,
  },
  usdod: {
    name: 'usdod',
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    devops: 'https://dev.azure.us',
    dataPlane: usGovDataPlane,
    dataPlaneAudiences: usGovDataPlaneAudiences,
  },
  china: {
    name: 'china',
    login: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
    devops: 'https://dev.azure.cn',
    dataPlane: {
      storage: 'https://{account}.blob.core.chinacloudapi.cn',
      servicebus: 'https://{account}.servicebus.chinacloudapi.cn',
      postgresql: 'https://{account}.postgres.database.chinacloudapi.cn',
      cosmos: 'https://{account}.gremlin.cosmos.azure.cn',
      search: 'https://{account}.search.azure.cn',
    },
    dataPlaneAudiences: {
      postgresql: 'https://ossrdbms-aad.database.chinacloudapi.cn',
      search: 'https://search.azure.cn',
    },
  },
};

/** Application id of Azure DevOps, the audience of its tokens in every cloud. */
const devopsApplicationId = '499b84ac-1321-427f-aa17-267ca6975798';

/** The services that tokens are asked for. */
export type TokenService = 'graph' | 'resource_manager' | 'devops';

/** The resource to name in a token request, without `/.default`. */
export function tokenAudience(cloud: Cloud, service: TokenService): string {
  switch (service) {
    case 'graph':
      return cloud.graphAudience ?? withoutTrailingSlash(cloud.graph);
    case 'resource_manager':
      return cloud.resourceManagerAudience ?? withoutTrailingSlash(cloud.resourceManager);
    case 'devops':
      return cloud.devopsAudience ?? devopsApplicationId;
  }
}

/** The resource to name in a request for a data-plane token, without `/.default`. */
export function dataPlaneAudience(cloud: Cloud, plane: DataPlane): string {
  return cloud.dataPlaneAudiences?.[plane] ?? publicDataPlaneAudiences[plane];
}

function withoutTrailingSlash(address: string): string {
  return address.endsWith('/') ? address.slice(0, -1) : address;
}

/** Whether an address is plain http on this machine: the one case in which requests go without TLS. */
export function isLoopbackHttp(root: string): boolean {
  return /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i.test(root);
}
