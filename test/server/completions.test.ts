import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { type Door, doors, type ServedClients, serveClients } from '../support/served-clients.ts';

let box: SandboxTools;
let clients: ServedClients;
let door: Door;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5, scopes: ['directory', 'resources', 'ml', 'devops'] });
  clients = await serveClients(box.runtime);
  [door] = doors as [Door];
});
afterAll(async () => {
  await clients.close();
  await box.close();
});
beforeEach(() => box.forget());

/** Values for the argument of a prompt, or the variable of a resource. */
function complete(of: string, argument: string, value: string, given?: Record<string, string>) {
  return clients.through(door).complete(of, argument, value, given);
}

/** Calls a tool as a client does: what is learnt from it is the client's. */
function call(tool: string, input: Record<string, unknown>) {
  return clients.through(door).call(tool, { connection: 'sandbox', ...input });
}

describe.each(doors)('$name completes', (own) => {
  test('connections in prompts and in addresses, with any case, and in the middle of a name', async () => {
    const client = clients.through(own);
    expect(await client.complete('audit_licenses', 'connection', 'sa')).toEqual(['sandbox']);
    expect(await client.complete('explain_failure', 'connection', 'BOX')).toEqual(['sandbox']);
    for (const family of ['connections', 'checklist', 'limits']) {
      expect(await client.complete(`tenantry://${family}/{name}`, 'name', 'Sand')).toEqual(['sandbox']);
    }
    expect(await client.complete('explain_failure', 'connection', 'nothing')).toEqual([]);
    expect(box.seen()).toEqual([]);
  });

  test('the topics of the reference, and issuers', async () => {
    const client = clients.through(own);
    expect(await client.complete('tenantry://reference/{topic}', 'topic', 'sign')).toEqual([
      'sign_in',
      'sign_in_errors',
    ]);
    expect(await client.complete('tenantry://reference/{topic}', 'topic', 'conn')).toEqual([
      'workspace_connections',
      'service_connections',
    ]);
    expect(await client.complete('migrate_to_federation', 'issuer', 'g')).toEqual(['github']);
  });
});

test('a text that is longer than a list of connections is not multiplied by them', async () => {
  expect(await complete('audit_licenses', 'connection', 'other,'.repeat(65))).toEqual([]);
  expect(await complete('audit_licenses', 'connection', `${'o'.repeat(5_000)},`)).toEqual([]);
});

test('several connections are completed one by one, each once', async () => {
  await call('create_connection', { connection: undefined, name: 'sales' });
  expect(await complete('audit_licenses', 'connection', 's')).toEqual(['sales', 'sandbox']);
  expect(await complete('audit_licenses', 'connection', 'sandbox,')).toEqual(['sandbox,sales']);
  expect(await complete('audit_licenses', 'connection', 'sandbox, SA')).toEqual(['sandbox,sales']);
  await call('delete_connection', { connection: 'sales' });
});

describe('products', () => {
  const product = (value: string) => complete('audit_licenses', 'product', value, { connection: 'sandbox' });

  test('are completed by part number and by name, and sends nothing', async () => {
    expect(await product('spe_e5')).toContain('SPE_E5');
    expect(await product('microsoft 365 e5')).toContain('Microsoft 365 E5');
    expect(box.seen()).toEqual([]);
  });

  test('begin with those that the tenant was seen to have', async () => {
    const before = await product('');
    expect(before).toHaveLength(100);
    const { structured } = await call('graph_query', { endpoint: '/subscribedSkus' });
    const own = structured.response.data.value.map((sku: { skuPartNumber: string }) => sku.skuPartNumber);
    expect(own.length).toBeGreaterThan(0);
    box.forget();
    const after = await product('');
    for (const partNumber of own) expect(after.slice(0, own.length * 4)).toContain(partNumber);
    expect(box.seen()).toEqual([]);
  });
});

describe('places in Azure', () => {
  test('are subscriptions of the connections, narrowed by tenant', async () => {
    const { subscriptionId, tenantId } = box.sandbox.credentials;
    const subscription = (value: string, given?: Record<string, string>) =>
      complete('onboard_tenant', 'subscription_id', value, given);
    expect(await subscription('')).toEqual([subscriptionId]);
    expect(await subscription(subscriptionId.slice(0, 5))).toEqual([subscriptionId]);
    expect(await subscription('zzz')).toEqual([]);
    expect(await subscription('', { tenant_id: tenantId.toUpperCase() })).toEqual([subscriptionId]);
    expect(await subscription('', { tenant_id: '' })).toEqual([subscriptionId]);
    expect(await subscription('', { tenant_id: 'another' })).toEqual([]);
    expect(box.seen()).toEqual([]);
  });

  test('are workspaces and subscriptions that answers named, narrowed by subscription', async () => {
    const { subscriptionId } = box.sandbox.credentials;
    const workspaces = (value: string, given?: Record<string, string>) =>
      complete('onboard_tenant', 'workspace', value, given);
    expect(await workspaces('')).toEqual([]);
    const query =
      "resources | where type =~ 'microsoft.machinelearningservices/workspaces' | project id, name, resourceGroup";
    const { structured } = await call('resource_graph_query', { query });
    const own = structured.response.data.value.map(({ resourceGroup, name }: Record<string, string>) =>
      `${resourceGroup}/${name}`.toLowerCase(),
    );
    expect(own.length).toBeGreaterThan(0);
    const completed = (await workspaces('')).map((value) => value.toLowerCase());
    expect(completed).toEqual(expect.arrayContaining(own));
    expect(await workspaces('', { subscription_id: '00000000-0000-0000-0000-000000000000' })).toEqual([]);
    const [id] = structured.response.data.value.map((one: { id: string }) => one.id.split('/')[2]);
    expect((await workspaces('', { subscription_id: id })).length).toBeGreaterThan(0);
    expect(await complete('onboard_tenant', 'subscription_id', '')).toContain(subscriptionId);
  });
});

describe('places in Azure DevOps', () => {
  const project = (value: string, given?: Record<string, string>) =>
    complete('migrate_to_federation', 'project', value, given);

  test('are organizations and projects that calls went to, narrowed by organization and connection', async () => {
    expect(await project('')).toEqual([]);
    await call('list_service_connections', { organization: 'contoso', project: 'Payments' });
    expect(await project('pay')).toEqual(['Payments']);
    expect(await project('', { organization: 'Contoso' })).toEqual(['Payments']);
    expect(await project('', { organization: 'fabrikam' })).toEqual([]);
    expect(await project('', { connection: 'another' })).toEqual([]);
    expect(await complete('migrate_to_federation', 'organization', 'con')).toEqual(['contoso']);
  });

  test('are nothing that a failed call named', async () => {
    await call('list_service_connections', { organization: 'contoso', project: 'NoSuchProject' });
    expect(await project('NoSuch')).toEqual([]);
  });
});

test('nothing of another caller is offered', () => {
  const { places } = box.runtime;
  places.note({ kind: 'project', connection: 'sandbox', project: 'TheirsAlone' }, 'somebody else');
  return expect(complete('migrate_to_federation', 'project', 'Theirs')).resolves.toEqual([]);
});

test('free text and what is unknown have no completions', async () => {
  expect(await complete('onboard_tenant', 'tenant_id', '')).toEqual([]);
  expect(await complete('onboard_tenant', 'unknown', '')).toEqual([]);
  expect(await complete('no_such_prompt', 'name', '')).toEqual([]);
  expect(await complete('tenantry://results/{id}{?offset}', 'id', '')).toEqual([]);
  expect(await complete('tenantry://reference/{topic}', 'constructor', '')).toEqual([]);
});
