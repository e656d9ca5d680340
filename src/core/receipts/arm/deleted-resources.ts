import { resourceTypeOf } from '../../secrets/answers/answer-rules.ts';

/**
 * Kinds that the service keeps for a while, by type in lower case: how they are recovered.
 * https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview,
 * https://learn.microsoft.com/azure/azure-app-configuration/concept-soft-delete,
 * https://learn.microsoft.com/azure/ai-services/recover-purge-resources,
 * https://learn.microsoft.com/azure/api-management/soft-delete,
 * https://learn.microsoft.com/azure/azure-monitor/logs/delete-workspace,
 * https://learn.microsoft.com/azure/storage/common/storage-account-recover
 */
const recoverable: Readonly<Record<string, string>> = {
  'microsoft.keyvault/vaults': 'for 7 to 90 days it can be recovered: PUT it again with properties.createMode recover',
  'microsoft.appconfiguration/configurationstores':
    'for up to 7 days it can be recovered: PUT it again with properties.createMode Recover',
  'microsoft.cognitiveservices/accounts': 'for 48 hours it can be recovered: PUT it again with properties.restore true',
  'microsoft.apimanagement/service': 'for 48 hours it can be recovered: PUT it again with properties.restore true',
  'microsoft.operationalinsights/workspaces':
    'for 14 days it can be recovered: PUT it again with the same name, group and location',
  'microsoft.storage/storageaccounts':
    'for 14 days it may be recovered in the portal, as long as nobody makes one of the same name',
};

/** Why the deletion of a resource cannot be undone, and what else helps. */
export function whyLost(path: string): string {
  const how = recoverable[resourceTypeOf(path)];
  if (how !== undefined) return `Resource Manager restores nothing by itself, but ${how}`;
  return isResourceGroup(path)
    ? 'a resource group is deleted with all that is in it, and nothing of that is kept'
    : 'a deleted resource is gone with its data, and making it again would not bring that back';
}

/** Whether a path leads to a resource group, whose deletion takes what is in it. */
export function isResourceGroup(path: string): boolean {
  return /\/resourcegroups\/[^/]+\/?$/i.test(path);
}

/** Kinds that are nothing but their body: the same body makes the same thing again. In lower case. */
const declarative: ReadonlySet<string> = new Set([
  'microsoft.authorization/roleassignments',
  'microsoft.authorization/locks',
]);

/** Whether a deleted resource can be made again as it was. */
export function isOnlyItsBody(path: string): boolean {
  return declarative.has(resourceTypeOf(path));
}
