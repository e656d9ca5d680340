import type { WorkspaceAuthType } from './workspace-connection.ts';

/** What a member of `credentials` may hold. Identifiers are shown like any other text; secrets never. */
export type MemberKind =
  | 'secret'
  /** A map of names to secrets. */
  | 'secrets'
  | 'text'
  | 'guid'
  | 'url';

/** One variant of the union on `authType`. */
export interface AuthVariant {
  /** Members of `credentials` by name; undefined where there are no credentials at all. */
  readonly credentials?: Readonly<Record<string, MemberKind>>;
  /** Members that the service needs to sign in. */
  readonly needed: readonly string[];
  /** All of the needed members, or none. */
  readonly orNone?: true;
  /** Whether `properties` and `credentials` may have members that are not in the specification. */
  readonly isOpen: { readonly properties: boolean; readonly credentials: boolean };
}

const open = { properties: true, credentials: true };
const closed = { properties: false, credentials: false };

/**
 * The twelve variants of api-version 2024-04-01. `needed` is what the shape and the prose of the specification ask for:
 * its schema requires no member of any `credentials`.
 *
 * `AccountKey` has `key`: the first edition of the specification said `sas`, and was corrected.
 * https://learn.microsoft.com/rest/api/azureml/workspace-connections/create?view=rest-azureml-2024-04-01
 */
export const authVariants: Readonly<Record<WorkspaceAuthType, AuthVariant>> = {
  PAT: { credentials: { pat: 'secret' }, needed: ['pat'], isOpen: closed },
  ManagedIdentity: {
    credentials: { clientId: 'text', resourceId: 'text' },
    needed: ['clientId', 'resourceId'],
    orNone: true,
    isOpen: closed,
  },
  UsernamePassword: {
    credentials: { username: 'text', password: 'secret', securityToken: 'secret' },
    needed: ['username', 'password'],
    isOpen: closed,
  },
  None: { needed: [], isOpen: closed },
  SAS: { credentials: { sas: 'secret' }, needed: ['sas'], isOpen: closed },
  AccountKey: {
    credentials: { key: 'secret' },
    needed: ['key'],
    isOpen: { properties: true, credentials: false },
  },
  ServicePrincipal: {
    credentials: { clientId: 'text', clientSecret: 'secret', tenantId: 'text' },
    needed: ['clientId', 'clientSecret', 'tenantId'],
    isOpen: open,
  },
  AccessKey: {
    credentials: { accessKeyId: 'text', secretAccessKey: 'secret' },
    needed: ['accessKeyId', 'secretAccessKey'],
    isOpen: open,
  },
  ApiKey: { credentials: { key: 'secret' }, needed: ['key'], isOpen: open },
  CustomKeys: { credentials: { keys: 'secrets' }, needed: ['keys'], isOpen: open },
  OAuth2: {
    credentials: {
      clientId: 'guid',
      clientSecret: 'secret',
      authUrl: 'url',
      username: 'text',
      password: 'secret',
      refreshToken: 'secret',
      developerToken: 'secret',
      tenantId: 'text',
    },
    needed: ['clientId', 'clientSecret'],
    isOpen: open,
  },
  AAD: { needed: [], isOpen: open },
};

/** An auth type without a published shape takes whatever it is given. */
const unpublished: AuthVariant = { credentials: {}, needed: [], isOpen: open };

/** The variant of an auth type; in AI Foundry there are more of them than shapes. */
export function variantOf(authType: string): AuthVariant {
  return (
    (Object.hasOwn(authVariants, authType) ? authVariants[authType as WorkspaceAuthType] : undefined) ?? unpublished
  );
}

/** Auth types of AI Foundry that sign in as somebody: they keep no secret. */
const identityTypes: ReadonlySet<string> = new Set([
  'ProjectManagedIdentity',
  'AccountManagedIdentity',
  'UserEntraToken',
  'AgentUserImpersonation',
  'AgenticIdentityToken',
  'AgenticUser',
  'UserTokenAndProjectManagedIdentity',
  // What answers call `ManagedIdentity`.
  'RegistryIdentity',
]);

/** What OAuth2 needs in addition, by category. Source as above: the descriptions of the members. */
const oauthNeeds: Readonly<Record<string, readonly string[]>> = {
  Concur: ['authUrl', 'username', 'password'],
  ServiceNow: ['username', 'password'],
  GoogleAdWords: ['developerToken', 'refreshToken'],
  GoogleBigQuery: ['refreshToken'],
  Hubspot: ['refreshToken'],
  QuickBooks: ['refreshToken', 'tenantId'],
  Square: ['refreshToken'],
  Xero: ['refreshToken', 'tenantId'],
  Zoho: ['refreshToken'],
};

/** Members of `credentials` that a connection of this auth type and category cannot do without. */
export function neededMembers(authType: string, category: unknown): readonly string[] {
  const { needed } = variantOf(authType);
  const special = authType === 'OAuth2' && typeof category === 'string' ? category : '';
  return Object.hasOwn(oauthNeeds, special) ? [...needed, ...(oauthNeeds[special] ?? [])] : needed;
}

/** Whether a stored connection of this auth type keeps something that the service never gives back. */
export function holdsSecret(authType: string): boolean {
  if (!Object.hasOwn(authVariants, authType)) {
    // A newer auth type than we know: better to ask once too often.
    return !identityTypes.has(authType);
  }
  const { credentials = {} } = variantOf(authType);
  return Object.values(credentials).some(isSecret);
}

/** Every name that a member of `credentials` has in any variant. */
export function credentialNames(): ReadonlySet<string> {
  return new Set(Object.values(authVariants).flatMap(({ credentials = {} }) => Object.keys(credentials)));
}

/** Whether a member of this name is an identifier wherever it appears: shown like any other text. */
export function isIdentifier(name: string): boolean {
  const kinds = Object.values(authVariants).flatMap(({ credentials = {} }) =>
    Object.hasOwn(credentials, name) ? [credentials[name]] : [],
  );
  return kinds.length > 0 && !kinds.some(isSecret);
}

function isSecret(kind: MemberKind | undefined): boolean {
  return kind === 'secret' || kind === 'secrets';
}
