/** One variant of the union on `authType`. */
export interface AuthVariant {
  /** Members of `credentials` with their kind; undefined when the variant has none. */
  readonly credentials?: Readonly<Record<string, MemberKind>>;
  /** Whether `credentials` takes members besides. */
  readonly hasOpenCredentials: boolean;
  /** Whether the properties take members besides. */
  readonly isOpen: boolean;
}

export type MemberKind = 'text' | 'guid' | 'url' | 'texts';

const open = { hasOpenCredentials: true, isOpen: true };
const closed = { hasOpenCredentials: false, isOpen: false };

/** Source: `WorkspaceConnectionPropertiesV2` of Microsoft.MachineLearningServices 2024-04-01. */
export const authVariants: Readonly<Record<string, AuthVariant>> = {
  PAT: { ...closed, credentials: { pat: 'text' } },
  ManagedIdentity: { ...closed, credentials: { clientId: 'text', resourceId: 'text' } },
  UsernamePassword: { ...closed, credentials: { username: 'text', password: 'text', securityToken: 'text' } },
  None: closed,
  SAS: { ...closed, credentials: { sas: 'text' } },
  AccountKey: { hasOpenCredentials: false, isOpen: true, credentials: { key: 'text' } },
  ServicePrincipal: { ...open, credentials: { clientId: 'text', clientSecret: 'text', tenantId: 'text' } },
  AccessKey: { ...open, credentials: { accessKeyId: 'text', secretAccessKey: 'text' } },
  ApiKey: { ...open, credentials: { key: 'text' } },
  CustomKeys: { ...open, credentials: { keys: 'texts' } },
  OAuth2: {
    ...open,
    credentials: {
      clientId: 'guid',
      clientSecret: 'text',
      authUrl: 'url',
      username: 'text',
      password: 'text',
      refreshToken: 'text',
      developerToken: 'text',
      tenantId: 'text',
    },
  },
  AAD: open,
};
