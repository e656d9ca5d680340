import { z } from 'zod';
import { type Cloud, defaultCloudName } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import {
  authTypes,
  type ConnectionRecord,
  connectionNameSchema,
  parseInput,
  scopeLevels,
  scopeSchema,
  settingsSchema,
} from '../record/connection.ts';
import type { CreateConnection } from './connection-service.ts';

const createSchema = z.strictObject({
  name: connectionNameSchema,
  provider: z.literal('azure').default('azure'),
  scopes: z.array(scopeSchema).min(1).max(20).default(['directory', 'resources']),
  cloud: z.string().max(63).optional(),
  access: z.enum(['read_only', 'read_write']).default('read_only'),
  auth_type: z.enum(authTypes).default('azure'),
  scope_level: z.enum(scopeLevels).default('subscription'),
  settings: settingsSchema.default({}),
});

/** What can be changed about a connection besides identity and secrets. */
export const changesSchema = z.strictObject({
  scopes: createSchema.shape.scopes.unwrap().optional(),
  access: createSchema.shape.access.unwrap().optional(),
  settings: settingsSchema.optional(),
});

export interface BuildRecordOptions {
  readonly id: string;
  readonly owner: string;
  /** ISO 8601. */
  readonly now: string;
  readonly clouds: ReadonlyMap<string, Cloud>;
}

/** A new record with all defaults, still without identity. */
export function buildRecord(input: CreateConnection, { id, owner, now, clouds }: BuildRecordOptions): ConnectionRecord {
  const { scopes, cloud = defaultCloudName(clouds), ...fields } = parseInput(createSchema, input);
  checkBaseUrl(fields.settings.base_url, resolveCloud(cloud, clouds));
  return {
    ...fields,
    cloud,
    id,
    revision: 1,
    scopes: [...new Set(scopes)],
    identity: {},
    status: 'pending',
    secrets: [],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: now,
    updatedAt: now,
    origin: 'stored',
    owner,
  };
}

export function resolveCloud(name: string, clouds: ReadonlyMap<string, Cloud>): Cloud {
  const cloud = clouds.get(name);
  if (cloud === undefined) {
    throw new AppError('invalid_argument', 'There is no such cloud.', {
      hint: `${didYouMean(name, clouds.keys())}Valid clouds: ${[...clouds.keys()].join(', ')}; others are added in tenantry.yaml.`,
      detail: { field: 'cloud', valid_names: [...clouds.keys()] },
    });
  }
  return cloud;
}

/** `settings.base_url` may choose the version and a path of the cloud's own Graph host, never another host. */
export function checkBaseUrl(baseUrl: string | undefined, cloud: Cloud): void {
  if (baseUrl === undefined) return;
  const graph = new URL(cloud.graph);
  const url = URL.parse(baseUrl);
  const isSame = url !== null && url.origin === graph.origin && url.username === '' && url.password === '';
  if (!isSame || url.search !== '' || url.hash !== '' || !/\/(v1\.0|beta)\/?$/.test(url.pathname)) {
    throw new AppError('invalid_argument', 'settings.base_url is not a Microsoft Graph root of the cloud.', {
      hint: `Use ${cloud.graph.replace(/\/$/, '')}/v1.0 or …/beta; for another cloud pass cloud.`,
      detail: { field: 'settings.base_url' },
    });
  }
}
