import { describe, expect, test } from 'vitest';
import { applyValidation, type CheckRun } from '../../../src/core/connections/validate-connection.ts';
import { missingOf } from '../../../src/core/record/requirements.ts';
import { testRecord } from './support.ts';

const record = testRecord({ auth_type: 'on_behalf_of' });
const now = '2026-12-01T00:00:00.000Z';

function runOf(lines: CheckRun['lines'], parts: Partial<CheckRun> = {}): CheckRun {
  const findings = { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() };
  return { lines, proven: false, findings, ...parts };
}

describe('a validation on behalf of somebody keeps', () => {
  test('that the app works, and nothing of what the person may', () => {
    const lines = [
      { check: 'token.graph', status: 'pass' as const, detail: 'Got a token' },
      { check: 'graph_roles', status: 'warn' as const, detail: 'Granted: few' },
      { check: 'role_assignments.resources', status: 'fail' as const, detail: 'Ada has no role' },
      { check: 'expiry', status: 'pass' as const, detail: 'ends in a year' },
    ];
    const { checks, health } = applyValidation(record, runOf(lines, { proven: true }), now);
    expect(checks.map(({ check }) => check)).toEqual(['token', 'expiry']);
    expect(JSON.stringify(checks)).not.toContain('Ada');
    expect(health).toBe('healthy');
  });

  test('nothing of a refusal of the person', () => {
    const lines = [{ check: 'token.graph', status: 'fail' as const, detail: 'AADSTS50076' }];
    expect(applyValidation(record, runOf(lines), now)).toMatchObject({ checks: [], health: 'unknown' });
  });

  test('a refusal of the app, which meets everybody', () => {
    const refusedApp = { check: 'token.graph', status: 'fail' as const, detail: 'the client secret has expired' };
    const run = runOf([refusedApp]);
    const found = { ...run, findings: { ...run.findings, credentialRefused: true, refusedApp } };
    expect(applyValidation(record, found, now)).toMatchObject({
      checks: [{ check: 'token', status: 'fail', detail: 'the client secret has expired' }],
      health: 'failing',
    });
  });
});

test.each([
  [[], ['client_secret']],
  [['client_secret'], []],
  [['certificate'], []],
  [['federated_token'], []],
] as const)('the app proves itself in one of three ways: with %j, %j is missing', (fields, missing) => {
  const secrets = fields.map((field) => ({ field }));
  expect(missingOf({ ...record, secrets })).toEqual(missing);
});
