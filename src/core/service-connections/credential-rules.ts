import type {
  ServiceConnectionCredential,
  ServiceConnectionScheme,
  ServiceConnectionTarget,
} from './service-connection.ts';

type Level = ServiceConnectionTarget['level'];

/** The schemes that Azure DevOps can test: it has neither an agent's identity nor a way to try a publish profile. */
export const testableSchemes: readonly ServiceConnectionScheme[] = ['WorkloadIdentityFederation', 'ServicePrincipal'];

/** What the service can convert, and can take back within seven days. */
export const conversion = { from: 'ServicePrincipal', to: 'WorkloadIdentityFederation' } as const;

export type CredentialKind = ServiceConnectionCredential['kind'];

/** Arguments of the tool that name an identity or bring a secret. */
export type CredentialField =
  | 'client_id'
  | 'managed_identity_id'
  | 'certificate'
  | 'client_secret'
  | 'web_app_id'
  | 'publish_profile';

interface CredentialRule {
  readonly schemes: readonly ServiceConnectionScheme[];
  readonly levels: readonly Level[];
  /** Whether access may be limited to one resource group. */
  readonly takesGroup: boolean;
  /** Its arguments, all required; the last one identifies it. */
  readonly fields: readonly CredentialField[];
  /** What it is called in messages. */
  readonly words: string;
  /** What the portal calls the identity of a federated connection: `data.identityType`. */
  readonly identityType?: string;
  /** Whether it signs in as an app: `serviceprincipalid` of the authorization's parameters. */
  readonly hasApp: boolean;
  /** Where its secret stands in the authorization's parameters. */
  readonly secret?: { readonly parameter: string; readonly authenticationType?: string };
}

const everyLevel: readonly Level[] = ['Subscription', 'ManagementGroup', 'AzureMLWorkspace'];
const withoutWorkspaces: readonly Level[] = ['Subscription', 'ManagementGroup'];

/**
 * Valid combinations, as in the portal's dialogs: the one for a service principal by hand (key or certificate) offers
 * subscriptions and management groups only, and so do those for an agent's identity and a publish profile. Kinds of one scheme are in the order in which they are matched.
 * https://learn.microsoft.com/azure/devops/pipelines/library/connect-to-azure
 */
export const credentialRules: Readonly<Record<CredentialKind, CredentialRule>> = {
  automatic: {
    schemes: ['WorkloadIdentityFederation', 'ServicePrincipal'],
    levels: everyLevel,
    takesGroup: true,
    fields: [],
    words: 'automatic',
    identityType: 'AppRegistrationAutomatic',
    hasApp: true,
  },
  app_registration: {
    schemes: ['WorkloadIdentityFederation'],
    levels: everyLevel,
    takesGroup: true,
    fields: ['client_id'],
    words: 'client_id',
    identityType: 'AppRegistrationManual',
    hasApp: true,
  },
  managed_identity: {
    schemes: ['WorkloadIdentityFederation'],
    levels: everyLevel,
    takesGroup: true,
    fields: ['managed_identity_id'],
    words: 'managed_identity_id',
    identityType: 'ManagedIdentity',
    hasApp: true,
  },
  certificate: {
    schemes: ['ServicePrincipal'],
    levels: withoutWorkspaces,
    takesGroup: true,
    fields: ['client_id', 'certificate'],
    words: 'certificate',
    hasApp: true,
    secret: { parameter: 'servicePrincipalCertificate', authenticationType: 'spnCertificate' },
  },
  key: {
    schemes: ['ServicePrincipal'],
    levels: withoutWorkspaces,
    takesGroup: true,
    fields: ['client_id', 'client_secret'],
    words: 'client_secret',
    hasApp: true,
    secret: { parameter: 'serviceprincipalkey', authenticationType: 'spnKey' },
  },
  agent: {
    schemes: ['ManagedServiceIdentity'],
    levels: withoutWorkspaces,
    takesGroup: false,
    fields: [],
    words: "an agent's identity",
    hasApp: false,
  },
  publish_profile: {
    schemes: ['PublishProfile'],
    levels: ['Subscription'],
    takesGroup: false,
    fields: ['web_app_id', 'publish_profile'],
    words: 'publish_profile',
    hasApp: false,
    secret: { parameter: 'publishProfile' },
  },
};

/** The kinds of credential, in the order of the table. */
// The keys of the table are exactly the kinds, which `Object.keys` does not tell.
export const credentialKinds = Object.keys(credentialRules) as readonly CredentialKind[];

/** What a scheme takes. */
export function kindsOf(scheme: ServiceConnectionScheme): readonly CredentialKind[] {
  return credentialKinds.filter((kind) => credentialRules[kind].schemes.includes(scheme));
}

/** The words of the tool for the levels of the service. */
export const levelWords = {
  Subscription: 'subscription',
  ManagementGroup: 'management_group',
  AzureMLWorkspace: 'ml_workspace',
} as const satisfies Readonly<Record<Level, string>>;
