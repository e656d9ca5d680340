import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { explainIssue } from '../base/explain-issues.ts';
import { guidPattern } from '../base/guid.ts';

/** Source of a pattern for the name of a resource group, case and Unicode flags apart. */
export const resourceGroupSource = String.raw`[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]`;

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

/** Another word for `graph`, which is the Gremlin API of Azure Cosmos DB and not Microsoft Graph. */
const gremlin = 'gremlin';

/** A scope as people write it. */
export const scopeSchema = z
  .enum([...connectionScopes, gremlin])
  .transform((scope): ConnectionScope => (scope === gremlin ? 'graph' : scope));

/** Ways to sign in that a connection can be made with. */
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

export const accessLevels = ['read_only', 'read_write'] as const;
export type Access = (typeof accessLevels)[number];

const seconds = z.number().positive().max(3600);

/** Makes the schema of an object; says what becomes of keys that the description does not name. */
type ObjectMaker = <Shape extends z.ZodRawShape>(
  shape: Shape,
) => z.ZodType<z.output<z.ZodObject<Shape>>, z.input<z.ZodObject<Shape>>>;

/** An object of a stored record. What a newer version wrote into it survives a read and a write. */
const stored: ObjectMaker = (shape) => z.looseObject(shape);

/** How requests of a connection behave; names and defaults of the system configuration. Times in seconds. */
const describeSettings = (object: ObjectMaker) =>
  object({
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
    timeouts: object({
      connect: seconds.optional(),
      read: seconds.optional(),
      write: seconds.optional(),
      pool: seconds.optional(),
    }).optional(),
    retry: object({
      max_attempts: z.int().min(1).max(20).optional(),
      backoff_base: z.number().min(0).max(60).optional(),
      backoff_factor: z.number().min(1).max(10).optional(),
      jitter: z.number().min(0).max(10).optional(),
      retry_on_status: z.array(z.int().min(400).max(599)).max(100).optional(),
      retry_after_header_names: z
        .array(z.string().regex(/^[A-Za-z0-9-]+$/, 'use the name of a header'))
        .max(20)
        .optional(),
      max_elapsed: z.number().positive().max(86_400).optional(),
    }).optional(),
    logging: object({
      enabled: z.boolean().optional(),
      request: z.boolean().optional(),
      response: z.boolean().optional(),
      auth: z.boolean().optional(),
      format: z.enum(['basic', 'detailed']).optional(),
    }).optional(),
    auto_paginate: z.boolean().optional(),
    max_items: z.int().min(1).optional(),
    max_pages: z.int().min(1).optional(),
    max_result_bytes: z.int().min(2_000).max(8_000_000).optional(),
  });

/** Settings as callers pass them: an unknown one is an error. */
export const settingsSchema = describeSettings(z.strictObject);
export type ConnectionSettings = z.infer<typeof settingsSchema>;

/** Kinds of secret material that a connection can hold in the vault, one of each at most. */
export const secretFields = ['client_secret', 'certificate', 'federated_token', 'token'] as const;
export type SecretField = (typeof secretFields)[number];

const secretInfo = stored({
  field: z.enum(secretFields),
  /** Vault reference; opaque outside the vault. */
  ref: z.string(),
  fingerprint: z.string(),
  /** ISO 8601. */
  storedAt: z.string(),
  expiresAt: z.string().exactOptional(),
  /** ISO 8601 time of the last validation that got a token with it; absent until then. */
  validatedAt: z.string().exactOptional(),
  /** Where it came from: `inline` passed through a model and should be rotated. */
  source: z.enum(['inline', 'env', 'file', 'named', 'prompt', 'provisioned']),
  /** Id of the secret at its app registration, where we made it there. */
  keyId: z.string().exactOptional(),
}).readonly();
/** Everything about a stored secret except the secret. */
export type SecretInfo = z.infer<typeof secretInfo>;
const secretInfos = z.array(secretInfo).readonly();

