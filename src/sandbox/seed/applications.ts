import type { Entity } from '../base/entity-store.ts';
import { clientSecretOf, secretHint } from '../entra/client-secret.ts';
import { newApplication, newServicePrincipal } from '../graph/writes/new-objects.ts';
import { companyApp, companyApplication, companyGrants, companyPrincipal } from './company-app.ts';
import { graphAppRoles, graphScopes } from './graph-permissions.ts';
import { identityPrincipal, seededIdentity } from './managed-identities.ts';
import { appIds, appKeyId } from './sandbox-credentials.ts';
import type { SeedScope } from './seed.ts';
import type { SeedIds } from './seed-ids.ts';
import { tenant } from './tenant.ts';
import { timestamp } from './timestamp.ts';

export const graphAppId = '00000003-0000-0000-c000-000000000000';

interface AppDefinition {
  readonly appId: string;
  readonly name: string;
  readonly description: string;
  /** Granted application permissions of Microsoft Graph. */
  readonly roles: readonly string[];
  readonly secret?: 'valid' | 'expired';
  readonly disabled?: boolean;
  readonly tags?: readonly string[];
  readonly federated?: { readonly name: string; readonly issuer: string; readonly subject: string };
}

const github = 'https://token.actions.githubusercontent.com';

function appDefinitions(ids: SeedIds): readonly AppDefinition[] {
  return [
    {
      appId: appIds.sandbox,
      name: 'tenantry-sandbox',
      description: 'Every application permission that the sandbox knows',
      roles: graphAppRoles.map(([value]) => value),
      secret: 'valid',
      federated: { name: 'github-main', issuer: github, subject: 'repo:contoso/platform:ref:refs/heads/main' },
    },
    {
      appId: appIds.readOnly,
      name: 'tenantry-read-only',
      description: 'May read the directory and nothing else',
      roles: ['Directory.Read.All', 'User.Read.All', 'Group.Read.All', 'Device.Read.All', 'Application.Read.All'],
      secret: 'valid',
    },
    {
      appId: appIds.noRoles,
      name: 'tenantry-no-roles',
      description: 'Registered, without consent',
      roles: [],
      secret: 'valid',
    },
    {
      appId: appIds.expired,
      name: 'tenantry-expired',
      description: 'Its secret has expired',
      roles: ['User.Read.All'],
      secret: 'expired',
    },
    {
      appId: appIds.disabled,
      name: 'tenantry-disabled',
      description: 'Sign-in is switched off',
      roles: ['User.Read.All'],
      secret: 'valid',
      disabled: true,
    },
    {
      appId: ids.idOf('appId', 0),
      name: 'HR Portal',
      description: 'Self service for employees',
      roles: ['User.Read.All'],
      tags: ['hr'],
    },
    {
      appId: ids.idOf('appId', 1),
      name: 'Payroll Export',
      description: 'Nightly export to the payroll provider',
      roles: ['User.ReadBasic.All', 'Mail.Send'],
      secret: 'valid',
      tags: ['finance'],
    },
    {
      appId: ids.idOf('appId', 2),
      name: 'Web Shop Deployment',
      description: 'Deploys the web shop from GitHub',
      roles: [],
      federated: { name: 'github-production', issuer: github, subject: 'repo:contoso/web-shop:environment:production' },
    },
    {
      appId: appIds.limited,
      name: 'tenantry-limited',
      description: 'Sees the production subscription and lacks the roles for its data',
      roles: ['User.Read.All'],
      secret: 'valid',
    },
  ];
}

/** Service principals of Microsoft's own applications. */
const resourceDefinitions = [
  {
    appId: graphAppId,
    name: 'Microsoft Graph',
    names: [
      'https://graph.microsoft.com',
      'https://graph.microsoft.us',
      'https://dod-graph.microsoft.us',
      'https://microsoftgraph.chinacloudapi.cn',
    ],
  },
  {
    appId: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    name: 'Windows Azure Service Management API',
    names: ['https://management.azure.com', 'https://management.core.windows.net'],
  },
  {
    appId: '499b84ac-1321-427f-aa17-267ca6975798',
    name: 'Azure DevOps',
    names: ['https://app.vssps.visualstudio.com'],
  },
  { appId: 'e406a681-f3d4-42a8-90b6-c2b029497af1', name: 'Azure Storage', names: ['https://storage.azure.com'] },
] as const;

