import { createHash } from 'node:crypto';

export const seededOrganization = {
  id: '5a11d0c5-7e4a-4c0d-8b0a-de0000000001',
  name: 'contoso',
} as const;

export const seededProjects = {
  payments: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000001', name: 'Payments' },
  game: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000002', name: 'Space game web agent' },
  empty: { id: '5a11d0c5-7e4a-4c0d-8b0a-de0100000003', name: 'Empty' },
} as const;

/** The seeded personal access token, with full access. It works only in the sandbox. */
export const seededAccessToken: string = createHash('sha256')
  .update('tenantry sandbox personal access token')
  .digest('hex')
  .slice(0, 52);
