import { bidi, deep, each, type Fields, group, guid, long, names, nonTexts, parsed, type Row, tag } from './rows.ts';

const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
const apiKey = { authType: 'ApiKey', category: 'ApiKey', target: 'https://a.example', credentials: { key: 'abc' } };
const made = { ...workspace, connection_name: 'one', properties: apiKey };
const workspaceRoot = `${group}/providers/Microsoft.MachineLearningServices/workspaces`;
const parents = [
  ...names,
  `https://evil.example${workspaceRoot}/mlw`,
  `//evil.example${workspaceRoot}/mlw`,
  `${workspaceRoot}/..`,
  `${workspaceRoot}/mlw/../../x`,
  `${workspaceRoot}/mlw%2f..`,
  `${workspaceRoot}/mlw?api-version=1`,
  `${workspaceRoot}/mlw\r\n`.concat('X: y'),
  `${workspaceRoot}/mlw/connections/one`,
  `/subscriptions/${guid}/resourceGroups/../providers/Microsoft.CognitiveServices/accounts/ab`,
  `${group}/providers/Microsoft.CognitiveServices/accounts/..`,
  `${group}/providers/Microsoft.CognitiveServices/accounts/ab/projects/..`,
  `/subscriptions/..${group}/providers/Microsoft.CognitiveServices/accounts/ab`,
  ...nonTexts,
];
const mlTools: readonly (readonly [string, Fields])[] = [
  ['list_workspace_connections', {}],
  ['create_workspace_connection', { connection_name: 'one', properties: apiKey }],
  ['delete_workspace_connection', { connection_name: 'one' }],
];
const properties = (more: Fields): Fields => ({ ...made, properties: { ...apiKey, ...more } });
const keys = (value: unknown): Fields => ({
  ...made,
  properties: { authType: 'CustomKeys', category: 'CustomKeys', credentials: { keys: value } },
});

export const ml: readonly Row[] = [
  ...mlTools.flatMap(([tool, input]) => [
    ...each('parent', tool, parents, (parent) => ({ ...input, parent })),
    ...each('workspace_name', tool, [...names, ...nonTexts], (value) => ({
      ...workspace,
      ...input,
      workspace_name: value,
    })),
    ...each('resource_group', tool, [...names, ...nonTexts], (value) => ({
      ...workspace,
      ...input,
      resource_group: value,
    })),
    ...each('connection_name', tool, [...names, 'constructor/x', ...nonTexts], (value) => ({
      ...workspace,
      ...input,
      connection_name: value,
    })),
  ]),
  ...each('properties', 'create_workspace_connection', ['text', 5, [], [apiKey], true, deep(40)], (value) => ({
    ...made,
    properties: value,
  })),
  ...each('authType', 'create_workspace_connection', ['__proto__', 'constructor', 'toString', long, {}], (authType) =>
    properties({ authType }),
  ),
  ...each('category', 'create_workspace_connection', [...names, '__proto__', {}, []], (category) =>
    properties({ category }),
  ),
  ...each('target', 'create_workspace_connection', ['a\u0000b', 'a\r\nb', bidi, tag, 5, {}, []], (target) =>
    properties({ target }),
  ),
  ...each('metadata', 'create_workspace_connection', ['x', 5, [], { a: 1 }, { a: {} }, { a: [] }, { ' ': 'a' }], (it) =>
    properties({ metadata: it }),
  ),
  ...each(
    'metadata name',
    'create_workspace_connection',
    ['__proto__', 'a\u0000b', 'a\r\nb', bidi, tag].map((name) => parsed(JSON.stringify([[name, 'a']]))),
    (entries) => properties({ metadata: Object.fromEntries(entries as [string, string][]) }),
  ),
  ['value of metadata', 'create_workspace_connection', properties({ metadata: { a: 'a\u0000b' } })],
  ['prototype key', 'create_workspace_connection', { ...made, properties: parsed('{"__proto__":{"x":"y"}}') }],
  [
    'prototype key beside others',
    'create_workspace_connection',
    {
      ...made,
      properties: parsed(`{"__proto__":{"isSharedToAll":true},${JSON.stringify(apiKey).slice(1)}`),
    },
  ],
  [
    'prototype key of credentials',
    'create_workspace_connection',
    properties({ credentials: parsed('{"key":"abc","__proto__":"y"}') }),
  ],
  ['prototype key of keys', 'create_workspace_connection', keys(parsed('{"a":"abc","__proto__":"y"}'))],
  ...each('keys', 'create_workspace_connection', ['x', 5, [], {}, { a: 5 }, { a: [] }, { a: {} }, { a: ' ' }], keys),
  ...each('credentials', 'create_workspace_connection', ['x', 5, [], ['x'], { key: 5 }, { key: {} }], (credentials) =>
    properties({ credentials }),
  ),
  [
    'hundred thousand keys',
    'create_workspace_connection',
    keys(Object.fromEntries(Array.from({ length: 90_000 }, (_, n) => [`k${n}`, 'v']))),
  ],
  ...each('sharedUserList', 'create_workspace_connection', ['x', {}, [5], [''], [{}], ['a\r\nb']], (it) =>
    properties({ sharedUserList: it }),
  ),
  ...each('expiryTime', 'create_workspace_connection', [long, '2026-13-01T00:00:00Z', 5, '9'.repeat(99_000)], (it) =>
    properties({ expiryTime: it }),
  ),
  ['replace as text', 'create_workspace_connection', { ...made, replace: 'yes' }],
  ['100 kB filter', 'list_workspace_connections', { ...workspace, target: long }],
  ['made-up cursor', 'list_workspace_connections', { ...workspace, cursor: 'https://evil.example/x' }],
];
