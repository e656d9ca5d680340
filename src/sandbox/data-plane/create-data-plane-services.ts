import type { SandboxService } from '../service.ts';
import { createBlobService } from './blob-service.ts';
import type { DataPlaneParts } from './data-plane-call.ts';
import { createSearchService } from './search-service.ts';
import { createServiceBusService } from './servicebus-service.ts';

/** The data planes that the sandbox has. PostgreSQL and Gremlin can only be discovered. */
export function createDataPlaneServices(parts: DataPlaneParts): readonly SandboxService[] {
  return [createBlobService(parts), createServiceBusService(parts), createSearchService(parts)];
}
