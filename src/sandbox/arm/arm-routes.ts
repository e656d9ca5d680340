import type { ArmRoute } from './arm-call.ts';
import { providerRoutes } from './routes/providers.ts';
import { resourceGroupRoutes } from './routes/resource-groups.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';

/** Routes that are more than "any resource of a provider", the first that fits counts. */
export const armRoutes: readonly ArmRoute[] = [...subscriptionRoutes, ...providerRoutes, ...resourceGroupRoutes];
