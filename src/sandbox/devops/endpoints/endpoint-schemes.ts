/** An authentication scheme of an endpoint type. */
interface EndpointScheme {
  readonly scheme: string;
  readonly displayName: string;
  /** Names of the parameters that are never returned. */
  readonly secrets: readonly string[];
}

export interface EndpointType {
  readonly name: string;
  readonly displayName: string;
  readonly url: string;
  readonly schemes: readonly EndpointScheme[];
  /** Proxy data sources of the type. */
  readonly dataSources: readonly string[];
}

/** Endpoint types of the organization. Source: "Endpoint types", examples of the service endpoint API. */
export const endpointTypes: readonly EndpointType[] = [
  {
    name: 'azurerm',
    displayName: 'Azure Resource Manager',
    url: 'https://management.azure.com/',
    schemes: [
      {
        scheme: 'WorkloadIdentityFederation',
        displayName: 'Workload Identity federation',
        secrets: [],
      },
      {
        scheme: 'ServicePrincipal',
        displayName: 'Service Principal Authentication',
        secrets: ['serviceprincipalkey', 'servicePrincipalCertificate'],
      },
      { scheme: 'ManagedServiceIdentity', displayName: 'Managed identity', secrets: [] },
      { scheme: 'PublishProfile', displayName: 'Publish profile', secrets: ['publishProfile'] },
    ],
    dataSources: ['TestConnection', 'AzureSubscriptions', 'AzureResourceGroups', 'AzureManagementGroups'],
  },
  {
    name: 'github',
    displayName: 'GitHub',
    url: 'https://github.com',
    schemes: [{ scheme: 'Token', displayName: 'Personal access token', secrets: ['AccessToken', 'apitoken'] }],
    dataSources: ['TestConnection'],
  },
  {
    name: 'generic',
    displayName: 'Generic',
    url: '',
    schemes: [
      { scheme: 'UsernamePassword', displayName: 'Username and password', secrets: ['password'] },
      { scheme: 'None', displayName: 'No authentication', secrets: [] },
    ],
    dataSources: [],
  },
];

export function findEndpointType(name: string): EndpointType | undefined {
  return endpointTypes.find((type) => isSame(type.name, name));
}

export function findScheme(type: EndpointType, scheme: string): EndpointScheme | undefined {
  return type.schemes.find((one) => isSame(one.scheme, scheme));
}

const secretNames: ReadonlySet<string> = new Set(
  endpointTypes.flatMap(({ schemes }) => schemes.flatMap(({ secrets }) => secrets.map((name) => name.toLowerCase()))),
);

export function isSecret(parameter: string): boolean {
  return secretNames.has(parameter.toLowerCase());
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
