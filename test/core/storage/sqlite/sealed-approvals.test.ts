import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../src/core/base/clock.ts';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import type { Approval, Storage } from '../../../../src/core/storage/storage.ts';

let home: string;
let storage: Storage;

const waiting: Approval = {
  code: 'K7F3',
  owner: 'local',
  digest: 'digest-1',
  tool: 'arm_write',
  summary: 'Read a tag',
  details: ['nothing happens'],
  state: 'waiting',
  createdAt: systemClock.now(),
  expiresAt: systemClock.now() + 3_600_000,
};

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tenantry-approvals-'));
  storage = openLocalStorage({ home, vault: 'file', clock: systemClock });
});

afterEach(async () => {
  await storage.close();
  await rm(home, { recursive: true, force: true });
});

/** What somebody does who can write the file. */
function tamper(sql: string, ...values: readonly string[]): void {
  const database = new DatabaseSync(join(home, 'tenantry.db'));
  try {
    database.prepare(sql).run(...values);
  } finally {
    database.close();
  }
}

test('nobody says yes in the file', async () => {
  await storage.approvals.insert(waiting, 20);
  tamper("UPDATE approvals SET state = 'approved'");
  expect(await storage.approvals.spend('digest-1', 'local')).toBeUndefined();
  expect(await storage.approvals.find('digest-1', 'local')).toBeUndefined();
});

test('what a person says yes to is what was asked', async () => {
  await storage.approvals.insert(waiting, 20);
  tamper("UPDATE approvals SET approval = replace(approval, 'Read a tag', 'Harmless')");
  expect(await storage.approvals.list('local')).toEqual([]);
  expect(await storage.approvals.answer('K7F3', 'local', 'approved')).toBe(false);
});

test('a yes is for one request, one caller and its hour', async () => {
  for (const change of ["digest = 'digest-2'", "owner = 'another'", "code = 'AAAA'", 'expires_at = expires_at + 1']) {
    await storage.approvals.insert(waiting, 20);
    expect(await storage.approvals.answer('K7F3', 'local', 'approved')).toBe(true);
    tamper(`UPDATE approvals SET ${change}`);
    for (const [digest, owner] of [
      ['digest-1', 'local'],
      ['digest-2', 'local'],
      ['digest-1', 'another'],
    ] as const) {
      expect(await storage.approvals.spend(digest, owner), change).toBeUndefined();
    }
    tamper('DELETE FROM approvals');
  }
});

test('a row of a stranger makes room for the real request', async () => {
  await storage.approvals.insert(waiting, 20);
  tamper("UPDATE approvals SET approval = '{}'");
  expect(await storage.approvals.insert(waiting, 20)).toBe('inserted');
  expect(await storage.approvals.list('local')).toEqual([waiting]);
  expect(await storage.approvals.answer('K7F3', 'local', 'approved')).toBe(true);
  expect(await storage.approvals.spend('digest-1', 'local')).toEqual({ ...waiting, state: 'approved' });
  expect(await storage.approvals.spend('digest-1', 'local')).toBeUndefined();
});
