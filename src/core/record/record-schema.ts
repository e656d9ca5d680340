import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { authTypes, type ConnectionRecord, connectionScopes, scopeLevels, settingsSchema } from './connection.ts';

const secretInfoSchema = z.object({
  field: z.enum(['client_secret', 'certificate', 'federated_token', 'token']),
  ref: z.string(),
  fingerprint: z.string(),
  storedAt: z.string(),
  expiresAt: z.string().optional(),
  validatedAt: z.string().optional(),
  source: z.enum(['inline', 'env', 'file', 'key_vault', 'prompt', 'provisioned']),
  keyId: z.string().optional(),
});

const identitySchema = z.object({
  tenant_id: z.string().optional(),
  client_id: z.string().optional(),
  subscription_id: z.string().optional(),
  default_location: z.string().optional(),
  organization: z.string().optional(),
  management_group_id: z.string().optional(),
  resource_group: z.string().optional(),
  workspace_name: z.string().optional(),
});

/** A record as it comes back from a store. Keys that this version does not know are dropped. */
const connectionRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int(),
  provider: z.literal('azure'),
  scopes: z.array(z.enum(connectionScopes)),
  cloud: z.string(),
  access: z.enum(['read_only', 'read_write']),
  auth_type: z.enum(authTypes),
  scope_level: z.enum(scopeLevels),
  settings: settingsSchema,
  identity: identitySchema,
  status: z.enum(['pending', 'ready']),
  secrets: z.array(secretInfoSchema),
  previousSecrets: z.array(secretInfoSchema),
  previousIdentity: identitySchema.optional(),
  conversion: z
    .object({
      convertedAt: z.string(),
      revertUntil: z.string(),
      authType: z.enum(authTypes),
      secrets: z.array(secretInfoSchema),
      closed: z.enum(['expired', 'secret_removed', 'reverted']).optional(),
      federatedCredential: z.object({
        name: z.string().optional(),
        issuer: z.string(),
        subject: z.string(),
        audience: z.string(),
        isOurs: z.boolean(),
      }),
    })
    .optional(),
  provisioned: z.object({ uniqueName: z.string() }).optional(),
  health: z.enum(['unknown', 'healthy', 'degraded', 'failing']),
  checks: z.array(
    z.object({
      check: z.string(),
      status: z.enum(['pass', 'warn', 'fail', 'skip']),
      detail: z.string(),
      hint: z.string().optional(),
    }),
  ),
  validatedAt: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
  origin: z.enum(['stored', 'declared']),
  owner: z.string(),
});

/** Throws `configuration` when the text is no connection record. */
export function parseRecord(name: string, text: string): ConnectionRecord {
  try {
    // The schema has the fields of ConnectionRecord; optional ones are absent, not undefined, after JSON.
    return connectionRecordSchema.parse(JSON.parse(text)) as ConnectionRecord;
  } catch {
    throw new AppError('configuration', `The stored connection ${name} cannot be read.`, {
      hint: 'It was damaged or written by another version: use that version, or another home folder.',
    });
  }
}
