import { appIds } from './sandbox-credentials.ts';

/** A permission of an API, as `oauth2PermissionScopes` and `appRoles` have it: value, id, words. */
type OwnPermission = readonly [value: string, scopeId: string, roleId: string, words: string];

/** What Tenantry's own app registration lets its callers do (docs/http.md). */
const permissions: readonly OwnPermission[] = [
  [
    'Tenantry.Read',
    '5a11d0c5-7e4a-4c0d-8b0a-5c09e0000001',
    '5a11d0c5-7e4a-4c0d-8b0a-901e00000001',
    'Read with Tenantry',
  ],
  [
    'Tenantry.Write',
    '5a11d0c5-7e4a-4c0d-8b0a-5c09e0000002',
    '5a11d0c5-7e4a-4c0d-8b0a-901e00000002',
    'Write with Tenantry',
  ],
  [
    'Tenantry.Manage',
    '5a11d0c5-7e4a-4c0d-8b0a-5c09e0000003',
    '5a11d0c5-7e4a-4c0d-8b0a-901e00000003',
    'Manage connections of Tenantry',
  ],
];

/**
 * The app that the people of a company sign in to Tenantry with: an API with scopes and app roles, whose access tokens
 * are of version 2.0 and name the groups of the person.
 */
export const companyApp = {
  appId: appIds.company,
  name: 'tenantry-company',
  description: 'People sign in to Tenantry with it; it acts for them',
  roles: [],
  secret: 'valid',
} as const;

/** Delegated permissions that the administrator has consented to, by the name of the API's service principal. */
export const companyGrants: readonly (readonly [resource: string, scope: string])[] = [
  ['Microsoft Graph', 'User.Read User.Read.All Group.Read.All Directory.Read.All Mail.Read'],
  ['Windows Azure Service Management API', 'user_impersonation'],
  ['Azure DevOps', 'user_impersonation'],
  ['Azure Storage', 'user_impersonation'],
];

const scopes = permissions.map(([value, id, , words]) => ({
  ...{ adminConsentDescription: words, adminConsentDisplayName: words, id, isEnabled: true, type: 'User' },
  ...{ userConsentDescription: words, userConsentDisplayName: words, value },
}));

const appRoles = permissions.map(([value, , id, words]) => ({
  ...{ allowedMemberTypes: ['Application', 'User'], description: words, displayName: words, id, isEnabled: true },
  ...{ origin: 'Application', value },
}));

/** What its application has beyond that of any other app. */
export const companyApplication = {
  api: {
    acceptMappedClaims: null,
    knownClientApplications: [],
    requestedAccessTokenVersion: 2,
    oauth2PermissionScopes: scopes,
    preAuthorizedApplications: [],
  },
  appRoles,
  groupMembershipClaims: 'SecurityGroup',
  // Clients on this machine redeem their codes with PKCE alone, and the pages of a server with the secret.
  isFallbackPublicClient: true,
  publicClient: { redirectUris: ['http://localhost'] },
};

/** The same for its service principal. */
export const companyPrincipal = { appRoles, oauth2PermissionScopes: scopes };
