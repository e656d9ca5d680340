import type { LinkedService } from '../../../src/core/linked-services/linked-service.ts';
import { testIdentity } from '../../support/test-token.ts';

/** What a data plane answers. */
export type DataAnswer = { status: number; headers?: Record<string, string>; body?: string };
/** The same answer to every request. */
export const answering = (answer: DataAnswer) => ({ dataPlaneClient: () => answer });
export const roleIds = {
  blobContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  searchReader: '1407120a-92aa-4202-b7e9-c0e197c71c8f',
  searchContributor: '8ebe5a00-799e-43f5-93ac-243d3dce84a7',
};

/** Role assignments of the identity, as ARM lists them at the service. */
export function assignments(service: LinkedService, ...rows: { role: string; scope?: string; createdOn?: string }[]) {
  const value = rows.map(({ role, scope = service.id, createdOn = '2026-01-01T00:00:00Z' }) => ({
    properties: {
      roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      scope,
      principalId: testIdentity.objectId,
      createdOn,
      updatedOn: createdOn,
    },
  }));
  const path = `GET ${service.id}/providers/Microsoft.Authorization/roleAssignments`.slice(4).toLowerCase();
  return { [`GET ${path}`]: { status: 200, body: { value } } };
}
