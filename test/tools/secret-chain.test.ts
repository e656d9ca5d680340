import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ scopes: ['directory', 'resources', 'ml'] });
});
afterEach(() => tools.close());

test('a user, an app, a workspace connection and a connection of ours get their secrets, and no answer shows one', async () => {
  const texts: string[] = [];
  const call = async (tool: string, input: Readonly<Record<string, unknown>>) => {
    const answer = await tools.call(tool, input);
    texts.push(answer.text);
    expect(answer.isError, answer.text).toBe(false);
    return answer.response.data;
  };
  const write = (method: string, endpoint: string, body: unknown) =>
    call('graph_write', { requests: [{ method, endpoint, body }] });

  const user = await write('POST', '/users', {
    accountEnabled: true,
    displayName: 'Chain',
    mailNickname: 'chain',
    userPrincipalName: 'chain@contoso.example',
    passwordProfile: { password: { generate: true } },
  });
  const app = await write('POST', '/applications', { displayName: 'chain' });
  await write('POST', '/servicePrincipals', { appId: app.appId });
  const added = await write('POST', `/applications/${app.id}/addPassword`, {
    passwordCredential: { displayName: 'chain' },
  });
  const { secret } = added.secretText;

  const query = "resources | where type =~ 'microsoft.machinelearningservices/workspaces' | take 1";
  const [workspace] = (await call('resource_graph_query', { query })).value;
  const { tenantId } = tools.sandbox.credentials;
  const place = { resource_group: workspace.resourceGroup, workspace_name: workspace.name };
  await call('create_workspace_connection', {
    ...place,
    connection_name: 'chain',
    properties: {
      authType: 'ServicePrincipal',
      category: 'AzureOneLake',
      target: 'https://onelake.example',
      credentials: { clientId: app.appId, tenantId, clientSecret: { secret } },
    },
  });
  const back = await call('arm_write', { method: 'POST', path: `${workspace.id}/connections/chain/listsecrets` });

  await call('create_connection', { name: 'chain', cloud: 'sandbox', scopes: ['directory'] });
  await call('complete_connection', {
    connection: 'chain',
    tenant_id: tenantId,
    client_id: app.appId,
    client_secret: { secret },
  });
  const validation = await call('validate_connection', { connection: 'chain' });

  // What the services got is what is kept, and opens for a person alone.
  const { namedSecrets } = tools.runtime;
  const material = (await namedSecrets.reveal(secret, 'local')).reveal();
  const copy = back.properties.credentials.clientSecret.secret;
  expect((await namedSecrets.reveal(copy, 'local')).reveal()).toBe(material);
  expect(validation.checks[0]).toMatchObject({ check: expect.stringMatching(/^token/), status: 'pass' });
  const password = await namedSecrets.reveal(user.passwordProfile.password.secret, 'local');
  expect(password.reveal().length).toBeGreaterThan(15);
  for (const text of texts) {
    expect(text.includes(material)).toBe(false);
    expect(text.includes(password.reveal())).toBe(false);
  }
});
