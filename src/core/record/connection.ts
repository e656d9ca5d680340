import { z } from 'zod';

/** Names are shown to models and used in file names and URIs, hence the narrow alphabet. */
export const connectionNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{1,62}$/, 'use 2 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit');

export const connectionScopes = [
  'directory',
  'resources',
  'storage',
  'broker',
  'database',
  'graph',
  'vector',
  'ml',
  'devops',
] as const;
export type ConnectionScope = (typeof connectionScopes)[number];

export const authTypes = [
  'azure',
  'certificate',
  'workload_identity',
  'managed_identity',
  'azure_cli',
  'device_code',
  'bearer',
  'on_behalf_of',
  'default',
] as const;
export type AuthType = (typeof authTypes)[number];

export const scopeLevels = ['subscription', 'management_group', 'ml_workspace'] as const;
export type ScopeLevel = (typeof scopeLevels)[number];

export type Access = 'read_only' | 'read_write';

const seconds = z.number().positive().max(3600);

/** How requests of a connection behave; names and defaults of the system configuration. Times in seconds. */
export const settingsSchema = z.strictObject({
  base_url: z.url().optional(),
  default_content_type: z
    .string()
    .max(100)
    .regex(/^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*$/, 'use a media type such as application/json')
    .optional(),
  max_concurrent_requests: z.int().min(1).max(256).optional(),
  rate_limit_key: z
    .string()
    .regex(/^\P{Cc}{1,200}$/u, 'use 1 to 200 characters without control characters')
    .optional(),
  timeouts: z
    .strictObject({
      connect: seconds.optional(),
      read: seconds.optional(),
      write: seconds.optional(),
      pool: seconds.optional(),
    })
    .optional(),
  retry: z
    .strictObject({
      max_attempts: z.int().min(1).max(20).optional(),
      backoff_base: z.number().min(0).max(60).optional(),
      backoff_factor: z.number().min(1).max(10).optional(),
      jitter: z.number().min(0).max(10).optional(),
      retry_on_status: z.array(z.int().min(400).max(599)).optional(),
      retry_after_header_names: z.array(z.string().regex(/^[A-Za-z0-9-]+$/)).optional(),
      max_elapsed: z.number().positive().max(86_400).optional(),
    })
    .optional(),
  logging: z
    .strictObject({
      enabled: z.boolean().optional(),
      request: z.boolean().optional(),
      response: z.boolean().optional(),
      auth: z.boolean().optional(),
      format: z.enum(['basic', 'detailed']).optional(),
    })
    .optional(),
  auto_paginate: z.boolean().optional(),
  max_items: z.int().min(1).optional(),
  max_pages: z.int().min(1).optional(),
});
export type ConnectionSettings = z.infer<typeof settingsSchema>;

/** Kinds of secret material that a connection can hold in the vault, one of each at most. */
export type SecretField = 'client_secret' | 'certificate' | 'federated_token' | 'token';

/** Everything about a stored secret except the secret. */
export interface SecretInfo {
  readonly field: SecretField;
  /** Vault reference; opaque outside the vault. */
  readonly ref: string;
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly storedAt: string;
  readonly expiresAt?: string;
  /** ISO 8601 time of the last validation that got a token with it; absent until then. */
  readonly validatedAt?: string;
  /** Where it came from: `inline` passed through a model and should be rotated. */
  readonly source: 'inline' | 'env' | 'file' | 'key_vault' | 'prompt' | 'provisioned';
  /** Id of the secret at its app registration, where we made it there. */
  readonly keyId?: string;
}

export type Health = 'unknown' | 'healthy' | 'degraded' | 'failing';

export interface ConnectionIdentity {
  readonly tenant_id?: string;
  readonly client_id?: string;
  readonly subscription_id?: string;
  readonly default_location?: string;
  readonly organization?: string;
  readonly management_group_id?: string;
  readonly resource_group?: string;
  readonly workspace_name?: string;
}

/** One line of a validation. */
export interface CheckResult {
  readonly check: string;
  readonly status: 'pass' | 'warn' | 'fail' | 'skip';
  readonly detail: string;
  /** The exact next step, where there is one: a command or a portal path. */
  readonly hint?: string;
}

/**
 * What a move to federation left behind: the way back while there is one, and afterwards what the app was made to trust,
 * with which refused tokens are compared.
 */
export interface ConversionState {
  /** ISO 8601. */
  readonly convertedAt: string;
  /** ISO 8601, seven days later: the kept secrets are destroyed then. */
  readonly revertUntil: string;
  /** How it signed in before. */
  readonly authType: AuthType;
  /** Secrets of then; still in the vault. Empty once the way back is closed. */
  readonly secrets: readonly SecretInfo[];
  /** Why there is no way back any more; `reverted` when only the federated credential is left to be removed. */
  readonly closed?: 'expired' | 'secret_removed' | 'reverted';
  /** The credential that the conversion relies on; `isOurs` when it was made by it. */
  readonly federatedCredential: {
    /** Absent when the app could not be read: somebody with more rights made it. */
    readonly name?: string;
    readonly issuer: string;
    readonly subject: string;
    readonly audience: string;
    readonly isOurs: boolean;
  };
}

/** A connection as it is stored: no secret material, only references to the vault. */
export interface ConnectionRecord {
  /** GUID; secrets are bound to it, so that a re-created name never sees old secrets. */
  readonly id: string;
  readonly name: string;
  /** Compare-and-swap counter: a writer that saw an older one is refused. */
  readonly revision: number;
  readonly provider: 'azure';
  readonly scopes: readonly ConnectionScope[];
  readonly cloud: string;
  readonly access: Access;
  readonly auth_type: AuthType;
  readonly scope_level: ScopeLevel;
  readonly settings: ConnectionSettings;
  readonly identity: ConnectionIdentity;
  readonly status: 'pending' | 'ready';
  readonly secrets: readonly SecretInfo[];
  /** The rotated-out secret, kept until the new one has been validated. */
  readonly previousSecrets: readonly SecretInfo[];
  /** Identity that `previousSecrets` belong to, when a completion replaced the identity as well. */
  readonly previousIdentity?: ConnectionIdentity;
  /** Present since a move to federation; with secrets for seven days. */
  readonly conversion?: ConversionState;
  /** Present when provision_connection makes, or has made, its identity. `uniqueName` is the alternate key of the app. */
  readonly provisioned?: { readonly uniqueName: string };
  readonly health: Health;
  readonly checks: readonly CheckResult[];
  /** ISO 8601 times. */
  readonly validatedAt?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** `declared` ones come from tenantry.yaml (or the sandbox) and are read-only for tools. */
  readonly origin: 'stored' | 'declared';
  /** Whose it is in HTTP mode; `local` on stdio. */
  readonly owner: string;
}
