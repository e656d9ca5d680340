import { afterEach, expect, test } from 'vitest';
import { seededAccessToken, seededProjects } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

const job =
  'distributedtask/hubs/build/plans/00000000-0000-4000-8000-000000000001/jobs/00000000-0000-4000-8000-000000000002';
const variables: Record<string, string> = {
  SYSTEM_OIDCREQUESTURI: `https://dev.sandbox.invalid/contoso/${seededProjects.payments.id}/_apis/${job}/oidctoken`,
  SYSTEM_ACCESSTOKEN: seededAccessToken,
};

let tools: SandboxTools;
afterEach(() => tools.close());

/** In a job of the pipeline that may use the service connection of this name. */
async function signIn(name: string) {
  const environment = { ...variables };
  tools = await openSandboxTools({ users: 5, environment });
  const { response } = await tools.call('list_service_connections', {
    organization: 'contoso',
    project: 'Payments',
    name,
  });
  const [{ id, client_id: clientId, tenant_id: tenantId }] = response.data.value;
  environment['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'] = id;
  await tools.call('create_connection', {
    name: 'job',
    cloud: 'sandbox',
    scopes: ['resources'],
    auth_type: 'workload_identity',
  });
  await tools.call('complete_connection', {
    connection: 'job',
    tenant_id: tenantId,
    client_id: clientId,
    subscription_id: tools.sandbox.credentials.subscriptionId,
  });
  return tools.call('arm_query', { connection: 'job', path: '/resourcegroups' });
}

test.each([
  'azure-federated-manual',
  'azure-federated-automatic',
  'azure-federated-old-issuer',
  'azure-federated-identity',
])('a job signs in with the token of Azure Pipelines for %s', async (name) => {
  const answer = await signIn(name);
  expect(answer.response.success, answer.text).toBe(true);
  expect(answer.response.data.value.length).toBeGreaterThan(0);
  expect(answer.text).not.toContain(seededAccessToken);
});

test('a job gets no token for a service connection with a secret, and is told so', async () => {
  const answer = await signIn('azure-production');
  expect(answer.isError).toBe(true);
  expect(answer.response.error.message).toContain('Azure Pipelines');
  expect(answer.text).not.toContain(seededAccessToken);
});

test('a job that names no service connection signs in as an app that trusts its pipeline', async () => {
  tools = await openSandboxTools({ users: 5, environment: { ...variables } });
  const { response, text, meta } = await tools.call('provision_connection', {
    name: 'job',
    credential: 'federated',
    federated: {
      issuer: 'https://vstoken.dev.azure.com/5a11d0c5-7e4a-4c0d-8b0a-de0000000001',
      subject: 'p://contoso/Payments/Deploy',
    },
    roles: [{ role: 'Reader' }],
  });
  expect(response.success, text).toBe(true);
  expect(meta.notes.join()).toContain('renaming one of them breaks the trust');
  const answer = await tools.call('arm_query', { connection: 'job', path: '/resourcegroups' });
  expect(answer.response.success, answer.text).toBe(true);
});
