import { z } from 'zod';
import type { FederatedParent } from '../../identities/identities.ts';
import type { Endpoint } from '../endpoints.ts';
import { readConnectionData } from './connection-data.ts';
import type { Creation } from './creation.ts';
import { nameTaken } from './existing-connection.ts';

const creatorSchema = z.object({ createdBy: z.object({ id: z.string() }) });

/**
 * Whoever makes a service connection administers it, and can let any pipeline use it. So one that was there gets trust of
 * an app only where we have made it; one that the app trusts already gains nothing. Throws `conflict` otherwise.
 */
export async function requireOwnEndpoint(
  { plan, parts, scope, call }: Creation,
  endpoint: Endpoint,
  parent: FederatedParent,
): Promise<void> {
  const creator = creatorSchema.safeParse(endpoint).data?.createdBy.id.toLowerCase();
  const { devops, identities } = parts;
  const { callerId } = await readConnectionData(devops, devops.organizationOf(scope), call);
  if (creator === callerId) return;
  const credentials = await identities.listFederatedCredentials(parent, call);
  if (credentials.some(({ name }) => name === `azure-devops-${endpoint.id}`)) return;
  throw nameTaken(plan, endpoint, 'somebody else made it, so that the identity was not made to trust it');
}
