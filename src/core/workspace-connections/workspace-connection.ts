import type { CallContext } from '../call-context.ts';
import type { Secret } from '../secret.ts';

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

/** A value of `credentials`: identifiers are text, secrets are kept as such until they go out. */
export type CredentialValue = string | Secret | Readonly<Record<string, Secret>>;

/** Properties that passed the checks, ready to be sent. */
export interface WorkspaceConnectionProperties {
  readonly authType: WorkspaceAuthType;
  readonly category: string;
  readonly target?: string;
  readonly credentials?: Readonly<Record<string, CredentialValue>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly expiryTime?: string;
  readonly isSharedToAll?: boolean;
  readonly sharedUserList?: readonly string[];
  /** Members that open variants may carry besides. */
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

export interface PutWorkspaceConnection {
  readonly parent: ConnectionParent;
  readonly name: string;
  readonly properties: WorkspaceConnectionProperties;
  /** Allow to take the place of one that exists. */
  readonly replace: boolean;
}

export interface PutOutcome {
  readonly connection: WorkspaceConnection;
  readonly replaced: boolean;
}

/** Connections of Azure ML workspaces and Azure AI Foundry accounts and projects. Failures are `AppError`s with hints. */
export interface WorkspaceConnections {
  list(input: ListWorkspaceConnections, call: CallContext): Promise<readonly WorkspaceConnection[]>;
  put(input: PutWorkspaceConnection, call: CallContext): Promise<PutOutcome>;
  /** Throws `not_found`, naming those that exist. */
  remove(input: { readonly parent: ConnectionParent; readonly name: string }, call: CallContext): Promise<void>;
}
