import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import type { ConnectionRecord } from '../../../src/core/record/connection.ts';
import { createFingerprints } from '../../../src/core/secrets/fingerprints.ts';

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const clientId = '22222222-2222-4222-8222-222222222222';

/** A record as `create` and `complete` leave it, with what a test changes. */
export function testRecord(overrides: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    id: '00000000-0000-4000-8000-00000000000a',
    name: 'prod',
    revision: 1,
    provider: 'azure',
    scopes: ['directory'],
    cloud: 'public',
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: { tenant_id: tenantId, client_id: clientId },
    status: 'ready',
    secrets: [],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: at,
    updatedAt: at,
    origin: 'stored',
    owner: 'local',
    ...overrides,
  };
}

type Filled<T> = T extends readonly (infer Item)[]
  ? readonly Filled<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Filled<Exclude<T[Key], undefined>> }
    : T;

const at = '2026-01-01T00:00:00.000Z';

const secret: Filled<ConnectionRecord['secrets'][number]> = {
  field: 'client_secret',
  ref: 'ref-1',
  fingerprint: '01234567',
  storedAt: at,
  expiresAt: at,
  validatedAt: at,
  source: 'provisioned',
  keyId: 'key-1',
};

const everyIdentity: Filled<ConnectionRecord['identity']> = {
  tenant_id: tenantId,
  client_id: clientId,
  subscription_id: '33333333-3333-4333-8333-333333333333',
  default_location: 'westeurope',
  organization: 'contoso',
  management_group_id: 'mg',
  resource_group: 'rg',
  workspace_name: 'workspace',
};

/** A record with every field that there is; the compiler asks for a new one. */
export const fullRecord: ConnectionRecord & Filled<ConnectionRecord> = {
  id: '00000000-0000-4000-8000-00000000000f',
  name: 'full',
  revision: 1,
  provider: 'azure',
  scopes: ['directory', 'devops'],
  cloud: 'public',
  access: 'read_write',
  auth_type: 'workload_identity',
  scope_level: 'ml_workspace',
  settings: {
    base_url: 'https://graph.microsoft.com/beta',
    default_content_type: 'application/json',
    max_concurrent_requests: 8,
    rate_limit_key: 'shared',
    timeouts: { connect: 1, read: 2, write: 3, pool: 4 },
    retry: {
      max_attempts: 5,
      backoff_base: 0.5,
      backoff_factor: 2,
      jitter: 0.1,
      retry_on_status: [429],
      retry_after_header_names: ['Retry-After'],
      max_elapsed: 60,
    },
    logging: { enabled: true, request: true, response: false, auth: false, format: 'basic' },
    auto_paginate: false,
    max_items: 10,
    max_result_bytes: 24_000,
    max_pages: 2,
  },
  identity: everyIdentity,
  status: 'ready',
  secrets: [secret],
  previousSecrets: [{ ...secret, ref: 'ref-0', field: 'certificate' }],
  previousIdentity: everyIdentity,
  conversion: {
    convertedAt: at,
    revertUntil: at,
    authType: 'azure',
    secrets: [secret],
    closed: 'expired',
    federatedCredential: { name: 'n', issuer: 'https://issuer.example', subject: 's', audience: 'a', isOurs: true },
  },
  provisioned: { uniqueName: 'tenantry-full' },
  tenantName: { id: tenantId, domain: 'contoso.example' },
  grantedBy: 'agent',
  health: 'degraded',
  checks: [{ check: 'token', status: 'warn', detail: 'd', hint: 'h' }],
  validatedAt: at,
  createdAt: at,
  updatedAt: at,
  origin: 'stored',
  owner: 'local',
  shared_with: [{ everyone: true, group: 'g', user: 'u', access: 'read' }],
};

/** The same as a newer version may have written it: with a field that nobody knows in every object. */
export function withUnknownFields<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withUnknownFields) as T;
  if (typeof value !== 'object' || value === null) return value;
  const known = Object.entries(value).map(([key, member]) => [key, withUnknownFields(member)]);
  return Object.fromEntries([...known, ['of_a_newer_version', { kept: true }]]) as T;
}

/** Fingerprints under a key of the tests. */
export const testFingerprints = createFingerprints({
  key: async () => Buffer.alloc(32, 7),
  isAtHand: async () => true,
});

/** A clock that stands until it is moved. */
export function handClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenantry-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The `AppError` that the work ends with; anything else fails the test. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<AppError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('It succeeded.');
}
