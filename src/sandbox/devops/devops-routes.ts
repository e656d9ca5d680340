import type { DevOpsRoute } from './devops-call.ts';
import { connectionDataRoutes } from './routes/connection-data.ts';
import { endpointWriteRoutes } from './routes/endpoint-writes.ts';
import { endpointRoutes } from './routes/endpoints.ts';
import { projectRoutes } from './routes/projects.ts';

export const devopsRoutes: readonly DevOpsRoute[] = [
  ...projectRoutes,
  ...connectionDataRoutes,
  ...endpointRoutes,
  ...endpointWriteRoutes,
];