const connectionIdentity = stored({
  tenant_id: z.string().exactOptional(),
  client_id: z.string().exactOptional(),
  subscription_id: z.string().exactOptional(),
  default_location: z.string().exactOptional(),
  organization: z.string().exactOptional(),
  management_group_id: z.string().exactOptional(),
  resource_group: z.string().exactOptional(),
  workspace_name: z.string().exactOptional(),
}).readonly();
/** Who and what a connection is for, as it is stored; `identitySchema` is what may be passed. */
export type ConnectionIdentity = z.infer<typeof connectionIdentity>;

const checkResult = stored({
  check: z.string(),
  status: z.enum(['pass', 'warn', 'fail', 'skip']),
  detail: z.string(),
  /** The exact next step, where there is one: a command or a portal path. */
  hint: z.string().exactOptional(),
}).readonly();
/** One line of a validation. */
export type CheckResult = z.infer<typeof checkResult>;

const conversionState = stored({
  /** ISO 8601. */
  convertedAt: z.string(),
  /** ISO 8601, seven days later: the kept secrets are destroyed then. */
  revertUntil: z.string(),
  /** How it signed in before. */
  authType: z.enum(authTypes),
  /** The secrets it signed in with before; still in the vault. Empty once the way back is closed. */
  secrets: secretInfos,
  /** Why the way back is closed; `reverted` when only the federated credential is left to remove. */
  closed: z.enum(['expired', 'secret_removed', 'reverted']).exactOptional(),
  /** The credential that the conversion relies on; `isOurs` when it was made by it. */
  federatedCredential: stored({
    /** Absent when the app could not be read: someone with more rights made it. */
    name: z.string().exactOptional(),
    issuer: z.string(),
    subject: z.string(),
    audience: z.string(),
    isOurs: z.boolean(),
  }).readonly(),
}).readonly();
/**
 * What a move to federation left behind: the way back while it is open, then the trust of the app, which refused tokens
 * are compared with.
 */
export type ConversionState = z.infer<typeof conversionState>;

/** Most people and groups that a connection is shared with. */
export const mostGrants = 200;

const sharedGrant = stored({
  everyone: z.literal(true).exactOptional(),
  /** Object id, in the directory of the owner, or `<tenant id>/<object id>`. */
  group: z.string().exactOptional(),
  user: z.string().exactOptional(),
  access: z.enum(['read', 'write']),
}).readonly();

const health = z.enum(['unknown', 'healthy', 'degraded', 'failing']);
export type Health = z.infer<typeof health>;

const connectionRecord = stored({
  /** GUID; secrets are bound to it, so that a re-created name never sees old secrets. */
  id: z.string(),
  name: z.string(),
  /** Compare-and-swap counter: a writer that saw an older one is refused. */
  revision: z.int(),
  provider: z.literal('azure'),
  scopes: z.array(z.enum(connectionScopes)).readonly(),
  cloud: z.string(),
  access: z.enum(accessLevels),
  auth_type: z.enum(authTypes),
  scope_level: z.enum(scopeLevels),
  settings: describeSettings(stored),
  identity: connectionIdentity,
  status: z.enum(['pending', 'ready']),
  secrets: secretInfos,
  /** The rotated-out secret, kept until the new one has been validated. */
  previousSecrets: secretInfos,
  /** Identity that `previousSecrets` belong to, when a completion replaced the identity as well. */
  previousIdentity: connectionIdentity.exactOptional(),
  /** Present since a move to federation; with secrets for seven days. */
  conversion: conversionState.exactOptional(),
  /** Present when provision_connection makes or made its identity. `uniqueName` is the alternate key of the app. */
  provisioned: stored({ uniqueName: z.string() }).readonly().exactOptional(),
  /** Name of the tenant, as a validation read it; `id` says of which tenant, since the identity may have changed. */
  tenantName: stored({ id: z.string(), domain: z.string() }).readonly().exactOptional(),
  health,
  checks: z.array(checkResult).readonly(),
  /** ISO 8601 times. */
  validatedAt: z.string().exactOptional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** `declared` ones come from tenantry.yaml (or the sandbox) and are read-only for tools. */
  origin: z.enum(['stored', 'declared']),
  /**
   * Who gave it its access: a person (or the configuration), whose word is the ceiling of its identity, or an agent within
   * what the policy leaves free. Absent in records of older versions, which count as a person's.
   */
  grantedBy: z.enum(['person', 'agent']).exactOptional(),
  /** Whose it is in HTTP mode; `local` on stdio. */
  owner: z.string(),
  /** Who else may use it; absent where nobody. `accessOf` of record/sharing.ts says what follows for a caller. */
  shared_with: z.array(sharedGrant).max(mostGrants).readonly().exactOptional(),
}).readonly();
/** A connection as it is stored: no secret material, only references to the vault. */
export type ConnectionRecord = z.infer<typeof connectionRecord>;

