import type { RoleDefinitionRecord } from '../arm-store.ts';

interface RoleText {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

function role(id: string, roleName: string, description: string, permissions: RoleText): RoleDefinitionRecord {
  return {
    id,
    roleName,
    description,
    permissions: [{ actions: [], notActions: [], dataActions: [], notDataActions: [], ...permissions }],
  };
}

/** Actions below a type: `under('Microsoft.X/things', 'read write')`. */
function under(type: string, actions: string): readonly string[] {
  return actions.split(' ').map((action) => `${type}/${action}`);
}

const containers = 'Microsoft.Storage/storageAccounts/blobServices/containers';
const userDelegation = 'Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action';
const support = ['Microsoft.Insights/alertRules/*', 'Microsoft.ResourceHealth/availabilityStatuses/read'];
const groupReads = ['Microsoft.Resources/subscriptions/resourceGroups/read'];
const everyday = ['Microsoft.Authorization/*/read', ...support, 'Microsoft.Resources/deployments/*', ...groupReads];
const indexes = 'Microsoft.Search/searchServices/indexes';
const workspaces = 'Microsoft.MachineLearningServices/workspaces';

/** Built-in roles. Source: "Azure built-in roles". */
export const builtInRoles: readonly RoleDefinitionRecord[] = [
  role('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner', 'Grants full access to manage all resources.', {
    actions: ['*'],
  }),
  role('b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor', 'Manages all resources, without assigning roles.', {
    actions: ['*'],
    notActions: [
      ...under('Microsoft.Authorization', '*/Delete */Write elevateAccess/Action'),
      ...under('Microsoft.Blueprint/blueprintAssignments', 'write delete'),
      'Microsoft.Compute/galleries/share/action',
      ...under('Microsoft.Purview/consents', 'write delete'),
    ],
  }),
  role('acdd72a7-3385-48ef-bd42-f606fba81ae7', 'Reader', 'View all resources, without changing them.', {
    actions: ['*/read'],
  }),
  role('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator', 'Manages user access to resources.', {
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  }),
  role(
    'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    'Role Based Access Control Administrator',
    'Manages access to resources by assigning roles.',
    {
      actions: [...under('Microsoft.Authorization/roleAssignments', 'write delete'), '*/read', 'Microsoft.Support/*'],
    },
  ),
  role('b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'Storage Blob Data Owner', 'Full access to blob containers and data.', {
    actions: [`${containers}/*`, userDelegation],
    dataActions: [`${containers}/blobs/*`],
  }),
  role('ba92f5b4-2d11-453d-a403-e96b0029c9fe', 'Storage Blob Data Contributor', 'Reads, writes and deletes blobs.', {
    actions: [...under(containers, 'delete read write'), userDelegation],
    dataActions: under(`${containers}/blobs`, 'delete read write move/action add/action'),
  }),
  role('2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', 'Storage Blob Data Reader', 'Reads blob containers and blobs.', {
    actions: [`${containers}/read`, userDelegation],
    dataActions: [`${containers}/blobs/read`],
  }),
  role('db58b8e5-c6ad-4a2a-8342-4190687cbf4a', 'Storage Blob Delegator', 'Gets a user delegation key.', {
    actions: [userDelegation],
  }),
  role('17d1049b-9a84-46fb-8f53-869881c3d3ab', 'Storage Account Contributor', 'Manages storage accounts.', {
    actions: [...everyday, 'Microsoft.Storage/storageAccounts/*', 'Microsoft.Support/*'],
  }),
  role('090c5cfd-751d-490a-894a-3ce6f1109419', 'Azure Service Bus Data Owner', 'Full access to Service Bus.', {
    actions: ['Microsoft.ServiceBus/*'],
    dataActions: ['Microsoft.ServiceBus/*'],
  }),
  role('4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0', 'Azure Service Bus Data Receiver', 'Receives from Service Bus.', {
    actions: under('Microsoft.ServiceBus/*', 'queues/read topics/read topics/subscriptions/read'),
    dataActions: ['Microsoft.ServiceBus/*/receive/action'],
  }),
  role('69a216fc-b8fb-44d8-bc22-1f3c2cd27a39', 'Azure Service Bus Data Sender', 'Sends to Service Bus.', {
    actions: under('Microsoft.ServiceBus/*', 'queues/read topics/read topics/subscriptions/read'),
    dataActions: ['Microsoft.ServiceBus/*/send/action'],
  }),
  role('fbdf93bf-df7d-467e-a4d2-9458aa1360c8', 'Cosmos DB Account Reader Role', 'Reads Cosmos DB account data.', {
    actions: [
      'Microsoft.Authorization/*/read',
      ...under('Microsoft.DocumentDB', '*/read databaseAccounts/readonlykeys/action'),
      ...groupReads,
    ],
  }),
  role('5bd9cd88-fe45-4216-938b-f97437e15450', 'DocumentDB Account Contributor', 'Manages Cosmos DB accounts.', {
    actions: [...everyday, 'Microsoft.DocumentDb/databaseAccounts/*', 'Microsoft.Support/*'],
  }),
  role('230815da-be43-4aae-9cb4-875f7bd000aa', 'Cosmos DB Operator', 'Manages Cosmos DB accounts, not their data.', {
    actions: [...everyday, 'Microsoft.DocumentDb/databaseAccounts/*'],
    notActions: under(
      'Microsoft.DocumentDB/databaseAccounts',
      'readonlyKeys/* regenerateKey/* listKeys/* listConnectionStrings/*',
    ),
  }),
  role('7ca78c08-252a-4471-8644-bb5ff32d4ba0', 'Search Service Contributor', 'Manages search services.', {
    actions: [...everyday, 'Microsoft.Search/searchServices/*', 'Microsoft.Support/*'],
    dataActions: [
      ...under(indexes, 'read write delete'),
      ...under('Microsoft.Search/searchServices', 'aliases/read diagnose/read'),
    ],
  }),
  role('8ebe5a00-799e-43f5-93ac-243d3dce84a7', 'Search Index Data Contributor', 'Full access to index data.', {
    dataActions: [`${indexes}/documents/*`],
  }),
  role('1407120a-92aa-4202-b7e9-c0e197c71c8f', 'Search Index Data Reader', 'Reads index data.', {
    dataActions: [`${indexes}/documents/read`],
  }),
  role('f6c7c914-8db3-469d-8ca1-694a8f32e121', 'AzureML Data Scientist', 'Works in a workspace, without computes.', {
    actions: under(workspaces, '*/read */action */delete */write'),
    notActions: under(
      workspaces,
      'delete write computes/*/write computes/*/delete listKeys/action connections/listsecrets/action',
    ),
  }),
  role(
    'ea01e6af-a1c1-4350-9563-ad00f8c72ec5',
    'AzureML Workspace Connection Secrets Reader',
    'Lists the connections of workspaces with their secrets.',
    {
      actions: under(workspaces, 'connections/listsecrets/action connections/read read'),
    },
  ),
  role('64702f94-c441-49e6-a78b-ef80e0188fee', 'Azure AI Developer', 'Works in AI projects, without managing them.', {
    actions: [`${workspaces}/*/read`, 'Microsoft.CognitiveServices/*/read', ...groupReads],
    dataActions: ['Microsoft.CognitiveServices/accounts/OpenAI/*'],
  }),
  role('e40ec5ca-96e0-45a2-b4ff-59039f2c2b59', 'Managed Identity Contributor', 'Manages user-assigned identities.', {
    actions: [...everyday, 'Microsoft.ManagedIdentity/userAssignedIdentities/*', 'Microsoft.Support/*'],
  }),
  role('f1a07417-d97a-45cb-824c-7a7467783830', 'Managed Identity Operator', 'Reads and assigns managed identities.', {
    actions: [...under('Microsoft.ManagedIdentity/userAssignedIdentities', '*/read */assign/action'), ...everyday],
  }),
];

/** Ids of the roles that the seed assigns. */
export const roleIds = {
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  userAccessAdministrator: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  blobReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  busOwner: '090c5cfd-751d-490a-894a-3ce6f1109419',
  busReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0',
  searchServiceContributor: '7ca78c08-252a-4471-8644-bb5ff32d4ba0',
  searchDataContributor: '8ebe5a00-799e-43f5-93ac-243d3dce84a7',
} as const;
