import type { ArmStore } from '../../arm/arm-store.ts';
import { localizeText } from '../../seed/localize.ts';
import { tenant } from '../../seed/tenant.ts';
import type { TextMap } from '../devops-store.ts';
import { forbiddenRole } from '../endpoints/automatic-endpoint.ts';
import { seededProjects } from './devops-credentials.ts';

/** A seeded endpoint; absent members have defaults. */
export interface EndpointSeed {
  readonly name: string;
  readonly description?: string;
  /** Project ids; default: Payments. */
  readonly projects?: readonly string[];
  readonly type?: string;
  readonly url?: string;
  readonly scheme?: string;
  readonly creationMode?: 'Automatic' | 'Manual';
  /** The app behind it; a string is the client id of an existing app. */
  readonly app?: 'new' | 'none' | { readonly clientId: string };
  /** ARM role of a new app at its scope; `none` for no role. */
  readonly role?: 'contributor' | 'reader' | 'none';
  readonly parameters?: TextMap;
  readonly data?: TextMap;
  /** Days from the start of the clock until a new app's secret expires. */
  readonly secretDays?: number;
  /** Days from the start of the clock until a conversion can no longer be reverted, seven days after it. */
  readonly revertDays?: number;
  readonly issuer?: 'entra' | 'vstoken';
  /** The message of a failed creation. */
  readonly failure?: string;
}

const { payments, game } = seededProjects;

const development: TextMap = { subscriptionId: tenant.secondSubscriptionId, subscriptionName: 'Contoso Development' };
const federation = 'WorkloadIdentityFederation';

/** One or two endpoints of every kind. */
export function endpointSeeds({ arm }: { readonly arm: ArmStore }): readonly EndpointSeed[] {
  const production = `/subscriptions/${tenant.subscriptionId}`;
  const webGroup = `${production}/resourceGroups/rg-contoso-web`;
  const identityId = `${webGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-contoso-shop`;
  const identityClientId = String(arm.resource(localizeText(identityId, arm.tenant))?.properties['clientId'] ?? '');
  return [
    { name: 'azure-production', description: 'Deploys to production' },
    { name: 'azure-development', description: 'Was converted to federation once, and reverted', data: development },
    { name: 'azure-web-group', parameters: { scope: `${production}/resourcegroups/rg-contoso-web` } },
    { name: 'azure-expired-secret', secretDays: -12 },
    { name: 'azure-manual-key', creationMode: 'Manual', role: 'reader' },
    {
      name: 'azure-manual-certificate',
      creationMode: 'Manual',
      parameters: { authenticationType: 'spnCertificate', servicePrincipalCertificate: lostCertificate },
    },
    { name: 'azure-federated-manual', creationMode: 'Manual', scheme: federation, role: 'reader' },
    {
      name: 'azure-federated-identity',
      creationMode: 'Manual',
      scheme: federation,
      app: { clientId: identityClientId },
      data: { identityType: 'ManagedIdentity', resourceId: identityId },
      role: 'reader',
    },
    { name: 'azure-federated-automatic', scheme: federation },
    { name: 'azure-federated-old-issuer', scheme: federation, issuer: 'vstoken' },
    { name: 'azure-federated-without-role', scheme: federation, role: 'none' },
    { name: 'azure-converted-yesterday', scheme: federation, revertDays: 6 },
    { name: 'azure-converted-last-month', scheme: federation, revertDays: -23 },
    { name: 'azure-shared', projects: [payments.id, game.id] },
    {
      name: 'azure-failed',
      scheme: federation,
      app: 'none',
      data: development,
      failure: forbiddenRole(
        'emergency.access@contoso.onmicrosoft.com',
        '5a11d0c5-7e4a-4c0d-8b0a-de0900000001',
        `/subscriptions/${tenant.secondSubscriptionId}`,
        '5a11d0c5-7e4a-4c0d-8b0a-de0800000099',
      ),
    },
    { name: 'azure-agent-identity', creationMode: 'Manual', scheme: 'ManagedServiceIdentity', app: 'none' },
    {
      name: 'azure-publish-profile',
      creationMode: 'Manual',
      scheme: 'PublishProfile',
      app: 'none',
      parameters: { publishProfile: '<publishData><publishProfile profileName="shop" /></publishData>' },
      data: { resourceId: `${webGroup}/providers/Microsoft.Web/sites/app-contoso-shop` },
    },
    {
      name: 'github-contoso',
      type: 'github',
      url: 'https://github.com',
      scheme: 'Token',
      app: 'none',
      parameters: { AccessToken: 'no-token-of-anybody' },
    },
    { name: 'azure-game', projects: [game.id], data: development },
    {
      name: 'azure-management-group',
      projects: [game.id],
      creationMode: 'Manual',
      role: 'reader',
      data: {
        scopeLevel: 'ManagementGroup',
        managementGroupId: 'mg-contoso-development',
        managementGroupName: 'Development',
      },
    },
  ];
}

/** Formatted like the PEM that the service expects, but no app has it. */
const lostCertificate = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';
