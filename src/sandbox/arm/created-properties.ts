import type { PlainObject } from '../base/guards.ts';
import { gremlinAccount, postgresServer, searchService, serviceBus, storageAccount } from './seed/linked-services.ts';

/** Properties that a provider gives a new resource when the caller does not say otherwise. */
export function createdProperties(type: string, name: string): PlainObject {
  switch (type) {
    case 'Microsoft.Storage/storageAccounts':
      return storageAccount(name, { allowSharedKeyAccess: true }).properties;
    case 'Microsoft.ServiceBus/namespaces':
      return serviceBus(name, { disableLocalAuth: false }).properties;
    case 'Microsoft.DBforPostgreSQL/flexibleServers':
      return postgresServer(name).properties;
    case 'Microsoft.DocumentDB/databaseAccounts':
      return { ...gremlinAccount(name, { disableLocalAuth: false }).properties, capabilities: [] };
    case 'Microsoft.Search/searchServices':
      // A new service takes keys only.
      return searchService(name, { authOptions: { apiKeyOnly: {} } }).properties;
    default:
      return {};
  }
}
