import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorAt } from '../../../src/core/base/authority.ts';
import { sandboxCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { connectionOf } from '../../support/other-connection.ts';
import { type CallOptions, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What a refused call should have been is sent as it stands in the error, and is answered or asks a person.

const { subscriptionId } = sandboxCredentials;
const subscription = `/subscriptions/${subscriptionId}`;
const data = `${subscription}/resourceGroups/rg-contoso-data`;
const account = `${data}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
const contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ declared: [connectionOf('reader', 'readOnly')], policy: { confirm: 'risky' } });
});

afterAll(async () => {
  await tools.close();
});

const person = { authority: operatorAt('terminal') };

async function refusalOf(tool: string, args: Readonly<Record<string, unknown>>, options: CallOptions = {}) {
  const { response } = await tools.call(tool, args, options);
  expect(response.success).toBe(false);
  return response.error;
}

describe('a missing role', () => {
  const refused = { connection: 'reader', method: 'PATCH', path: account, body: { tags: { a: 'b' } } };

  test('is an assignment of one that has the action, for the principal, under a name that is always the same', async () => {
    const error = await refusalOf('arm_write', refused);
    expect(error.code).toBe('permission_denied');
    expect(error.try).toEqual({
      tool: 'arm_write',
      arguments: {
        connection: 'reader',
        method: 'PUT',
        path: expect.stringMatching(
          new RegExp(`^${account}/providers/Microsoft\\.Authorization/roleAssignments/[0-9a-f-]{36}$`),
        ),
        body: {
          properties: {
            roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${contributor}`,
            principalId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          },
        },
      },
    });
    expect((await refusalOf('arm_write', refused)).try).toEqual(error.try);
  });

  test('is asked of a person, and once it is there the call is answered', async () => {
    const { try: next } = await refusalOf('arm_write', refused);
    const asked = await refusalOf(next.tool, next.arguments);
    expect(asked, JSON.stringify(asked)).toMatchObject({ code: 'refused', pending: expect.any(String) });
    // By a connection that may assign roles, and with the yes of its person.
    const made = await tools.call(next.tool, { ...next.arguments, connection: 'sandbox' }, person);
    expect(made.response, made.text).toMatchObject({ success: true, status: 201 });
    expect((await tools.call('arm_write', refused)).response).toMatchObject({ success: true });
  });

  test('for something new is assigned where that will be', async () => {
    const path = `${data}/providers/Microsoft.Storage/storageAccounts/stnew`;
    const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2' };
    const { try: next } = await refusalOf('arm_write', { connection: 'reader', method: 'PUT', path, body });
    expect(next.arguments.path).toMatch(new RegExp(`^${data}/providers/Microsoft\\.Authorization/roleAssignments/`));
  });

  test('to assign roles is not for oneself to assign', async () => {
    const { try: next } = await refusalOf('arm_write', { ...refused, path: data });
    const error = await refusalOf(next.tool, next.arguments, person);
    expect(error.code).toBe('permission_denied');
    expect(error.try).toBeUndefined();
  });
});

describe('a refused call carries the one that leads on', () => {
  test.each<[string, string, Readonly<Record<string, unknown>>, object]>([
    [
      'locks',
      'arm_write',
      { method: 'DELETE', path: 'resourceGroups/rg-contoso-protected' },
      {
        tool: 'arm_query',
        arguments: { path: expect.stringMatching(/\/providers\/Microsoft\.Authorization\/locks$/) },
      },
    ],
    [
      'the version',
      'arm_query',
      { path: account, api_version: '1999-01-01', project: '{id: id}' },
      { tool: 'arm_query', arguments: { connection: 'sandbox', path: account, project: '{id: id}' } },
    ],
    [
      'names of groups',
      'arm_query',
      { path: `${subscription}/resourceGroups/rg-nowhere` },
      { tool: 'arm_query', arguments: { path: `${subscription}/resourceGroups` } },
    ],
    [
      'resources of the name',
      'arm_query',
      {
        path: `${subscription}/resourceGroups/rg-contoso-web/providers/Microsoft.Storage/storageAccounts/stcontosodata`,
      },
      {
        tool: 'resource_graph_query',
        arguments: { connection: 'sandbox', query: expect.stringContaining("name =~ 'stcontosodata'") },
      },
    ],
    [
      'subscriptions',
      'arm_query',
      { path: '/subscriptions/00000000-0000-4000-8000-00000000abcd/resourceGroups' },
      { tool: 'arm_query', arguments: { connection: 'sandbox', path: '/subscriptions' } },
    ],
  ])('%s', async (_, tool, args, expected) => {
    const { try: next, ...error } = await refusalOf(tool, args, person);
    expect(next, JSON.stringify(error)).toMatchObject(expected);
    const again = await tools.call(next.tool, next.arguments);
    expect(again.response, again.text).toMatchObject({ success: true, status: 200 });
  });

  test('a provider that has to be registered first', async () => {
    const path = `${data}/providers/Microsoft.Kusto/clusters/one`;
    const { try: next, ...error } = await refusalOf('arm_write', {
      method: 'PUT',
      path,
      api_version: '2024-04-13',
      body: { location: 'westeurope' },
    });
    expect(next, JSON.stringify(error)).toEqual({
      tool: 'arm_write',
      arguments: {
        connection: 'sandbox',
        method: 'POST',
        path: `${subscription}/providers/Microsoft.Kusto/register`,
      },
    });
    const again = await tools.call(next.tool, next.arguments);
    expect(again.response, again.text).toMatchObject({ success: true });
  });
});
