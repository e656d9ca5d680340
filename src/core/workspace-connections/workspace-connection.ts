import type { PageLimits } from '../http/page.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import type { Secret } from '../secrets/secret.ts';

/** The resource that connections belong to. One union of properties for all of them. */
export type ConnectionParent =
  | {
      readonly kind: 'workspace';
      readonly subscriptionId?: string | undefined;
      readonly resourceGroup: string;
      readonly workspaceName: string;
    }
  /** Azure AI Foundry: `…/providers/Microsoft.CognitiveServices/accounts/{account}[/projects/{project}]`. */
  | { readonly kind: 'foundry'; readonly resourceId: string };

/** Discriminator of the union; all values of api-version 2024-04-01. */
export const workspaceAuthTypes = [
  'PAT',
  'ManagedIdentity',
  'UsernamePassword',
  'None',
  'SAS',
  'AccountKey',
  'ServicePrincipal',
  'AccessKey',
  'ApiKey',
  'CustomKeys',
  'OAuth2',
  'AAD',
] as const;
export type WorkspaceAuthType = (typeof workspaceAuthTypes)[number];

/**
 * Auth types that Azure AI Foundry takes besides, without a published shape: those of its specification, and two that its
 * own error names.
 * https://github.com/Azure/azure-rest-api-specs/tree/main/specification/cognitiveservices
 */
export const foundryAuthTypes: readonly string[] = [
  'DelegatedSAS',
  'ProjectManagedIdentity',
  'AccountManagedIdentity',
  'UserEntraToken',
  'AgentUserImpersonation',
  'AgenticIdentityToken',
  'AgenticUser',
  'UserTokenAndProjectManagedIdentity',
  'DeveloperConnection',
];

/** A value of `credentials`: identifiers are text, secrets are kept as such until they go out. */
export type CredentialValue = string | Secret | Readonly<Record<string, Secret>> | ExtraValue;

/** Members that the specification does not know, in the variants that are open to them. */
export type ExtraValue = number | boolean | readonly unknown[] | { readonly [member: string]: unknown };

/** Properties that passed the checks, ready to be sent. */
export interface WorkspaceConnectionProperties {
  /** One of `workspaceAuthTypes`; in AI Foundry any. */
  readonly authType: string;
  readonly category: string;
  readonly target?: string;
  readonly credentials?: Readonly<Record<string, CredentialValue>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly expiryTime?: string;
  readonly isSharedToAll?: boolean;
  readonly sharedUserList?: readonly string[];
  /** Further members that open variants may have. */
  readonly [extra: string]: unknown;
}

/** A connection as the service lists it; secrets are never in it. */
export interface WorkspaceConnection {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly systemData?: Readonly<Record<string, unknown>>;
}

export interface ListWorkspaceConnections {
  readonly parent: ConnectionParent;
  readonly name?: string | undefined;
  readonly category?: string | undefined;
  readonly target?: string | undefined;
}

export interface PageWorkspaceConnections extends Omit<ListWorkspaceConnections, 'name'> {
  readonly limits?: PageLimits;
  /** Where an earlier answer stopped; byte for byte as the service sent it. */
  readonly nextLink?: string | undefined;
}

/** Properties as a caller wrote them, and how the secrets among them are found. */
export interface PrepareWorkspaceConnection {
  readonly parent: ConnectionParent;
  /** Secret members of `credentials` are text, a `Secret` or a reference such as `{ env }`. */
  readonly properties: unknown;
  readonly resolveSecret: (wanted: WantedCredential) => Promise<Secret>;
}

/** A secret of `credentials`, and where it will go. */
export interface WantedCredential {
  /** Path of the member, for messages. */
  readonly field: string;
  readonly argument: SecretArgument;
  /** Resource id of the parent, which keeps it. */
  readonly holder: string;
  /** Addresses that the parent will send it to. */
  readonly targets: readonly string[];
}

export interface WorkspaceConnectionName {
  readonly parent: ConnectionParent;
  readonly name: string;
}

export interface PutWorkspaceConnection extends WorkspaceConnectionName {
  readonly properties: WorkspaceConnectionProperties;
  /** Allow to take the place of one that exists. */
  readonly replace: boolean;
}
