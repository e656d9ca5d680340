import { bidi, each, type Fields, guid, long, names, nonTexts, parsed, type Row, tag } from './rows.ts';

const github = { issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:a/b:ref:refs/heads/main' };
const issuers = [
  ...names.filter((name) => name !== 'https://evil.example/x'),
  'http://evil.example',
  'https://user@evil.example',
  'https://user:password@evil.example',
  'https://evil.example/?x=1',
  'https://evil.example/#x',
  'https://evil.example/*',
  'https://evil.example/.well-known/openid-configuration',
  'https://token.actions.githubusercontent.com/',
  'javascript:alert(1)',
  'file:///etc/passwd',
  `https://${'a.'.repeat(49_990)}example`,
];
const subjects = ['', ' ', 'a\u0000b', 'a\r\nb', bidi, tag, '*', 'repo:a/b:*', long, `repo:${'a/'.repeat(290)}`];
const provision = { name: 'fresh', credential: 'federated', federated: github, roles: [] };
const withRole = (role: unknown): Fields => ({ ...provision, roles: [role] });

export const identities: readonly Row[] = [
  ...each('issuer', 'provision_connection', [...issuers, ...nonTexts], (issuer) => ({
    ...provision,
    federated: { ...github, issuer },
  })),
  ...each('subject', 'provision_connection', [...subjects, ...nonTexts], (subject) => ({
    ...provision,
    federated: { ...github, subject },
  })),
  ...each('audience', 'provision_connection', ['', 'a\r\nb', bidi, '*', long], (audience) => ({
    ...provision,
    federated: { ...github, audience },
  })),
  ...each('token', 'provision_connection', ['abc', long, `${'e'.repeat(49_000)}.${'y'.repeat(49_000)}.`], (token) => ({
    ...provision,
    federated: { ...github, token },
  })),
  ...each('federated', 'provision_connection', ['x', [], 5, { issuer: github.issuer }, {}], (it) => ({
    ...provision,
    federated: it,
  })),
  ...each('name', 'provision_connection', [...names, '__proto__', 'Prod', 'a'.repeat(64), ...nonTexts], (name) => ({
    ...provision,
    name,
  })),
  ...each('display_name', 'provision_connection', ['', ' ', 'a\r\nb', 'a\u0000b', bidi, tag, long, 5], (value) => ({
    ...provision,
    display_name: value,
  })),
  ...each('service_management_reference', 'provision_connection', ['', 'a\r\nb', bidi, long], (value) => ({
    ...provision,
    service_management_reference: value,
  })),
  ...each('role', 'provision_connection', ['', ' ', 'a\r\nb', 'a\u0000b', bidi, long, 5, {}], (role) =>
    withRole({ role }),
  ),
  ...each(
    'scope',
    'provision_connection',
    [
      ...names,
      `https://evil.example/subscriptions/${guid}`,
      `/subscriptions/${guid}/..`,
      `/subscriptions/${guid}/resourceGroups/..`,
      `/subscriptions/${guid}/resourceGroups/%2e%2e`,
      `/subscriptions/${guid}/resourceGroups/rg/providers/A/B/${bidi}`,
      `/subscriptions/${guid}/resourceGroups/rg?x=1`,
      '/',
      '/subscriptions/all',
      '/providers/Microsoft.Management/managementGroups/../x',
    ],
    (scope) => withRole({ role: 'Reader', scope }),
  ),
  ...each('roles', 'provision_connection', ['Reader', {}, ['Reader'], [null], Array(21).fill({ role: 'a' })], (it) => ({
    ...provision,
    roles: it,
  })),
  ...each('secret_days', 'provision_connection', [0, -1, 1.5, 731, '7', 1e308], (value) => ({
    ...provision,
    credential: 'secret',
    federated: undefined,
    secret_days: value,
  })),
  ...['management_group_id', 'resource_group', 'workspace_name'].flatMap((field) =>
    each(field, 'provision_connection', names, (value) => ({
      ...provision,
      scope_level: field === 'management_group_id' ? 'management_group' : 'ml_workspace',
      resource_group: field === 'management_group_id' ? undefined : 'rg',
      workspace_name: field === 'management_group_id' ? undefined : 'mlw',
      [field]: value,
    })),
  ),
  ['prototype key', 'provision_connection', parsed('{"name":"a1","credential":"secret","roles":[],"__proto__":{}}')],
  ...each('issuer', 'convert_connection', [...issuers, ...nonTexts], (issuer) => ({
    connection: 'prod',
    ...github,
    issuer,
  })),
  ...each('subject', 'convert_connection', [...subjects, ...nonTexts], (subject) => ({
    connection: 'prod',
    ...github,
    subject,
  })),
  ...each('federated_token', 'convert_connection', ['abc', long, 5, [], {}, { previous: true }], (it) => ({
    connection: 'prod',
    ...github,
    federated_token: it,
  })),
  ...each('connection', 'convert_connection', [...names, '__proto__', 5], (connection) => ({ connection })),
  ['revert as text', 'convert_connection', { connection: 'prod', revert: 'yes' }],
  ['revert and issuer', 'convert_connection', { connection: 'prod', revert: true, issuer: github.issuer }],
];
