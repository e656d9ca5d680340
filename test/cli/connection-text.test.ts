import { expect, test } from 'vitest';
import { formatConnectionAnswer } from '../../src/cli/connection-text.ts';

function answer(data: unknown, meta: Readonly<Record<string, unknown>> = {}): string {
  const structured = { response: { success: true, status: 200, data }, meta };
  return formatConnectionAnswer({ isError: false, structured });
}

const connection = {
  name: 'contoso',
  status: 'pending',
  health: 'unknown',
  next_step:
    'Call complete_connection for "contoso" with tenant_id, client_id; without client_secret it asks the person for it.',
  cloud: 'public',
  access: 'read_only',
  auth_type: 'azure',
  scopes: ['directory'],
  identity: {},
  secrets: [],
  origin: 'stored',
};

test('a new connection names the command that comes next', () => {
  expect(answer(connection)).toBe(
    [
      'contoso: pending, health unknown',
      '  read_only, for directory',
      '  signs in with azure, cloud public',
      'Next: tenantry connections complete contoso',
    ].join('\n'),
  );
});

test('a validation shows its lines, what to do about them, identity and secrets', () => {
  const secrets = [
    { kind: 'client_secret', fingerprint: '0fd9b35f', source: 'env', expires_at: '2028-01-04T00:00:00Z' },
  ];
  const checks = [
    { check: 'token.graph', status: 'pass', detail: 'Got a token.' },
    { check: 'graph_roles', status: 'fail', detail: 'User.Read.All is missing.', hint: 'Grant it.' },
  ];
  const checked = { ...connection, status: 'ready', health: 'failing', next_step: 'Grant it.' };
  const text = answer(
    { health: 'failing', checks, connection: { ...checked, identity: { tenant_id: 't' }, secrets } },
    { notes: ['It was slow.'] },
  );
  expect(text.split('\n')).toEqual([
    'pass  token.graph: Got a token.',
    'fail  graph_roles: User.Read.All is missing.',
    '      Grant it.',
    'contoso: ready, health failing',
    '  read_only, for directory',
    '  signs in with azure, cloud public',
    '  tenant_id: t',
    '  client_secret: fingerprint 0fd9b35f, from env, ends 2028-01-04',
    'Next: Grant it.',
    'note: It was slow.',
  ]);
});

test('a ready connection says so, and a declared one names the configuration', () => {
  expect(answer({ ...connection, status: 'ready', health: 'healthy', next_step: 'Ready to use.' })).toMatch(
    /\nReady to use\.$/,
  );
  const next_step = 'Correct its declaration in tenantry.yaml.';
  expect(answer({ ...connection, origin: 'declared', next_step })).toContain(`Next: ${next_step}`);
});

test('a damaged connection and a deleted one are shown', () => {
  const damaged = {
    name: 'old',
    status: 'damaged',
    health: 'failing',
    problem: 'It was changed.',
    next_step: 'Delete it.',
  };
  expect(answer({ value: [damaged] })).toBe('old: damaged\n  It was changed.\nNext: Delete it.');
  const secrets_destroyed = [{ kind: 'client_secret', fingerprint: '0fd9b35f' }];
  expect(answer({ deleted: 'old', secrets_destroyed })).toBe('Deleted old.\n  client_secret: fingerprint 0fd9b35f');
});

test('an error is its message and its hint, on lines of their own and without controls', () => {
  const error = { code: 'not_found', message: 'There is no\u001b[2K\nconnection.', hint: 'Valid names: contoso.' };
  const structured = { response: { success: false, status: 404, error }, meta: {} };
  const text = formatConnectionAnswer({ isError: true, structured });
  expect(text).toBe('error: There is no[2K connection.\n  Valid names: contoso.');
});
