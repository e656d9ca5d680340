import { seededOrganization } from '../devops/seed/devops-credentials.ts';
import { clientSecretOf } from '../entra/client-secret.ts';
import type { SandboxCredentials } from '../sandbox.ts';
import { tenant } from './tenant.ts';

/** Key id of the sandbox app's secret. */
const sandboxKeyId = '5a11d0c5-7e4a-4c0d-8b0a-5ec700000001';

/** App ids of the seeded apps for sign-in. */
export const appIds = {
  sandbox: '5a11d0c5-7e4a-4c0d-8b0a-a99000000001',
  readOnly: '5a11d0c5-7e4a-4c0d-8b0a-a99000000002',
  noRoles: '5a11d0c5-7e4a-4c0d-8b0a-a99000000003',
  expired: '5a11d0c5-7e4a-4c0d-8b0a-a99000000004',
  disabled: '5a11d0c5-7e4a-4c0d-8b0a-a99000000005',
  limited: '5a11d0c5-7e4a-4c0d-8b0a-a99000000006',
} as const;

/** The app `tenantry-sandbox`, with every permission in the seed. Its secret works only in the sandbox. */
export const sandboxCredentials: SandboxCredentials = {
  tenantId: tenant.id,
  subscriptionId: tenant.subscriptionId,
  clientId: appIds.sandbox,
  clientSecret: clientSecretOf(sandboxKeyId),
  organization: seededOrganization.name,
};

/** Credentials of the other seeded apps, by what they demonstrate. */
export function seededCredentials(app: Exclude<keyof typeof appIds, 'sandbox'>): SandboxCredentials {
  return { ...sandboxCredentials, clientId: appIds[app], clientSecret: clientSecretOf(appKeyId(appIds[app])) };
}

/** Key id of a seeded app's secret. */
export function appKeyId(appId: string): string {
  return appId === appIds.sandbox ? sandboxKeyId : `5a11d0c5-7e4a-4c0d-8b0a-5ec8${appId.slice(-8)}`;
}
