import type { DevOpsRoute } from './devops-call.ts';
import { connectionDataRoutes } from './routes/connection-data.ts';
import { endpointFactRoutes } from './routes/endpoint-facts.ts';
import { endpointProxyRoutes } from './routes/endpoint-proxy.ts';
import { endpointWriteRoutes } from './routes/endpoint-writes.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { oidcTokenRoutes } from './routes/oidc-token.ts';
import { pipelinePermissionRoutes } from './routes/pipeline-permissions.ts';
import { projectRoutes } from './routes/projects.ts';
import { resourceLocationRoutes } from './routes/resource-locations.ts';

export const devopsRoutes: readonly DevOpsRoute[] = [
  ...projectRoutes,
  ...connectionDataRoutes,
  ...endpointRoutes,
  ...endpointWriteRoutes,
  ...endpointProxyRoutes,
  ...endpointFactRoutes,
  ...pipelinePermissionRoutes,
  ...oidcTokenRoutes,
  ...resourceLocationRoutes,
];
