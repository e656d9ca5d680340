import { type AppError, invalidArgument } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
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

/** Audience of the tokens of Azure DevOps by environment. */
export const exchangeAudiences: Readonly<Record<AzureEnvironment, string>> = {
  AzureCloud: 'api://AzureADTokenExchange',
  AzureStack: 'api://AzureADTokenExchange',
  AzureUSGovernment: 'api://AzureADTokenExchangeUSGov',
  AzureChinaCloud: 'api://AzureADTokenExchangeChina',
};

/** What the service's own test said. */
export interface Verification {
  readonly ok: boolean;
  /** Name of the status: `ok`, `forbidden`, `unauthorized`, … */
  readonly status: string;
  /** The service's message, without secrets. */
  readonly message?: string;
  readonly hint?: string;
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
  /** The app is made by Azure DevOps for a person, and by us for an app, since Azure DevOps makes none for those. */
  | { readonly kind: 'automatic' }
  | { readonly kind: 'app_registration'; readonly clientId: string }
  /** ARM id of a user-assigned managed identity. */
  | { readonly kind: 'managed_identity'; readonly resourceId: string }
  | { readonly kind: 'key'; readonly clientId: string; readonly key: Secret }
  | {
      readonly kind: 'certificate';
      readonly clientId: string;
      /** PEM with its key, or PKCS#12 in base64. */
      readonly certificate: Secret;
      /** Opens it, where it is encrypted. */
      readonly passphrase?: Secret;
    }
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
  /** Run the service's own test before it counts as made. Default true. */
  readonly verify?: boolean | undefined;
}

/** How the conversion of one connection ended. */
export interface ConversionOutcome {
  readonly id: string;
  readonly name: string;
  /** `would_convert` with a dry run; `unknown` when its state could not be read either. */
  readonly outcome:
    | 'converted'
    | 'reverted'
    | 'skipped'
    | 'failed'
    | 'would_convert'
    | 'would_revert'
    | 'not_started'
    | 'unknown';
  /** Its scheme now; absent when unknown. */
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

/** The answer to a word that the service does not know; `shown` are the valid words that people use. */
export function unknownWord(
  field: string,
  value: string,
  valid: readonly string[],
  shown: readonly string[] = valid,
): AppError {
  const text = JSON.stringify(value.slice(0, 100).toWellFormed());
  return invalidArgument(
    `${field}: there is no ${text}. ${didYouMean(value, valid)}`.trimEnd(),
    `Use one of ${shown.join(', ')}.`,
  );
}