/**
 * Whether a connection signs in as whoever calls: what it reads is then what that person may see, and goes to nobody else.
 */
export function actsForCaller({ auth_type }: Pick<ConnectionRecord, 'auth_type'>): boolean {
  return auth_type === 'on_behalf_of';
}

/** How answers name the tenant: by its primary domain where that is known, else as the identity does. */
export function tenantOf({
  identity,
  tenantName,
}: Pick<ConnectionRecord, 'identity' | 'tenantName'>): string | undefined {
  const { tenant_id: id } = identity;
  return id !== undefined && tenantName?.id === id ? tenantName.domain : id;
}

/** The cloud, where somebody has to be told which it is. */
export function unusualCloudOf({ cloud }: Pick<ConnectionRecord, 'cloud'>): string | undefined {
  return cloud === 'public' ? undefined : cloud;
}

/** Reads a record that a store keeps as JSON. Throws `configuration` when the text is not one. */
export function parseRecord(name: string, text: string): ConnectionRecord {
  try {
    return connectionRecord.parse(JSON.parse(text));
  } catch {
    throw new AppError('configuration', `The stored connection ${name} cannot be read.`, {
      hint: 'It was damaged or written by another version: use that version, or another home folder.',
    });
  }
}

/** Every secret that a record points to. */
export function secretsOf({
  secrets,
  previousSecrets,
  conversion,
}: Pick<ConnectionRecord, 'secrets' | 'previousSecrets' | 'conversion'>): readonly SecretInfo[] {
  return [...secrets, ...previousSecrets, ...(conversion?.secrets ?? [])];
}

/** The values by kind of secret, in the order in which they are read. */
export function secretEntries<T>(secrets: { readonly [field in SecretField]?: T | undefined }): [SecretField, T][] {
  return secretFields.flatMap((field): [SecretField, T][] => {
    const value = secrets[field];
    return value === undefined ? [] : [[field, value]];
  });
}

const guid = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().regex(guidPattern, 'use a GUID such as 00000000-0000-0000-0000-000000000001'));

/** A directory: its id or one of its domains. `common` and its kin are no directories and have no dot. */
const tenant = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .max(253)
      .refine(
        (text) =>
          guidPattern.test(text) || /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(text),
        'use the tenant id (a GUID) or a domain of the tenant such as contoso.example',
      ),
  );

/** Who and what a connection is for; every part is optional, `missingRequirements` says which are needed when. */
export const identitySchema = z.strictObject({
  tenant_id: tenant.optional(),
  client_id: guid.optional(),
  subscription_id: guid.optional(),
  default_location: z
    .string()
    .regex(/^[a-z0-9]{2,40}$/, 'use a region name such as westeurope')
    .optional(),
  organization: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,49}$/, 'use the organization name, without address')
    .optional(),
  management_group_id: z
    .string()
    .regex(/^(?!\.+$)[A-Za-z0-9_().-]{1,90}$/, 'use the id of a management group')
    .optional(),
  resource_group: z
    .string()
    .regex(new RegExp(`^${resourceGroupSource}$`, 'u'), 'use the name of a resource group')
    .optional(),
  workspace_name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,32}$/, 'use the name of a workspace')
    .optional(),
} satisfies Record<keyof ConnectionIdentity, z.ZodType>);

/** Parses what a caller passed; the error names the first wrong field and what is valid. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [problem] = issue === undefined ? [] : explainIssue(schema, value, issue);
  throw new AppError('invalid_argument', problem?.message ?? 'The arguments are not valid.', {
    hint: problem?.hint ?? 'Correct them.',
    detail: { field: (issue?.path ?? []).map(String).join('.') },
  });
}
