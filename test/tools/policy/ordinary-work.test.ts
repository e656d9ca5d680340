import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import type { Attempt } from './attempt.ts';
import { attackedPolicy, readFacts, type TenantFacts } from './tenant-facts.ts';

let tools: SandboxTools;
let facts: TenantFacts;

beforeAll(async () => {
  const looking = await openSandboxTools();
  facts = await readFacts(looking);
  await looking.close();
  tools = await openSandboxTools({ policy: attackedPolicy(facts) });
}, 60_000);

afterAll(async () => {
  await tools.close();
});

type Row = readonly [name: string, call: (facts: TenantFacts) => Attempt];

const write = (method: string, endpoint: string, body?: object): Attempt => ({
  tool: 'graph_write',
  args: { requests: [{ method, endpoint, ...(body === undefined ? {} : { body }) }] },
});

const armWrite = (method: string, path: string, body?: object): Attempt => ({
  tool: 'arm_write',
  args: { method, path, ...(body === undefined ? {} : { body }) },
});

const person = (name: string) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.example`,
  passwordProfile: { password: 'xWwvJ]6NMw+bWH-d' },
});

const group = { displayName: 'Project', mailEnabled: false, mailNickname: 'project', securityEnabled: true };

const rows: readonly Row[] = [
  ['a property of a user', ({ user }) => write('PATCH', `/users/${user.id}`, { jobTitle: 'Engineer' })],
  ['the same by name', ({ user }) => write('PATCH', `/users/${user.upn}`, { department: 'Research' })],
  [
    'several users',
    ({ user }) => ({
      tool: 'graph_write',
      args: {
        requests: Array.from({ length: 20 }, (_, at) => ({
          method: 'PATCH',
          endpoint: `/users/${user.id}`,
          body: { city: `c${at}` },
        })),
      },
    }),
  ],
  ['a new user with a password', () => write('POST', '/users', person('grace'))],
  [
    'a manager',
    ({ user, named }) =>
      write('PUT', `/users/${user.id}/manager/$ref`, {
        '@odata.id': `https://graph.sandbox.invalid/v1.0/users/${named.id}`,
      }),
  ],
  ['a new group', () => write('POST', '/groups', group)],
  ['a description of a group', ({ group: id }) => write('PATCH', `/groups/${id}`, { description: 'Ours' })],
  ['a group less', ({ group: id }) => write('DELETE', `/groups/${id}`)],
  ['a country of a synchronised user', ({ synced }) => write('PATCH', `/users/${synced}`, { usageLocation: 'DE' })],
  [
    'a new app without credentials',
    ({ app }) => write('PATCH', `/applications/${app.id}`, { displayName: 'Renamed', tags: ['x'] }),
  ],
  ['a tag of a principal', ({ app }) => write('PATCH', `/servicePrincipals/${app.principal}`, { tags: ['x'] })],
  [
    'an invitation',
    () =>
      write('POST', '/invitations', {
        invitedUserEmailAddress: 'guest@partner.example',
        inviteRedirectUrl: 'https://contoso.example',
      }),
  ],
  [
    'a mail',
    ({ user }) =>
      write('POST', `/users/${user.id}/sendMail`, {
        message: { subject: 'Hi', toRecipients: [{ emailAddress: { address: user.upn } }] },
      }),
  ],
  ['a mail of a synchronised user', ({ synced }) => write('POST', `/users/${synced}/messages`, { subject: 'Hi' })],
  ['a restored object', ({ group: id }) => write('POST', `/directory/deletedItems/${id}/restore`)],
  ['signing a user out', ({ user }) => write('POST', `/users/${user.id}/revokeSignInSessions`)],
  [
    'groups of a user',
    ({ user }) => write('POST', `/users/${user.id}/getMemberGroups`, { securityEnabledOnly: false }),
  ],
  ['a resource group', () => armWrite('PUT', 'resourceGroups/rg-new', { location: 'westeurope' })],
  ['a tag of a resource group', () => armWrite('PATCH', 'resourceGroups/rg-contoso-web', { tags: { owner: 'a' } })],
  [
    'a storage account',
    () =>
      armWrite('PUT', 'resourceGroups/rg-contoso-web/providers/Microsoft.Storage/storageAccounts/stnew', {
        location: 'westeurope',
        sku: { name: 'Standard_LRS' },
        kind: 'StorageV2',
      }),
  ],
  [
    'a deployment',
    () =>
      armWrite('PUT', 'resourceGroups/rg-contoso-web/providers/Microsoft.Resources/deployments/one', {
        properties: {
          mode: 'Incremental',
          template: {
            $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
            contentVersion: '1.0.0.0',
            resources: [
              {
                type: 'Microsoft.Storage/storageAccounts',
                apiVersion: '2023-01-01',
                name: 'stdeployed',
                location: 'westeurope',
                sku: { name: 'Standard_LRS' },
                kind: 'StorageV2',
              },
            ],
          },
        },
      }),
  ],
  [
    'a lock',
    () =>
      armWrite('PUT', 'resourceGroups/rg-contoso-web/providers/Microsoft.Authorization/locks/keep', {
        properties: { level: 'CanNotDelete' },
      }),
  ],
  [
    'one resource less',
    () => armWrite('DELETE', 'resourceGroups/rg-contoso-ml/providers/Microsoft.Network/publicIPAddresses/none'),
  ],
  [
    'a query over the subscription',
    ({ subscription }) => ({
      tool: 'resource_graph_query',
      args: { query: 'Resources | project id | order by id asc', subscriptions: [subscription] },
    }),
  ],
  ['the subscriptions', () => ({ tool: 'arm_query', args: { path: '/subscriptions' } })],
  ['members of a group', ({ group: id }) => ({ tool: 'graph_query', args: { endpoint: `/groups/${id}/members` } })],
  [
    'a user and the manager',
    ({ user }) => ({ tool: 'graph_query', args: { endpoint: `/users/${user.id}`, params: { $expand: 'manager' } } }),
  ],
  [
    'all users',
    () => ({ tool: 'graph_query', args: { endpoint: '/users', params: { $top: 5 }, auto_paginate: false } }),
  ],
  [
    'a workspace connection',
    () => ({
      tool: 'create_workspace_connection',
      args: {
        resource_group: 'rg-contoso-ml',
        workspace_name: 'mlw-contoso-research',
        connection_name: 'ordinary',
        properties: { authType: 'None', category: 'CustomKeys', target: 'https://example.com' },
      },
    }),
  ],
  [
    'service connections',
    ({ organization }) => ({ tool: 'list_service_connections', args: { organization, project: 'Payments' } }),
  ],
];

test.each(rows)('%s needs nobody', async (_, callOf) => {
  const { tool, args } = callOf(facts);
  const { response, text } = await tools.call(tool, args);
  expect(response.error?.code, text.slice(0, 500)).not.toBe('refused');
});

test('one licence for a synchronised user needs nobody', async () => {
  const free = await openSandboxTools({ policy: { confirm: 'risky' } });
  const args = { user: facts.synced, add: [{ sku: 'SPE_E5' }], usage_location: 'DE' };
  const { response } = await free.call('assign_license', args);
  expect(response.error?.code).not.toBe('refused');
  await free.close();
});

test('a call of few writes asks the directory for names and for what it points to, each once', async () => {
  tools.forget();
  await tools.call('graph_write', {
    requests: [{ method: 'PATCH', endpoint: `/users/${facts.user.id}`, body: { city: 'x' } }],
  });
  expect(tools.graphRequests()).toEqual([
    'POST /v1.0/$batch',
    'POST /v1.0/$batch',
    `PATCH /v1.0/users/${facts.user.id}`,
  ]);
});
