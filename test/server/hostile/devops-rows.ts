import { bidi, each, type Fields, group, guid, long, names, nonTexts, parsed, type Row, tag } from './rows.ts';

const inPayments = { organization: 'contoso', project: 'Payments' };
const federated = { ...inPayments, name: 'azure-x', scheme: 'WorkloadIdentityFederation', automatic: true };
const byKey = { ...inPayments, name: 'azure-x', scheme: 'ServicePrincipal', client_id: guid, client_secret: 'abc' };
const organizations = [
  ...names,
  'https://dev.azure.com.evil.example/contoso',
  'https://evil.example/contoso',
  'https://dev.azure.com@evil.example/contoso',
  'https://evil.visualstudio.com.evil.example/',
  'http://dev.azure.com/contoso',
  '//evil.example/contoso',
  'contoso/Payments',
  ...nonTexts,
];
const devopsTools: readonly (readonly [string, Fields])[] = [
  ['list_service_connections', {}],
  ['create_service_connection', federated],
  ['convert_service_connection', { all: true }],
  ['delete_service_connection', { id: 'azure-x' }],
];

export const devops: readonly Row[] = [
  ...devopsTools.flatMap(([tool, input]) => [
    ...each('organization', tool, organizations, (organization) => ({ ...inPayments, ...input, organization })),
    ...each('project', tool, [...names, ...nonTexts, '.', 'a*'], (project) => ({ ...inPayments, ...input, project })),
  ]),
  ...each('id', 'delete_service_connection', [...nonTexts, '', long], (id) => ({ ...inPayments, id })),
  ...each('ids', 'convert_service_connection', [...nonTexts.slice(0, 2), [], [''], [5], [long], {}], (ids) => ({
    ...inPayments,
    ids,
  })),
  ['ids and all', 'convert_service_connection', { ...inPayments, ids: ['a'], all: true }],
  ['neither', 'convert_service_connection', inPayments],
  ['truth as text', 'convert_service_connection', { ...inPayments, all: 'true' }],
  ['scheme', 'list_service_connections', { ...inPayments, scheme: 'Federation\u0000' }],
  ['made-up cursor', 'list_service_connections', { ...inPayments, cursor: 'https://evil.example/x' }],
  ['prototype key', 'delete_service_connection', parsed('{"project":"Payments","id":"a","__proto__":{"x":1}}')],
  ...each(
    'name',
    'create_service_connection',
    [...names.filter((name) => !/^(?:\.\.|%|a[/%\\?#&]|https)/.test(name)), ...nonTexts],
    (name) => ({ ...federated, name }),
  ),
  ...each('description', 'create_service_connection', ['a\u0000b', bidi, tag, long, ...nonTexts], (description) => ({
    ...federated,
    description,
  })),
  ...['subscription_name', 'service_management_reference'].flatMap((field) =>
    each(field, 'create_service_connection', ['a\r\nb', 'a\u0000b', bidi, tag, long, '', 5], (value) => ({
      ...federated,
      [field]: value,
    })),
  ),
  ...each('management_group_name', 'create_service_connection', ['a\r\nb', bidi, long], (value) => ({
    ...federated,
    management_group_id: 'contoso',
    management_group_name: value,
  })),
  ...each('workspace_location', 'create_service_connection', ['a\r\nb', bidi, long], (value) => ({
    ...federated,
    scope_level: 'ml_workspace',
    resource_group: 'rg',
    workspace_name: 'mlw-one',
    workspace_location: value,
  })),
  ...each('resource_group', 'create_service_connection', names, (value) => ({ ...federated, resource_group: value })),
  ...each('management_group_id', 'create_service_connection', names, (value) => ({
    ...federated,
    management_group_id: value,
  })),
  ...each('subscription_id', 'create_service_connection', [...names, 'all', 5], (value) => ({
    ...federated,
    subscription_id: value,
  })),
  ...each('tenant_id', 'create_service_connection', ['common', 'contoso.example', ...names], (value) => ({
    ...federated,
    tenant_id: value,
  })),
  ...each('client_id', 'create_service_connection', names, (value) => ({ ...byKey, client_id: value })),
  ...each(
    'managed_identity_id',
    'create_service_connection',
    [
      ...names,
      `https://evil.example${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x`,
      `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/..`,
      `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x/../y`,
      `${group}/../x/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x`,
      `/subscriptions/${guid}/resourceGroups/../providers/Microsoft.ManagedIdentity/userAssignedIdentities/x`,
      `/subscriptions/${guid}/resourceGroups/${bidi}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/x`,
      `${group}/providers/Microsoft.Web/sites/x`,
    ],
    (value) => ({ ...federated, automatic: undefined, managed_identity_id: value }),
  ),
  ...each(
    'web_app_id',
    'create_service_connection',
    [
      ...names,
      `${group}/providers/Microsoft.Web/sites/x/../y`,
      `/subscriptions/${guid}/resourceGroups/../providers/Microsoft.Web/sites/x`,
      `/subscriptions/${guid}/resourceGroups/${bidi}/providers/Microsoft.Web/sites/x`,
      `https://evil.example${group}/providers/Microsoft.Web/sites/x`,
    ],
    (value) => ({
      ...inPayments,
      name: 'azure-x',
      scheme: 'PublishProfile',
      web_app_id: value,
      publish_profile: '<publishData><publishProfile /></publishData>',
    }),
  ),
  ...each(
    'environment_url',
    'create_service_connection',
    [
      ...names,
      'http://management.local.azurestack.external',
      'https://user:secret@management.local.azurestack.external',
      'https://management.local.azurestack.external/path',
      'https://management.local.azurestack.external?x=1',
      'https://127.0.0.1',
      'https://2130706433',
      'https://0x7f.1',
      'https://[::1]',
      'https://localhost',
      'https://metadata',
      'javascript:alert(1)',
      'file:///etc/passwd',
    ],
    (value) => ({ ...byKey, tenant_id: guid, environment: 'AzureStack', environment_url: value }),
  ),
  ['address of another environment', 'create_service_connection', { ...byKey, environment_url: 'https://a.example' }],
  ...each('client_secret', 'create_service_connection', [5, [], {}, { env: '' }, { env: 'A', file: 'B' }], (value) => ({
    ...byKey,
    client_secret: value,
  })),
  ...each('certificate', 'create_service_connection', ['abc', long, ' '], (value) => ({
    ...byKey,
    client_secret: undefined,
    certificate: value,
  })),
  ...each('publish_profile', 'create_service_connection', ['abc', '<publishData '.repeat(7_000), long], (value) => ({
    ...inPayments,
    name: 'azure-x',
    scheme: 'PublishProfile',
    web_app_id: `${group}/providers/Microsoft.Web/sites/app`,
    publish_profile: value,
  })),
];