const microsoftTenantId = 'f8cdef31-a31e-4b4a-93e4-5f571e91255a';

/** Applications with their service principals and grants. */
interface ApplicationSeed {
  readonly applications: readonly Entity[];
  readonly servicePrincipals: readonly Entity[];
  readonly federatedIdentityCredentials: readonly Entity[];
  readonly appRoleAssignments: readonly Entity[];
  readonly oAuth2PermissionGrants: readonly Entity[];
  /** Pairs application → federated credential. */
  readonly federatedPairs: readonly (readonly [string, string])[];
  readonly ownerPairs: readonly (readonly [string, string])[];
}

export function applicationSeed({ ids, now }: SeedScope): ApplicationSeed {
  const definitions = appDefinitions(ids);
  const applications = definitions.map((definition, index) =>
    applicationOf(definition, ids.idOf('application', index), now),
  );
  const ownSps = definitions.map((definition, index) =>
    servicePrincipalOf(definition, ids.idOf('servicePrincipal', index)),
  );
  const resourceSps = resourceDefinitions.map((definition, index) =>
    resourceOf(definition, ids.idOf('servicePrincipal', definitions.length + index)),
  );
  const identitySp = identityPrincipal({
    ...seededIdentity,
    principalId: ids.idOf('servicePrincipal', definitions.length + resourceDefinitions.length),
  });
  // After everything else, so that no other object gets another id.
  const company = companySeed(ids, { definitions: definitions.length, resources: resourceSps }, now);
  const graphSpId = ids.idOf('servicePrincipal', definitions.length);
  const federated = definitions.flatMap(({ federated: credential }, index) =>
    credential ? [{ application: ids.idOf('application', index), credential }] : [],
  );
  const federatedIdentityCredentials = federated.map(({ credential }, index) => ({
    id: ids.idOf('federatedIdentityCredential', index),
    ...credential,
    description: null,
    audiences: ['api://AzureADTokenExchange'],
  }));
  const owner = ids.idOf('user', 0);
  return {
    applications: [...applications, company.application],
    servicePrincipals: [...ownSps, ...resourceSps, identitySp, company.servicePrincipal],
    federatedIdentityCredentials,
    appRoleAssignments: assignmentsOf(definitions, graphSpId, ids),
    oAuth2PermissionGrants: [...grantsOf(graphSpId, ids), ...company.grants],
    federatedPairs: federated.map(({ application }, index) => [
      application,
      ids.idOf('federatedIdentityCredential', index),
    ]),
    ownerPairs: applications.slice(5).map(({ id }) => [id, owner]),
  };
}

interface CompanyPlace {
  /** Number of the other apps. */
  readonly definitions: number;
  readonly resources: readonly Entity[];
}

/** The app that people sign in with, and what it may do for them. */
function companySeed(ids: SeedIds, { definitions, resources }: CompanyPlace, now: number) {
  const application = {
    ...applicationOf(companyApp, ids.idOf('application', definitions), now),
    ...companyApplication,
  };
  const servicePrincipalId = ids.idOf('servicePrincipal', definitions + resourceDefinitions.length + 1);
  const servicePrincipal = { ...servicePrincipalOf(companyApp, servicePrincipalId), ...companyPrincipal };
  const grants = companyGrants.map(([resource, scope], index) => ({
    id: ids.idOf('oAuth2PermissionGrant', 2 + index),
    clientId: servicePrincipalId,
    consentType: 'AllPrincipals',
    principalId: null,
    resourceId: resources.find(({ displayName }) => displayName === resource)?.id ?? '',
    scope,
  }));
  return { application, servicePrincipal, grants };
}

