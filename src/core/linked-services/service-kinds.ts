import type { DataPlane } from '../base/clouds.ts';
import { member } from '../base/guards.ts';
import type { LinkedServiceKind } from './linked-service.ts';

type Properties = Readonly<Record<string, unknown>>;

/** What is special about one kind of service before anything is sent to it. */
export interface ServiceKind {
  /** Resource type as its provider spells it. */
  readonly type: string;
  readonly plane: DataPlane;
  /** Which of the resources of the type have this data plane. Default: all. */
  isInstance?(properties: Properties): boolean;
  /** The data-plane address that the resource names itself; what is missing is built from the cloud's pattern. */
  ownAddress(properties: Properties): unknown;
  /** Properties that decide whether the data plane can be used. */
  readonly shown: readonly string[];
}

const common = ['kind', 'sku', 'provisioningState', 'publicNetworkAccess'];

/** Storage accounts of other kinds have no blobs. https://learn.microsoft.com/azure/storage/common/storage-account-overview */
const kindsWithoutBlobs: readonly unknown[] = ['FileStorage'];

/** Source of types and fields: the providers' specifications in Azure/azure-rest-api-specs. */
export const serviceKinds: Readonly<Record<LinkedServiceKind, ServiceKind>> = {
  blob: {
    type: 'Microsoft.Storage/storageAccounts',
    plane: 'storage',
    isInstance: ({ kind }) => !kindsWithoutBlobs.includes(kind),
    ownAddress: (properties) => member(properties['primaryEndpoints'], 'blob'),
    shown: [
      ...common,
      'primaryEndpoints',
      'allowSharedKeyAccess',
      'allowBlobPublicAccess',
      'networkAcls',
      'isHnsEnabled',
      'minimumTlsVersion',
      'statusOfPrimary',
    ],
  },
  servicebus: {
    type: 'Microsoft.ServiceBus/namespaces',
    plane: 'servicebus',
    ownAddress: (properties) => properties['serviceBusEndpoint'],
    shown: [...common, 'status', 'disableLocalAuth', 'minimumTlsVersion'],
  },
  postgresql: {
    type: 'Microsoft.DBforPostgreSQL/flexibleServers',
    plane: 'postgresql',
    ownAddress: (properties) => properties['fullyQualifiedDomainName'],
    shown: ['sku', 'state', 'version', 'authConfig', 'network'],
  },
  'cosmos-gremlin': {
    type: 'Microsoft.DocumentDB/databaseAccounts',
    plane: 'cosmos',
    isInstance: ({ capabilities }) =>
      Array.isArray(capabilities) && capabilities.some((capability) => member(capability, 'name') === 'EnableGremlin'),
    ownAddress: (properties) => properties['gremlinEndpoint'],
    shown: [
      ...common,
      'capabilities',
      'disableLocalAuth',
      'documentEndpoint',
      'ipRules',
      'isVirtualNetworkFilterEnabled',
    ],
  },
  'azure-search': {
    type: 'Microsoft.Search/searchServices',
    plane: 'search',
    ownAddress: (properties) => properties['endpoint'],
    shown: [...common, 'status', 'authOptions', 'disableLocalAuth', 'networkRuleSet'],
  },
};
