import { armQuery } from './arm/arm-query.ts';
import { armWrite } from './arm/arm-write.ts';
import { getOperation } from './arm/get-operation.ts';
import { resourceGraphQuery } from './arm/resource-graph-query.ts';
import { completeConnection } from './connections/complete-connection.ts';
import { convertConnection } from './connections/convert-connection.ts';
import { createConnection } from './connections/create-connection.ts';
import { deleteConnection } from './connections/delete-connection.ts';
import { listConnections } from './connections/list-connections.ts';
import { listLinkedServices } from './connections/list-linked-services.ts';
import { provisionConnection } from './connections/provision-connection.ts';
import { validateConnection } from './connections/validate-connection.ts';
import type { ToolDefinition } from './define-tool.ts';
import { convertServiceConnection } from './devops/convert-service-connection.ts';
import { createServiceConnection } from './devops/create-service-connection.ts';
import { deleteServiceConnection } from './devops/delete-service-connection.ts';
import { listServiceConnections } from './devops/list-service-connections.ts';
import { assignLicense } from './graph/assign-license.ts';
import { describeGraph } from './graph/describe-graph.ts';
import { graphBatch } from './graph/graph-batch.ts';
import { graphDelta } from './graph/graph-delta.ts';
import { graphQuery } from './graph/graph-query.ts';
import { graphWrite } from './graph/graph-write.ts';
import { createWorkspaceConnection } from './ml/create-workspace-connection.ts';
import { deleteWorkspaceConnection } from './ml/delete-workspace-connection.ts';
import { listWorkspaceConnections } from './ml/list-workspace-connections.ts';

/** Every tool, in the order in which clients see them. */
export const tools: readonly ToolDefinition[] = [
  createConnection,
  completeConnection,
  validateConnection,
  listConnections,
  deleteConnection,
  provisionConnection,
  convertConnection,
  listLinkedServices,
  graphQuery,
  graphBatch,
  graphWrite,
  graphDelta,
  describeGraph,
  assignLicense,
  armQuery,
  armWrite,
  resourceGraphQuery,
  getOperation,
  listWorkspaceConnections,
  createWorkspaceConnection,
  deleteWorkspaceConnection,
  listServiceConnections,
  createServiceConnection,
  convertServiceConnection,
  deleteServiceConnection,
];
