import { afterEach, expect, test } from 'vitest';
import { seededCredentials } from '../../src/sandbox/seed/sandbox-credentials.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;
afterEach(() => tools.close());

test('a call with ever so many literal secrets does not make those of others be forgotten', async () => {
  tools = await openSandboxTools({ users: 5 });
  const { tenantId, clientId, clientSecret } = seededCredentials('readOnly');
  const completion = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
  await tools.call('create_connection', { name: 'earlier', cloud: 'sandbox' });
  await tools.call('complete_connection', { connection: 'earlier', ...completion });
  // Signed in: the secret is not read again for a while.
  await tools.call('graph_query', { connection: 'earlier', endpoint: '/users' });
  const keys = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, index) => [`k${index}`, `flood-of-secrets-${index}`]),
  );
  const flood = await tools.call('create_workspace_connection', {
    resource_group: 'rg-contoso-ml',
    workspace_name: 'mlw-contoso-research',
    connection_name: 'flood',
    properties: { authType: 'CustomKeys', category: 'CustomKeys', credentials: { keys } },
  });
  expect(flood.isError).toBe(true);
  tools.sandbox.fault({ match: 'GET /v1.0/users*', status: 200, body: { value: [{ id: '1', note: clientSecret }] } });
  const answer = await tools.call('graph_query', { connection: 'earlier', endpoint: '/users' });
  // Its form gives it away too, so the memory is asked by itself.
  expect(tools.runtime.secrets.mask(clientSecret)).toBe('[redacted]');
  expect(answer.text).not.toContain(clientSecret);
});

test('what the vault holds is hidden before anything signs in with it, and stays so whatever callers pass in', async () => {
  tools = await openSandboxTools({ users: 5 });
  const { tenantId, clientId } = seededCredentials('readOnly');
  const clientSecret = 'never-signed-in-with-this';
  await tools.call('create_connection', { name: 'earlier', cloud: 'sandbox' });
  await tools.call('complete_connection', {
    connection: 'earlier',
    tenant_id: tenantId,
    client_id: clientId,
    client_secret: clientSecret,
  });
  for (let at = 0; at < 20_000; at++) tools.runtime.secrets.add(`flood-of-secrets-${at}`);
  expect(tools.runtime.secrets.mask(clientSecret)).toBe('[redacted]');
});
