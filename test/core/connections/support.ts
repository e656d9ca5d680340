import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import type { ConnectionRecord } from '../../../src/core/record/connection.ts';

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const clientId = '22222222-2222-4222-8222-222222222222';

/** A record as `create` and `complete` leave it, with what a test changes. */
export function testRecord(overrides: Partial<ConnectionRecord> = {}): ConnectionRecord {
  const at = '2026-01-01T00:00:00.000Z';
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
