/** The properties of a service that are the same in every cloud. */
interface CloudService<Member extends string = keyof ServiceAddresses> {
  /** For people. */
  readonly title: string;
  /** Member of `Cloud` that has its address: root without version. */
  readonly member: Member;
  /** Audience of its tokens; default is its address. */
  readonly audience?: string;
  /** Whether a configured cloud may lack it. */
  readonly isOptional?: boolean;
}

/**
 * The services that get tokens, by the names that tenantry.yaml gives to their addresses and audiences. A new API needs a
 * line here and an address in each cloud below; the schema of the configuration and the configured clouds follow.
 */
const servicesByName = {
  graph: { title: 'Microsoft Graph', member: 'graph' },
  resource_manager: { title: 'Azure Resource Manager', member: 'resourceManager' },
  devops: {
    title: 'Azure DevOps',
    member: 'devops',
    // Its application id, in every cloud.
    audience: '499b84ac-1321-427f-aa17-267ca6975798',
    isOptional: true,
  },
} as const satisfies Readonly<Record<string, CloudService<string>>>;

export type TokenService = keyof typeof servicesByName;
export const cloudServices: Readonly<Record<TokenService, CloudService>> = servicesByName;

/** The data planes that connections can be linked to, with their audience in most clouds. */
const dataPlaneAudiences = {
  storage: 'https://storage.azure.com',
  servicebus: 'https://servicebus.azure.net',
  postgresql: 'https://ossrdbms-aad.database.windows.net',
  cosmos: 'https://cosmos.azure.com',
  search: 'https://search.azure.com',
};

export type DataPlane = keyof typeof dataPlaneAudiences;

// The keys of both tables are their names.
export const tokenServices = Object.keys(servicesByName) as readonly TokenService[];
export const dataPlanes = Object.keys(dataPlaneAudiences) as readonly DataPlane[];

export type ServiceAddresses = {
  readonly [Name in TokenService as (typeof servicesByName)[Name]['member']]: string;
};

/** Base addresses of one cloud. Every host that may ever receive a token of a connection is named here. */
export interface Cloud extends ServiceAddresses {
  readonly name: string;
  /** Authority (login) root, without tenant. */
  readonly login: string;
  /** Data-plane host patterns by `DataPlane`, `{account}` is replaced. */
  readonly dataPlane: Readonly<Record<string, string>>;
  /** Audiences that differ from the tables above (Azure Stack, sovereign clouds). */
  readonly audiences?: Readonly<Partial<Record<TokenService | DataPlane, string>>>;
}

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

const usGovAudiences = {
  postgresql: 'https://ossrdbms-aad.database.usgovcloudapi.net',
  cosmos: 'https://cosmos.azure.us',
  search: 'https://search.azure.us',
};

/**
 * Source: Microsoft Graph "national cloud deployments", ARM environment metadata. Azure DevOps Services is in the public
 * cloud alone: https://github.com/MicrosoftDocs/azure-devops-docs/issues/4749
 */
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
    devops: absentAddress('devops'),
    dataPlane: usGovDataPlane,
    audiences: usGovAudiences,
  },
  usdod: {
    name: 'usdod',
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    devops: absentAddress('devops'),
    dataPlane: usGovDataPlane,
    audiences: usGovAudiences,
  },
  china: {
    name: 'china',
    login: 'https://login.chinacloudapi.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
    devops: absentAddress('devops'),
    dataPlane: {
      storage: 'https://{account}.blob.core.chinacloudapi.cn',
      servicebus: 'https://{account}.servicebus.chinacloudapi.cn',
      postgresql: 'https://{account}.postgres.database.chinacloudapi.cn',
      cosmos: 'https://{account}.gremlin.cosmos.azure.cn',
      search: 'https://{account}.search.azure.cn',
    },
    audiences: {
      postgresql: 'https://ossrdbms-aad.database.chinacloudapi.cn',
      cosmos: 'https://cosmos.azure.cn',
      search: 'https://search.azure.cn',
    },
  },
};

/** Address of a service that a cloud lacks: nothing listens on a reserved name, so nothing gets its tokens. */
export function absentAddress(service: TokenService): string {
  return `https://${service}.invalid`;
}

/** The resource to name in a token request, without `/.default`. */
export function tokenAudience(cloud: Cloud, service: TokenService): string {
  const { member, audience } = cloudServices[service];
  return cloud.audiences?.[service] ?? audience ?? withoutTrailingSlash(cloud[member]);
}

/** The resource to name in a request for a data-plane token, without `/.default`. */
export function dataPlaneAudience(cloud: Cloud, plane: DataPlane): string {
  return cloud.audiences?.[plane] ?? dataPlaneAudiences[plane];
}

/**
 * The two audiences of Azure Resource Manager in each cloud: what the Azure CLI asks for by default, and the newer one.
 * The service takes a token of either. Source: `activeDirectoryResourceId` of `az cloud list`, and `audiences` of
 * https://management.azure.com/metadata/endpoints?api-version=2023-11-01
 */
const managementAudiences: readonly (readonly string[])[] = [
  ['https://management.core.windows.net', 'https://management.azure.com'],
  ['https://management.core.usgovcloudapi.net', 'https://management.usgovcloudapi.net'],
  ['https://management.core.chinacloudapi.cn', 'https://management.chinacloudapi.cn'],
  // Retired, but a configured cloud may still name it.
  ['https://management.core.cloudapi.de', 'https://management.microsoftazure.de'],
];

/** Whether a service takes a token of either audience for the other: they differ in a slash, or name Resource Manager. */
export function isSameAudience(audience: string, wanted: string): boolean {
  const [one, other] = [withoutTrailingSlash(audience), withoutTrailingSlash(wanted)];
  return one === other || managementAudiences.some((both) => both.includes(one) && both.includes(other));
}

export function withoutTrailingSlash(address: string): string {
  return address.replace(/\/+$/, '');
}

/** The cloud of whatever names none: `public`, or in a sandbox, which has no other, its own. */
export function defaultCloudName(clouds: ReadonlyMap<string, Cloud>): string {
  return clouds.has('public') ? 'public' : ([...clouds.keys()][0] ?? 'public');
}

/** Whether an address is plain http on this machine, the only case without TLS. */
export function isLoopbackHttp(root: string): boolean {
  return /^http:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?:[:/]|$)/i.test(root);
}

/** Whether a cloud is the emulated tenant, in this process or on a port of this machine: nothing in it is real. */
export function isSandboxCloud(cloud: Cloud | undefined): boolean {
  if (cloud?.name !== 'sandbox') return false;
  return [cloud.login, cloud.graph, cloud.resourceManager, cloud.devops].every((address) => {
    const hostname = URL.parse(address)?.hostname ?? '';
    return hostname.endsWith('.sandbox.invalid') || /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
  });
}