function applicationOf(definition: AppDefinition, id: string, now: number): Entity {
  const { appId, name, description, secret, tags = [] } = definition;
  const roleIds = graphAppRoles.filter(([value]) => definition.roles.includes(value));
  return newApplication({
    id,
    appId,
    displayName: name,
    description,
    tags,
    uniqueName: name.toLowerCase().replaceAll(' ', '-'),
    // The sandbox app can sign in users by device code, without a secret.
    isFallbackPublicClient: appId === appIds.sandbox ? true : null,
    createdDateTime: '2025-05-20T08:00:00Z',
    publisherDomain: tenant.domain,
    identifierUris: [`api://${appId}`],
    passwordCredentials: secret ? [passwordOf(appId, secret, now)] : [],
    requiredResourceAccess:
      roleIds.length === 0
        ? []
        : [{ resourceAppId: graphAppId, resourceAccess: roleIds.map(([, roleId]) => ({ id: roleId, type: 'Role' })) }],
  });
}

function passwordOf(appId: string, secret: 'valid' | 'expired', now: number) {
  const keyId = appKeyId(appId);
  const day = 86_400_000;
  const end = secret === 'valid' ? now + 400 * day : now - 40 * day;
  return {
    customKeyIdentifier: null,
    displayName: 'sandbox',
    endDateTime: timestamp(end),
    hint: secretHint(clientSecretOf(keyId)),
    keyId,
    secretText: null,
    startDateTime: timestamp(end - 730 * day),
  };
}

function servicePrincipalOf({ appId, name, description, disabled, tags = [] }: AppDefinition, id: string): Entity {
  return newServicePrincipal({
    id,
    appId,
    displayName: name,
    appDescription: description,
    accountEnabled: !disabled,
    appOwnerOrganizationId: tenant.id,
    createdDateTime: '2025-05-20T08:00:05Z',
    servicePrincipalNames: [appId, `api://${appId}`],
    tags: ['WindowsAzureActiveDirectoryIntegratedApp', ...tags],
  });
}

function resourceOf({ appId, name, names }: (typeof resourceDefinitions)[number], id: string): Entity {
  const isGraph = appId === graphAppId;
  return newServicePrincipal({
    id,
    appId,
    displayName: name,
    appOwnerOrganizationId: microsoftTenantId,
    createdDateTime: tenant.createdAt,
    servicePrincipalNames: [appId, ...names],
    publisherName: 'Microsoft Services',
    signInAudience: 'AzureADMultipleOrgs',
    appRoles: isGraph
      ? graphAppRoles.map(([value, roleId, displayName]) => ({
          allowedMemberTypes: ['Application'],
          description: displayName,
          displayName,
          id: roleId,
          isEnabled: true,
          origin: 'Application',
          value,
        }))
      : [],
    oauth2PermissionScopes: isGraph
      ? graphScopes.map(([value, scopeId, displayName]) => ({
          adminConsentDescription: displayName,
          adminConsentDisplayName: displayName,
          id: scopeId,
          isEnabled: true,
          type: 'Admin',
          userConsentDescription: null,
          userConsentDisplayName: null,
          value,
        }))
      : [],
  });
}

function assignmentsOf(definitions: readonly AppDefinition[], resourceId: string, ids: SeedIds): Entity[] {
  const granted = definitions.flatMap(({ name, roles }, index) => {
    const principalId = ids.idOf('servicePrincipal', index);
    const known = graphAppRoles.filter(([value]) => roles.includes(value));
    return known.map(([, appRoleId]) => ({ appRoleId, principalDisplayName: name, principalId }));
  });
  return granted.map((grant, index) => ({
    id: ids.idOf('appRoleAssignment', index),
    deletedDateTime: null,
    createdDateTime: '2025-05-20T08:01:00Z',
    ...grant,
    principalType: 'ServicePrincipal',
    resourceDisplayName: 'Microsoft Graph',
    resourceId,
  }));
}

function grantsOf(resourceId: string, ids: SeedIds): Entity[] {
  const hrPortal = ids.idOf('servicePrincipal', 5);
  return [
    {
      id: ids.idOf('oAuth2PermissionGrant', 0),
      clientId: hrPortal,
      consentType: 'AllPrincipals',
      principalId: null,
      resourceId,
      scope: 'User.Read User.ReadBasic.All',
    },
    {
      id: ids.idOf('oAuth2PermissionGrant', 1),
      clientId: hrPortal,
      consentType: 'Principal',
      principalId: ids.idOf('user', 0),
      resourceId,
      scope: 'Mail.Read',
    },
  ];
}
