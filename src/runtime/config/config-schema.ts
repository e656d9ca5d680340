import { z } from 'zod';
import { cloudServices, dataPlanes, tokenServices } from '../../core/base/clouds.ts';
import { guidPattern } from '../../core/base/guid.ts';
import { isLoopbackHost } from '../../core/base/public-address.ts';
import { httpMethods } from '../../core/http/api-client.ts';
import { confirmLevels, policyServices } from '../../core/policy/policy.ts';
import {
  authTypes,
  connectionNameSchema,
  identitySchema,
  scopeLevels,
  scopeSchema,
  settingsSchema,
} from '../../core/record/connection.ts';
import { grantsSchema } from '../../core/record/sharing.ts';
import { defaultExportLimits } from '../../core/storage/export-folder.ts';
import { defaultResultLimits } from '../../core/storage/result-store.ts';
import { namedSecretPattern, secretUses } from '../../core/storage/storage.ts';
import { defaultMaxResultBytes } from './config.ts';
import { defaultHttpLimits } from './http-rules.ts';

const mebibyte = 1024 * 1024;

/** A base address: https, or http on this machine; no user, query or fragment. */
const baseAddress = z.string().max(500).refine(isBaseAddress, {
  message: 'use an https address such as https://login.lab.example (http only for localhost), without query',
});

/** A data-plane pattern: a base address whose host begins with the account. */
const accountAddress = z
  .string()
  .max(500)
  .refine((text) => text.includes('{account}') && isBaseAddress(text.replaceAll('{account}', 'account')), {
    message: 'use an https address with {account}, such as https://{account}.blob.lab.example',
  });

const audience = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[!-~]+$/, 'use an application id or an identifier URI');

/** Where a web page comes from. */
const origin = z
  .string()
  .max(500)
  .refine((text) => URL.parse(text)?.origin === text, 'use an origin such as https://vscode.dev, without a path');

const cloudSchema = z.strictObject({
  login: baseAddress,
  ...forEach(tokenServices, (name) => (cloudServices[name].isOptional ? baseAddress.optional() : baseAddress)),
  data_plane: z.strictObject(forEach(dataPlanes, () => accountAddress.optional())).optional(),
  token_audience: z.strictObject(forEach([...tokenServices, ...dataPlanes], () => audience.optional())).optional(),
});
export type CloudSection = z.infer<typeof cloudSchema>;

const cloudName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'use a name of a-z, 0-9, _ and -, beginning with a letter or digit');

const secretReference = z.union(
  [
    z.strictObject({
      env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,199}$/, 'use the name of an environment variable'),
    }),
    z.strictObject({ file: z.string().min(1).max(4_000) }),
  ],
  { error: 'use { env: NAME } or { file: /absolute/path }; a secret itself does not belong in this file' },
);

const connectionSchema = z.strictObject({
  name: connectionNameSchema,
  provider: z.literal('azure').default('azure'),
  scopes: z
    .array(scopeSchema)
    .min(1)
    .transform((scopes) => [...new Set(scopes)])
    .default(['directory', 'resources']),
  cloud: z.string().default('public'),
  access: z.enum(['read_only', 'read_write']).default('read_only'),
  auth_type: z.enum(authTypes).default('azure'),
  scope_level: z.enum(scopeLevels).default('subscription'),
  settings: settingsSchema.default({}),
  ...identitySchema.shape,
  client_secret: secretReference.optional(),
  certificate: secretReference.optional(),
  certificate_passphrase: secretReference.optional(),
  federated_token: secretReference.optional(),
  token: secretReference.optional(),
  /** Who may use it besides the person at this machine. */
  shared_with: grantsSchema.default([]),
});
export type ConnectionSection = z.infer<typeof connectionSchema>;

const placeSchema = z.strictObject({
  /** ARM id of the workspace, account or resource, or `organization/project`. */
  holder: z.string().min(3).max(2_000),
  target: z.string().min(1).max(2_000).optional(),
});

const secretName = z.string().regex(namedSecretPattern, 'use 1 to 127 of a-z, A-Z, 0-9, _, . and -');

const namedSecretSchema = z.strictObject({
  env: secretReference.options[0].shape.env.optional(),
  file: secretReference.options[1].shape.file.optional(),
  use: z.array(z.enum(secretUses)).min(1),
  to: z.array(placeSchema).max(100).default([]),
  /** The cloud whose services may see it. */
  cloud: z.string().default('public'),
});

/** What arguments of tools may name as a secret. */
const secretsSchema = z.strictObject({
  inline: z.boolean().default(true),
  environment: z
    .array(z.string().regex(/^(?:\*|[A-Za-z_][A-Za-z0-9_]*\*?)$/, 'use the name of a variable, or a beginning and *'))
    .max(100)
    .default(['TENANTRY_SECRET_*']),
  files: z.array(z.string().min(1).max(4_000)).max(100).default([]),
  reveal: z.boolean().default(false),
  named: z.record(secretName, namedSecretSchema).default({}),
});
export type SecretsSection = z.infer<typeof secretsSchema>;

