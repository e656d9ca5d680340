import { expect, test } from 'vitest';
import { rulesOf } from '../../../src/core/policy/connection-rules.ts';
import { defaultPolicy, type Policy } from '../../../src/core/policy/policy.ts';
import type { DeclaredConnection } from '../../../src/core/record/declared-connection.ts';
import { declare } from '../connections/ceilings-support.ts';
import { testRecord } from '../connections/support.ts';

const app = '00000000-0000-4000-8000-0000000000aa';
const record = (overrides: object = {}) => testRecord({ name: 'contoso', cloud: 'public', ...overrides });

function rules(policy: Partial<Policy>, overrides: object = {}, declared: readonly DeclaredConnection[] = []) {
  return rulesOf(record(overrides), { ...defaultPolicy, ...policy }, declared);
}

test('asks about what is risky unless something else is written; the sandbox asks only where it is written', () => {
  expect(rules({}).confirm).toBe('risky');
  expect(rules({ confirm: 'never' }).confirm).toBe('never');
  expect(rules({}, { cloud: 'sandbox' }).confirm).toBe('never');
  expect(rules({ confirm: 'risky' }, { cloud: 'sandbox' }).confirm).toBe('risky');
});

test('a single connection is only stricter', () => {
  const own = { confirm: 'never', subscriptions: ['b', 'c'], deny: [{ service: 'graph', path: '/b' }] } as const;
  const merged = rules({
    subscriptions: ['a', 'B'],
    deny: [{ service: 'graph', path: '/a' }],
    connections: { contoso: { ...own, allow: [], protected: { ...defaultPolicy.protected, own_app: false } } },
    allow: [{ service: 'graph', path: '/x' }],
  });
  expect(merged.confirm).toBe('risky');
  expect([...(merged.subscriptions ?? [])]).toEqual(['b']);
  expect(merged.deny.map(({ rule }) => rule.path)).toEqual(['/a', '/b']);
  expect(merged.allow).toHaveLength(2);
  expect(merged.protected.own_app).toBe(true);
  expect(rules({ confirm: 'never', connections: { contoso: { confirm: 'always' } } }).confirm).toBe('always');
});

test('the rules of a declared connection follow its app, whatever a connection is called', () => {
  const declared: DeclaredConnection = {
    name: 'strict',
    provider: 'azure',
    scopes: ['directory'],
    cloud: 'public',
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity: { client_id: app },
    secrets: {},
  };
  const policy = { connections: { strict: { deny: [{ service: 'graph', path: '/**' }] } } } as const;
  const twin = { name: 'renamed', identity: { client_id: app.toUpperCase() } };
  expect(rules(policy, twin, [declared]).deny).toHaveLength(1);
  expect(rules(policy, { ...twin, auth_type: 'certificate' }, [declared]).deny).toHaveLength(1);
  expect(rules(policy, { ...twin, cloud: 'the-same-by-another-name' }, [declared]).deny).toHaveLength(1);
  expect(rules(policy, { name: 'renamed' }, [declared]).deny).toEqual([]);
  const cli = { ...declared, auth_type: 'azure_cli', identity: {} } as const;
  expect(rules(policy, { name: 'mine', auth_type: 'azure_cli' }, [cli]).deny).toHaveLength(1);
});

test('the rules of a declared connection do not mean one of somebody who signs in that has only its name', () => {
  const policy = { connections: { contoso: { deny: [{ service: 'graph', path: '/**' }] } } } as const;
  const theirs = { owner: '11111111-1111-4111-8111-111111111111/22222222-2222-4222-8222-222222222222' };
  const declared = declare({ name: 'contoso', identity: { client_id: app } });
  expect(rules(policy, theirs, [declared]).deny).toEqual([]);
  expect(rules(policy, { ...theirs, identity: { client_id: app } }, [declared]).deny).toHaveLength(1);
  expect(rules(policy, {}, [declared]).deny).toHaveLength(1);
  // Where none is declared, the rules are about the name.
  expect(rules(policy, theirs).deny).toHaveLength(1);
});

test('reads are looked at only where a rule is about them', () => {
  expect(rules({}).concernsReads).toBe(false);
  expect(rules({ deny: [{ service: 'graph', methods: ['DELETE'], path: '/**' }] }).concernsReads).toBe(false);
  expect(rules({ deny: [{ service: 'graph', path: '/x' }] }).concernsReads).toBe(true);
  expect(rules({ deny: [{ service: 'graph', methods: ['HEAD'], path: '/x' }] }).concernsReads).toBe(true);
  expect(rules({ subscriptions: [] }).concernsReads).toBe(true);
});
