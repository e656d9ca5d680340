import { seededOrganization } from '../devops/seed/devops-credentials.ts';
import { clientSecretOf } from '../entra/client-secret.ts';
import type { SandboxCredentials } from '../sandbox.ts';
import { localizeText } from './localize.ts';
import { tenant as contoso, type Tenant } from './tenant.ts';

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
  company: '5a11d0c5-7e4a-4c0d-8b0a-a99000000007',
} as const;

/** The app `tenantry-sandbox` of a tenant, with every permission in the seed. Its secret works only in the sandbox. */
export function credentialsOf(tenant: Tenant): SandboxCredentials {
  return {
    tenantId: tenant.id,
    subscriptionId: tenant.subscriptionId,
    clientId: localizeText(appIds.sandbox, tenant),
    clientSecret: clientSecretOf(localizeText(sandboxKeyId, tenant)),
    organization: localizeText(seededOrganization.name, tenant),
  };
}

/** That of Contoso. */
export const sandboxCredentials: SandboxCredentials = credentialsOf(contoso);

/** Credentials of the other seeded apps, by what they demonstrate. */
export function seededCredentials(app: Exclude<keyof typeof appIds, 'sandbox'>): SandboxCredentials {
  return { ...sandboxCredentials, clientId: appIds[app], clientSecret: clientSecretOf(appKeyId(appIds[app])) };
}

/** Key id of a seeded app's secret. */
export function appKeyId(appId: string): string {
  return appId === appIds.sandbox ? sandboxKeyId : `5a11d0c5-7e4a-4c0d-8b0a-5ec8${appId.slice(-8)}`;
}

/** The app of a tenant that people sign in to Tenantry with (`http.sign_in`), and that acts for them. */
export function companyCredentials(
  tenant: Tenant = contoso,
): Pick<SandboxCredentials, 'tenantId' | 'clientId' | 'clientSecret'> {
  return {
    tenantId: tenant.id,
    clientId: localizeText(appIds.company, tenant),
    clientSecret: clientSecretOf(localizeText(appKeyId(appIds.company), tenant)),
  };
}
