import { createHash } from 'node:crypto';
import type { Tenant } from '../../seed/tenant.ts';

export const seededOrganization = {
  id: '5a11d0c5-7e4a-4c0d-8b0a-de0000000001',
  name: 'contoso',
} as const;

export const seededProjects = {
  payments: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000001', name: 'Payments' },
  game: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000002', name: 'Space game web agent' },
  empty: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000003', name: 'Empty' },
} as const;

/** The seeded personal access token of a tenant's organization, with full access. It works only in the sandbox. */
export function accessTokenOf({ label }: Pick<Tenant, 'label'>): string {
  const owner = label === seededOrganization.name ? '' : ` of ${label}`;
  return createHash('sha256').update(`tenantry sandbox personal access token${owner}`).digest('hex').slice(0, 52);
}

/** That of Contoso. */
export const seededAccessToken: string = accessTokenOf({ label: seededOrganization.name });
