import type { LinkedService, LinkedServiceKind } from './linked-service.ts';

export interface AzureRole {
  readonly name: string;
  readonly id: string;
}

/** Built-in roles of the data planes. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
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

/** Roles that open a data plane, the one to ask for first. PostgreSQL and Gremlin have roles of their own. */
export const rolesOfKind: Readonly<Record<LinkedServiceKind, readonly AzureRole[]>> = {
  blob: [dataRoles.blobContributor, dataRoles.blobOwner, dataRoles.blobReader],
  servicebus: [dataRoles.serviceBusOwner, dataRoles.serviceBusReceiver, dataRoles.serviceBusSender],
  postgresql: [],
  'cosmos-gremlin': [],
  'azure-search': [dataRoles.searchIndexContributor, dataRoles.searchService, dataRoles.searchIndexReader],
};

/** Who needs the role: as its token says. */
export interface Assignee {
  /** Undefined when the token is opaque. */
  readonly objectId: string | undefined;
  readonly isPerson: boolean;
}

/** The command that assigns a role on a service. The type is named, so that the directory need not be asked. */
export function grantCommand(role: AzureRole, service: Pick<LinkedService, 'id'>, assignee: Assignee): string {
  const objectId = assignee.objectId ?? '<object-id>';
  const type = assignee.isPerson ? 'User' : 'ServicePrincipal';
  return `az role assignment create --role ${role.id} --assignee-object-id ${objectId} --assignee-principal-type ${type} --scope ${service.id}`;
}
