import type {
  ServiceConnectionCredential,
  ServiceConnectionScheme,
  ServiceConnectionTarget,
} from '../service-connection.ts';

type Kind = ServiceConnectionCredential['kind'];
type Level = ServiceConnectionTarget['level'];

interface CredentialRule {
  readonly schemes: readonly ServiceConnectionScheme[];
  readonly levels: readonly Level[];
  /** Whether access may be limited to one resource group. */
  readonly takesGroup: boolean;
}

const everyLevel: readonly Level[] = ['Subscription', 'ManagementGroup', 'AzureMLWorkspace'];

/**
 * What goes with what, as the portal's dialogs offer it: workspaces are not for those who bring a secret, an agent's
 * identity or a publish profile.
 * https://learn.microsoft.com/azure/devops/pipelines/library/connect-to-azure
 */
export const credentialRules: Readonly<Record<Kind, CredentialRule>> = {
  automatic: { schemes: ['WorkloadIdentityFederation', 'ServicePrincipal'], levels: everyLevel, takesGroup: true },
  app_registration: { schemes: ['WorkloadIdentityFederation'], levels: everyLevel, takesGroup: true },
  managed_identity: { schemes: ['WorkloadIdentityFederation'], levels: everyLevel, takesGroup: true },
  key: { schemes: ['ServicePrincipal'], levels: ['Subscription', 'ManagementGroup'], takesGroup: true },
  certificate: { schemes: ['ServicePrincipal'], levels: ['Subscription', 'ManagementGroup'], takesGroup: true },
  agent: { schemes: ['ManagedServiceIdentity'], levels: ['Subscription', 'ManagementGroup'], takesGroup: false },
  publish_profile: { schemes: ['PublishProfile'], levels: ['Subscription'], takesGroup: false },
};

/** The words of the tool for the levels of the service. */
export const levelWords: Readonly<Record<Level, string>> = {
  Subscription: 'subscription',
  ManagementGroup: 'management_group',
  AzureMLWorkspace: 'ml_workspace',
};

/** The words of the tool for the kinds: the field that each is known by. */
export const kindWords: Readonly<Record<Kind, string>> = {
  automatic: 'automatic',
  app_registration: 'client_id',
  managed_identity: 'managed_identity_id',
  key: 'client_secret',
  certificate: 'certificate',
  agent: "an agent's identity",
  publish_profile: 'publish_profile',
};

/** What a scheme takes, in the words of the tool. */
export function kindsOf(scheme: ServiceConnectionScheme): readonly string[] {
  return Object.entries(credentialRules).flatMap(([kind, { schemes }]) =>
    schemes.includes(scheme) && kind in kindWords ? [kindWords[kind as Kind]] : [],
  );
}
