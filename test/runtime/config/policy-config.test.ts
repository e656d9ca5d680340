import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import { errorOf, load } from './write-config.ts';

const policyFile = `policy:
  max_access: read_write
  confirm: always
  deny:
    - { methods: [DELETE], path: "/users/*" }
    - { service: arm, path: "/subscriptions/*/resourceGroups/rg-core/**" }
  subscriptions: ["00000000-0000-0000-0000-00000000000A"]
  protected: { objects: ["break-glass@contoso.com"], synced: false }
  receipts: true
  connections:
    contoso: { deny: [{ path: "/applications/**" }] }
`;

test('a policy has its defaults, and ids in the form in which they are compared', async () => {
  const { config, error } = await load(policyFile);
  expect(error).toBeUndefined();
  expect(config.policy).toEqual({
    max_access: 'read_write',
    ambient: false,
    fan_out: false,
    confirm: 'always',
    deny: [
      { service: 'graph', methods: ['DELETE'], path: '/users/*' },
      { service: 'arm', path: '/subscriptions/*/resourceGroups/rg-core/**' },
    ],
    subscriptions: ['00000000-0000-0000-0000-00000000000a'],
    protected: { ...defaultPolicy.protected, objects: ['break-glass@contoso.com'], synced: false },
    receipts: true,
    connections: { contoso: { deny: [{ service: 'graph', path: '/applications/**' }] } },
  });
});

test.each(['/users/a*', '/users/**/messages', 'users/*', '/users/*?x=1', '/users/*/**x', '//users'])(
  'a rule that could never match is refused: %s',
  async (path) => {
    expect(await errorOf(`policy: { deny: [{ path: "${path}" }] }\n`)).toMatch(/use a path that begins with/);
  },
);

test.each(['/', '/**', '/users', '/users/', '/users/{id}/messages/**', "/users('x')"])(
  'a rule may be %s',
  async (path) => {
    const { error } = await load(`policy: { allow: [{ path: "${path}" }] }\n`);
    expect(error).toBeUndefined();
  },
);

test('the flag and the variable for access win over the file, and a wrong one is refused', async () => {
  const flagged = await load(policyFile, {}, { maxAccess: 'read_only' });
  expect(flagged.config.policy.max_access).toBe('read_only');
  const byVariable = await load(policyFile, { TENANTRY_MAX_ACCESS: 'read_only' });
  expect(byVariable.config.policy.max_access).toBe('read_only');
  const wrong = await load(policyFile, { TENANTRY_MAX_ACCESS: 'all' });
  expect(wrong.error).toMatchObject({
    code: 'configuration',
    hint: expect.stringContaining('read_only or read_write'),
  });
});

test.each([
  ['two sources', '{ env: A, file: /a, use: [sign_in] }', /no source, or two/],
  ['no source', '{ use: [sign_in] }', /no source, or two/],
  ['export without a place', '{ env: A, use: [export] }', /no place in to/],
  ['places without export', '{ env: A, use: [sign_in], to: [{ holder: org/project }] }', /no use: \[export\]/],
])('a named secret with %s is refused', async (_what, text, problem) => {
  expect(await errorOf(`secrets: { named: { app: ${text} } }\n`)).toMatch(problem);
});
