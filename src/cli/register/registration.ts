import { createHash } from 'node:crypto';
import { type Right, rights } from '../../core/base/caller.ts';
import { scopeNames } from '../../server/required-rights.ts';

/** Clients that get tokens without asking each person for consent: they are registered with Microsoft already. */
const knownClients: Readonly<Record<string, string>> = {
  'Visual Studio Code': 'aebc6443-996d-45c2-90f0-388ff96faa56',
  'Azure CLI': '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
};

const texts: Readonly<Record<Right, { readonly title: string; readonly description: string }>> = {
  read: {
    title: 'Read through Tenantry',
    description: 'Read what the connections of Tenantry that are yours or shared with you can read.',
  },
  write: {
    title: 'Change things through Tenantry',
    description: 'Also change what these connections can change.',
  },
  manage: {
    title: 'Manage connections of Tenantry',
    description: 'Also create, complete and delete connections of your own.',
  },
};

/** Namespace of the ids below, made up once. Ids of permissions need to differ only within one app. */
const namespace = '6f1b6c0e-6f0b-4c55-9f2a-5f6f1d0a7a11';

/** The same name has the same id on every run: RFC 9562 section 5.5. */
export function stableId(name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const idOf = (right: Right) => stableId(scopeNames[right]);

/**
 * A scope and an app role may have one value only where they also share id and texts, and are sent together:
 * https://github.com/MicrosoftDocs/azure-docs/issues/81899
 */
const scopes = rights.map((right) => ({
  id: idOf(right),
  value: scopeNames[right],
  // What changes connections is for an administrator to allow.
  type: right === 'manage' ? 'Admin' : 'User',
  isEnabled: true,
  adminConsentDisplayName: texts[right].title,
  adminConsentDescription: texts[right].description,
  userConsentDisplayName: texts[right].title,
  userConsentDescription: texts[right].description,
}));

const appRoles = rights.map((right) => ({
  id: idOf(right),
  value: scopeNames[right],
  displayName: texts[right].title,
  description: texts[right].description,
  isEnabled: true,
  allowedMemberTypes: ['User', 'Application'],
}));

const api = { requestedAccessTokenVersion: 2, oauth2PermissionScopes: scopes };

/** What the app offers, and what its tokens say: version 2.0, its kind, and the groups that are assigned to it. */
export const offered = {
  api,
  appRoles,
  groupMembershipClaims: 'ApplicationGroup',
  optionalClaims: { accessToken: [{ name: 'idtyp' }, { name: 'acct' }] },
};

/** Its own request: permissions have to exist before a client is let in to them. `api` is replaced as a whole. */
export const preAuthorized = {
  api: {
    ...api,
    preAuthorizedApplications: Object.values(knownClients).map((appId) => ({
      appId,
      delegatedPermissionIds: rights.map(idOf),
    })),
  },
};

/** The role that somebody gets who is assigned as `right` says. */
export function roleIdOf(right: Right): string {
  return idOf(right);
}
