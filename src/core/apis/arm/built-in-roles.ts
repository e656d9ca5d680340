/** A built-in role. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export interface AzureRole {
  readonly name: string;
  readonly id: string;
}

/** Built-in roles of the control plane. */
export const azureRoles = {
  owner: { name: 'Owner', id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635' },
  contributor: { name: 'Contributor', id: 'b24988ac-6180-42a0-ab88-20f7382dd24c' },
  reader: { name: 'Reader', id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7' },
  accessAdministrator: { name: 'User Access Administrator', id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9' },
  rbacAdministrator: {
    name: 'Role Based Access Control Administrator',
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
  },
  storageAccountContributor: { name: 'Storage Account Contributor', id: '17d1049b-9a84-46fb-8f53-869881c3d3ab' },
  documentDbContributor: { name: 'DocumentDB Account Contributor', id: '5bd9cd88-fe45-4216-938b-f97437e15450' },
  mlDataScientist: { name: 'AzureML Data Scientist', id: 'f6c7c914-8db3-469d-8ca1-694a8f32e121' },
} as const satisfies Readonly<Record<string, AzureRole>>;

/** Built-in roles of the data planes. */
export const dataRoles = {
  blobOwner: { name: 'Storage Blob Data Owner', id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' },
  blobContributor: { name: 'Storage Blob Data Contributor', id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' },
  blobReader: { name: 'Storage Blob Data Reader', id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1' },
  serviceBusOwner: { name: 'Azure Service Bus Data Owner', id: '090c5cfd-751d-490a-894a-3ce6f1109419' },
  serviceBusReceiver: { name: 'Azure Service Bus Data Receiver', id: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0' },
  serviceBusSender: { name: 'Azure Service Bus Data Sender', id: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39' },
  searchIndexContributor: { name: 'Search Index Data Contributor', id: '8ebe5a00-799e-43f5-93ac-243d3dce84a7' },
  searchIndexReader: { name: 'Search Index Data Reader', id: '1407120a-92aa-4202-b7e9-c0e197c71c8f' },
  searchService: { name: 'Search Service Contributor', id: '7ca78c08-252a-4471-8644-bb5ff32d4ba0' },
} as const satisfies Readonly<Record<string, AzureRole>>;

const knownRoles: ReadonlyMap<string, string> = new Map(
  [...Object.values(azureRoles), ...Object.values(dataRoles)].map(({ id, name }) => [id, name]),
);

/** Name of a built-in role by its id in lower case; undefined for others, which may be custom roles. */
export function roleName(id: string): string | undefined {
  return knownRoles.get(id);
}
