import type { CallContext } from '../base/call-context.ts';
import type { Secret } from '../secrets/secret.ts';
import type { ProjectScope } from './endpoint.ts';

/** Authorization schemes of Azure service connections, as Azure DevOps spells them. */
export const serviceConnectionSchemes = [
  'WorkloadIdentityFederation',
  'ServicePrincipal',
  'ManagedServiceIdentity',
  'PublishProfile',
] as const;
export type ServiceConnectionScheme = (typeof serviceConnectionSchemes)[number];

/** `data.environment`. */
export const azureEnvironments = ['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud', 'AzureStack'] as const;
export type AzureEnvironment = (typeof azureEnvironments)[number];

/** Whether the service can convert a connection to federation, and why not. */
export interface Convertibility {
  readonly convertible: boolean;
  /** Present when it is not: one sentence. */
  readonly reason?: string;
}

/** What the service's own test said. */
export interface Verification {
  readonly ok: boolean;
  /** Name of the status: `ok`, `forbidden`, `unauthorized`, … */
  readonly status: string;
  /** The service's words, without secrets. */
  readonly message?: string;
  readonly hint?: string;
}

/** A service connection as tools show it: never a secret. */
export interface ServiceConnection {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly scheme: string;
  readonly description?: string;
  readonly is_ready: boolean;
  readonly is_shared: boolean;
  /** `Automatic`: Azure DevOps made the app. */
  readonly creation_mode?: string;
  readonly environment?: string;
  readonly scope_level?: string;
  readonly subscription_id?: string;
  readonly subscription_name?: string;
  readonly management_group_id?: string;
  readonly resource_group?: string;
  readonly workspace_name?: string;
  readonly tenant_id?: string;
  /** Client id of the app or managed identity. */
  readonly client_id?: string;
  readonly app_object_id?: string;
  /** ARM scope that it was limited to. */
  readonly scope?: string;
  readonly issuer?: string;
  readonly subject?: string;
  /** ISO 8601: the last moment at which a conversion can be reverted. */
  readonly revert_deadline?: string;
  /** `Ready`, `InProgress`, `Failed`. */
  readonly state?: string;
  readonly state_message?: string;
  readonly projects: readonly { readonly id: string; readonly name?: string }[];
  readonly convertible: boolean;
  readonly not_convertible_because?: string;
  readonly verification?: Verification;
  /** After a creation that asked for it: whether every pipeline may use it now. */
  readonly all_pipelines?: boolean;
}

export interface ListServiceConnections extends ProjectScope {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly scheme?: string | undefined;
  readonly convertible?: boolean | undefined;
  readonly verify?: boolean | undefined;
}

/** Which identity the connection signs in with. */
export type ServiceConnectionCredential =
  /** The app is made: by Azure DevOps for a person, by us for an app, whose token cannot make Azure DevOps do it. */
  | { readonly kind: 'automatic' }
  | { readonly kind: 'app_registration'; readonly clientId: string }
  /** ARM id of a user-assigned managed identity. */
  | { readonly kind: 'managed_identity'; readonly resourceId: string }
  | { readonly kind: 'key'; readonly clientId: string; readonly key: Secret }
  | { readonly kind: 'certificate'; readonly clientId: string; readonly certificate: Secret }
  | { readonly kind: 'agent' }
  | { readonly kind: 'publish_profile'; readonly profile: Secret; readonly webAppId: string };

/** What the connection reaches. */
export type ServiceConnectionTarget =
  | {
      readonly level: 'Subscription';
      readonly subscriptionId: string;
      readonly subscriptionName?: string | undefined;
      readonly resourceGroup?: string | undefined;
    }
  | {
      readonly level: 'ManagementGroup';
      readonly managementGroupId: string;
      readonly managementGroupName?: string | undefined;
    }
  | {
      readonly level: 'AzureMLWorkspace';
      readonly subscriptionId: string;
      readonly subscriptionName?: string | undefined;
      readonly resourceGroup: string;
      readonly workspaceName: string;
      readonly workspaceLocation?: string | undefined;
    };

export interface CreateServiceConnection extends ProjectScope {
  readonly name: string;
  readonly description?: string | undefined;
  readonly scheme: ServiceConnectionScheme;
  readonly credential: ServiceConnectionCredential;
  readonly target: ServiceConnectionTarget;
  readonly tenantId?: string | undefined;
  readonly environment?: AzureEnvironment | undefined;
  /** With `AzureStack`: `https://management.local.azurestack.external`. */
  readonly environmentUrl?: string | undefined;
  readonly serviceManagementReference?: string | undefined;
  readonly grantAllPipelines?: boolean | undefined;
  /** Ask the service's own test before it counts as made. Default true. */
  readonly verify?: boolean | undefined;
}

/** How one connection of a conversion ended. */
export interface ConversionOutcome {
  readonly id: string;
  readonly name: string;
  /** `would_convert` with a dry run; `unknown` when not even looking told how it stands. */
  readonly outcome:
    | 'converted'
    | 'reverted'
    | 'skipped'
    | 'failed'
    | 'would_convert'
    | 'would_revert'
    | 'not_started'
    | 'unknown';
  /** Scheme that it has now; absent when that is not known. */
  readonly scheme?: string;
  readonly reason?: string;
  readonly hint?: string;
  readonly revert_deadline?: string;
}

export interface ConvertServiceConnections extends ProjectScope {
  /** Ids or names; undefined is all convertible ones. */
  readonly ids?: readonly string[] | undefined;
  readonly revert?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** What a deletion took away. */
export interface RemovedServiceConnection extends ServiceConnection {
  /** Projects that still use it: it was only taken out of the one that was named. */
  readonly remains_in: readonly { readonly id: string; readonly name?: string }[];
  /** Whether Azure DevOps was asked to remove the app too, which it does only for apps that it made. */
  readonly app_removed: boolean;
}

/** Azure service connections of Azure DevOps projects. Failures are `AppError`s with hints. */
export interface ServiceConnections {
  list(input: ListServiceConnections, call: CallContext): Promise<readonly ServiceConnection[]>;
  create(input: CreateServiceConnection, call: CallContext): Promise<ServiceConnection>;
  /** Never throws for a single connection: each has its outcome. */
  convert(input: ConvertServiceConnections, call: CallContext): Promise<readonly ConversionOutcome[]>;
  remove(
    /** `id` is an id or a name. */
    input: ProjectScope & { readonly id: string },
    call: CallContext,
  ): Promise<RemovedServiceConnection>;
}
