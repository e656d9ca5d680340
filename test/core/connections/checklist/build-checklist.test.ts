import { describe, expect, test } from 'vitest';
import { buildChecklist } from '../../../../src/core/connections/checklist/build-checklist.ts';
import type { CheckResult, ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { clientId, tenantId, testRecord } from '../support.ts';

const subscription_id = '44444444-4444-4444-8444-444444444444';
const secret = { field: 'client_secret', ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' } as const;

function line(check: string, status: CheckResult['status'], hint?: string): CheckResult {
  return { check, status, detail: `Detail of ${check}.`, ...(hint === undefined ? {} : { hint }) };
}

/** The steps of a connection for storage, queues and databases, with what a test changes. */
function checklist(overrides: Partial<ConnectionRecord> = {}) {
  return buildChecklist(
    testRecord({
      scopes: ['storage', 'broker', 'database'],
      identity: { tenant_id: tenantId, client_id: clientId, subscription_id },
      secrets: [secret],
      ...overrides,
    }),
  );
}

function states(record: Partial<ConnectionRecord>) {
  return Object.fromEntries(checklist(record).steps.map(({ step, state }) => [step, state]));
}

describe('a new connection', () => {
  const pending = { status: 'pending', identity: {}, secrets: [] } as const;

  test('has the steps of its scopes, in the order in which they are done', () => {
    expect(states(pending)).toEqual({
      app_registration: 'open',
      credential: 'open',
      azure_scope: 'open',
      role_discovery: 'unchecked',
      role_storage: 'unchecked',
      role_broker: 'unchecked',
      access_database: 'unchecked',
      validate: 'open',
    });
  });

  test('names the first step that is to be done', () => {
    expect(checklist(pending)).toMatchObject({
      connection: 'prod',
      done: 0,
      open: 8,
      next: 'Register an app in Microsoft Entra ID, and copy tenant id and client id',
    });
  });

  test('says how to do each step, with what is known already', () => {
    const { steps } = checklist({ status: 'pending', secrets: [] });
    expect(steps.find(({ step }) => step === 'role_storage')?.commands).toEqual([
      `az role assignment create --role "Storage Blob Data Reader" --assignee-object-id $(az ad sp show --id ${clientId} --query id --output tsv) --assignee-principal-type ServicePrincipal --scope /subscriptions/${subscription_id}`,
    ]);
    expect(steps.find(({ step }) => step === 'credential')).toMatchObject({
      commands: [expect.stringContaining(`az ad app credential reset --id ${clientId}`)],
      how: expect.stringContaining('tenantry connections complete prod'),
      portal: expect.stringContaining('Certificates & secrets'),
    });
    for (const { state, how, portal, commands } of steps) {
      expect(state === 'done' || (commands ?? how ?? portal)).toBeTruthy();
    }
  });
});

describe('a validated connection', () => {
  const validatedAt = '2026-01-01T00:00:00.000Z';
  const passed = [
    line('token.resource_manager', 'pass'),
    line('identity', 'pass'),
    line('subscription', 'pass'),
    line('role_assignments.discovery', 'pass'),
    line('role_assignments.storage', 'pass'),
    line('role_assignments.broker', 'pass'),
    line('role_assignments.database', 'skip', 'Ask the administrator.'),
    line('data_plane.blob.st', 'pass'),
    line('data_plane.servicebus.sb', 'pass'),
    line('data_plane.postgresql.psql', 'pass'),
    line('expiry', 'pass'),
  ];

  test('is done when every check has passed', () => {
    const list = checklist({ checks: passed, health: 'healthy', validatedAt });
    expect(list).toMatchObject({ open: 0, done: list.steps.length, checked_at: validatedAt });
    expect(list.next).toBeUndefined();
    expect(list.steps.some(({ how, portal, commands }) => (how ?? portal ?? commands) !== undefined)).toBe(false);
  });

  test.each([
    ['role_assignments.storage', 'fail', 'role_storage', 'open'],
    ['role_assignments.storage', 'warn', 'role_storage', 'attention'],
    ['subscription', 'fail', 'azure_scope', 'open'],
    ['expiry', 'warn', 'credential', 'attention'],
    ['token.resource_manager', 'fail', 'credential', 'open'],
    ['identity', 'fail', 'app_registration', 'open'],
    ['data_plane.blob.st', 'fail', 'linked_service_blob_st', 'open'],
    ['data_plane.postgresql.psql', 'skip', 'access_database', 'unchecked'],
  ] as const)('%s %s makes %s %s', (check, status, step, state) => {
    const checks = [...passed.filter((one) => one.check !== check), line(check, status, 'The command.')];
    const list = checklist({ checks, health: 'failing', validatedAt });
    expect(list.steps.find((one) => one.step === step)).toMatchObject({
      state,
      detail: `Detail of ${check}.`,
      how: 'The command.',
    });
  });

  test('what could not be read about roles is said at each of them', () => {
    const checks = [line('role_assignments', 'fail', 'The command.')];
    expect(states({ checks, validatedAt })).toMatchObject({ role_discovery: 'open', role_storage: 'open' });
  });
});

describe('other connections', () => {
  test('a managed identity needs no app and no secret', () => {
    const steps = states({ auth_type: 'managed_identity', secrets: [], identity: { subscription_id } });
    expect(steps).not.toHaveProperty('app_registration');
    expect(steps).not.toHaveProperty('credential');
  });

  test('Graph only: permissions, and nothing of Azure', () => {
    expect(Object.keys(states({ scopes: ['directory'] }))).toEqual([
      'app_registration',
      'credential',
      'graph_permissions',
      'validate',
    ]);
  });

  test('a workspace names its three parts', () => {
    const steps = states({ scopes: ['ml'], scope_level: 'ml_workspace', identity: { subscription_id } });
    expect(steps).toMatchObject({ azure_scope: 'open', role_ml: 'unchecked' });
  });

  test('DevOps asks for the organization', () => {
    expect(states({ scopes: ['devops'] })).toMatchObject({ devops_organization: 'open' });
  });
});