const ruleSchema = z.strictObject({
  service: z.enum(policyServices).default('graph'),
  methods: z.array(z.enum(httpMethods)).min(1).exactOptional(),
  path: z
    .string()
    .min(1)
    .max(2_000)
    // A wildcard inside a segment would match nothing, and a rule that forbids nothing must not look like one.
    .regex(
      /^(?:\/(?:\*|[^/*?#]+))*(?:\/(?:\*\*)?)?$/,
      'use a path that begins with / and has * for one whole segment, ** for the rest at its end',
    )
    .regex(/^\//, 'use a path that begins with /'),
});

const rulesShape = {
  confirm: z.enum(confirmLevels).optional(),
  deny: z.array(ruleSchema).max(1_000).optional(),
  allow: z.array(ruleSchema).max(1_000).optional(),
  subscriptions: z.array(z.string().regex(guidPattern, 'use the id of a subscription, a GUID')).max(1_000).optional(),
  protected: z
    .strictObject({
      objects: z.array(z.string().min(1).max(2_000)).max(1_000).optional(),
      synced: z.boolean().optional(),
      role_assignable_groups: z.boolean().optional(),
      last_global_administrator: z.boolean().optional(),
      own_app: z.boolean().optional(),
    })
    .optional(),
  receipts: z.boolean().optional(),
};

const policySchema = z.strictObject({
  max_access: z.enum(['read_only', 'read_write']).optional(),
  ambient: z.boolean().optional(),
  ...rulesShape,
  fan_out: z.boolean().optional(),
  connections: z
    .record(connectionNameSchema, z.strictObject({ fan_out: z.boolean().optional(), ...rulesShape }))
    .optional(),
});
export type PolicySection = z.infer<typeof policySchema>;

/** Connections in PostgreSQL. */
const storeSchema = z.strictObject({
  url: z.string().min(1).max(2_000).optional(),
  password: secretReference.optional(),
  ca: z.string().min(1).max(4_000).optional(),
  tls: z.boolean().default(true),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'use small letters, digits and underscores, such as tenantry')
    .default('tenantry'),
  max_connections: z.int().min(1).max(100).default(8),
  master_key: secretReference.optional(),
  previous_master_key: secretReference.optional(),
});
export type StoreSection = z.infer<typeof storeSchema>;

const guid = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().regex(guidPattern, 'use a GUID such as 00000000-0000-0000-0000-000000000001'));

/** The HTTP server. */
const httpSchema = z.strictObject({
  host: z.string().min(1).max(253).optional(),
  port: z.int().min(0).max(65_535).optional(),
  public_url: baseAddress.optional(),
  tls: z.strictObject({ certificate: z.string().min(1).max(4_000), key: z.string().min(1).max(4_000) }).optional(),
  allowed_origins: z.array(origin).max(100).default([]),
  sign_in: z
    .strictObject({
      cloud: z.string().default('public'),
      tenants: z.array(guid).min(1).max(1_000),
      client_id: guid,
      application_id_uri: audience.optional(),
      client_secret: secretReference.optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      max_body_bytes: z
        .int()
        .min(1_024)
        .max(64 * mebibyte)
        .default(defaultHttpLimits.mostBodyBytes),
      max_sockets: z.int().min(1).max(100_000).default(defaultHttpLimits.mostSockets),
      max_sessions_per_caller: z.int().min(1).max(10_000).default(defaultHttpLimits.mostSessionsPerCaller),
      max_requests_per_caller: z.int().min(1).max(10_000).default(defaultHttpLimits.mostRequestsPerCaller),
    })
    .prefault({}),
  drain_seconds: z.int().min(0).max(20).optional(),
});
export type HttpSection = z.infer<typeof httpSchema>;

interface Megabytes {
  readonly one: { readonly least: number; readonly most: number; readonly usual: number };
  readonly together: { readonly most: number; readonly usual: number };
}

/** Limits of one and of all together; what is usual is given in bytes. */
function limitsInMegabytes({ one, together }: Megabytes) {
  return z
    .strictObject({
      max_mb: z
        .int()
        .min(one.least)
        .max(one.most)
        .default(one.usual / mebibyte),
      max_total_mb: z
        .int()
        .min(1)
        .max(together.most)
        .default(together.usual / mebibyte),
    })
    .refine(({ max_mb, max_total_mb }) => max_mb <= max_total_mb, 'use a max_total_mb that is not below max_mb')
    .prefault({});
}

/** `tenantry.yaml`. Every object is strict: an unknown key is an error. */
export const configFileSchema = z.strictObject({
  clouds: z.record(cloudName, cloudSchema).default({}),
  connections: z.array(connectionSchema).max(1_000).default([]),
  secrets: secretsSchema.prefault({}),
  policy: policySchema.prefault({}),
  max_result_bytes: z.int().min(2_000).max(8_000_000).default(defaultMaxResultBytes),
  stored_results: limitsInMegabytes({
    one: { least: 1, most: 4_096, usual: defaultResultLimits.mostBytes },
    together: { most: 65_536, usual: defaultResultLimits.mostBytesTogether },
  }),
  exports: limitsInMegabytes({
    one: { least: 0, most: 65_536, usual: defaultExportLimits.mostBytes },
    together: { most: 1_048_576, usual: defaultExportLimits.mostBytesTogether },
  }),
  store: storeSchema.optional(),
  http: httpSchema.optional(),
});
export type ConfigFile = z.infer<typeof configFileSchema>;

function isBaseAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

function forEach<Name extends string, Value>(names: readonly Name[], make: (name: Name) => Value): Record<Name, Value> {
  // Exactly the names that the type lists.
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
