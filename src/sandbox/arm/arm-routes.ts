import type { ArmRoute } from './arm-call.ts';
import { connectionRoutes } from './connections/connection-routes.ts';
import { resourceGraphRoutes } from './resource-graph/resource-graph-routes.ts';
import { deploymentRoutes } from './routes/deployments.ts';
import { identityCredentialRoutes } from './routes/identity-credentials.ts';
import { lockRoutes } from './routes/locks.ts';
import { managementGroupRoutes } from './routes/management-groups.ts';
import { providerRoutes } from './routes/providers.ts';
import { resourceGroupRoutes } from './routes/resource-groups.ts';
import { roleAssignmentRoutes } from './routes/role-assignments.ts';
import { roleDefinitionRoutes } from './routes/role-definitions.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { tagRoutes } from './routes/tags.ts';

/** Routes that are more than "any resource of a provider"; the first that fits counts. */
export const armRoutes: readonly ArmRoute[] = [
  ...subscriptionRoutes,
  ...providerRoutes,
  ...resourceGroupRoutes,
  ...roleAssignmentRoutes,
  ...roleDefinitionRoutes,
  ...lockRoutes,
  ...tagRoutes,
  ...deploymentRoutes,
  ...managementGroupRoutes,
  ...resourceGraphRoutes,
  ...identityCredentialRoutes,
  ...connectionRoutes,
];
