import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { explainIssue } from '../base/explain-issues.ts';
import { guidPattern } from '../base/guid.ts';
import type { AuthType, ConnectionIdentity, ScopeLevel, SecretField } from './connection.ts';

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
    .regex(/^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u, 'use the name of a resource group')
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

interface AuthRequirement {
  readonly identity: readonly (keyof ConnectionIdentity)[];
  readonly secrets: readonly SecretField[];
  /** Accepted, not needed. */
  readonly optionalSecrets: readonly SecretField[];
}

/** What each kind of sign-in needs before a connection can be used. */
export const authRequirements: Readonly<Record<AuthType, AuthRequirement>> = {
  azure: { identity: ['tenant_id', 'client_id'], secrets: ['client_secret'], optionalSecrets: [] },
  certificate: { identity: ['tenant_id', 'client_id'], secrets: ['certificate'], optionalSecrets: [] },
  // Without a token, the one of the platform is used: Kubernetes, GitHub Actions or Azure Pipelines.
  workload_identity: { identity: ['tenant_id', 'client_id'], secrets: [], optionalSecrets: ['federated_token'] },
  managed_identity: { identity: [], secrets: [], optionalSecrets: [] },
  azure_cli: { identity: [], secrets: [], optionalSecrets: [] },
  device_code: { identity: ['tenant_id', 'client_id'], secrets: [], optionalSecrets: [] },
  bearer: { identity: [], secrets: ['token'], optionalSecrets: [] },
  on_behalf_of: { identity: ['tenant_id', 'client_id'], secrets: ['client_secret'], optionalSecrets: [] },
  default: { identity: [], secrets: [], optionalSecrets: [] },
};

/** What each scope level needs. */
const levelRequirements: Readonly<Record<ScopeLevel, readonly (keyof ConnectionIdentity)[]>> = {
  subscription: [],
  management_group: ['management_group_id'],
  ml_workspace: ['subscription_id', 'resource_group', 'workspace_name'],
};

export interface Missing {
  readonly missing: readonly string[];
  /** Secrets that this kind of sign-in has no use for. */
  readonly unused: readonly string[];
}

/** Compares what a connection has with what its sign-in and scope level need. */
export function missingRequirements(
  connection: {
    readonly auth_type: AuthType;
    readonly scope_level: ScopeLevel;
    readonly identity: ConnectionIdentity;
  },
  secrets: readonly string[],
): Missing {
  const required = authRequirements[connection.auth_type];
  const identity = [...required.identity, ...levelRequirements[connection.scope_level]];
  const accepted: readonly string[] = [...required.secrets, ...required.optionalSecrets];
  return {
    missing: [
      ...identity.filter((field) => connection.identity[field] === undefined),
      ...required.secrets.filter((field) => !secrets.includes(field)),
    ],
    unused: secrets.filter((field) => !accepted.includes(field)),
  };
}
