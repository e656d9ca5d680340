import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ProgressUpdate } from '../../src/core/base/call-context.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { buildChecklist } from '../../src/core/connections/checklist/build-checklist.ts';
import { viewConnection } from '../../src/core/connections/connection-view.ts';
import { markAnswer, marker, sentencesOf, unquoted } from '../support/marked-service.ts';
import { fakeTime, passTime } from '../support/pass-time.ts';
import { createRewritingClient } from '../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { propertiesOf, workspace } from '../support/workspace-connections.ts';

// A service whose every string carries a marker: nothing of it may reach a sentence of ours outside backticks.

const service = createRewritingClient();
let tools: SandboxTools;
/** Ids of users by what they have. */
const people: Record<string, string> = {};
/** Sentences that were looked at. */
const checked = { all: 0, quoting: 0 };

beforeAll(async () => {
  tools = await openSandboxTools({
    watch: service.watch,
    settings: { retry: { max_attempts: 1 } },
    scopes: ['directory', 'resources', 'storage', 'broker', 'database', 'graph', 'vector', 'ml', 'devops'],
  });
  await tools.call('list_linked_services', { probe: true });
  await tools.call('list_service_connections', { organization: 'contoso', project: 'Payments' });
  const params = { $select: 'id,usageLocation,assignedLicenses,licenseAssignmentStates' };
  const users = (await tools.call('graph_query', { endpoint: '/users', params, limit: 240 })).response.data.value;
  const located = users.filter((user: Person) => user.usageLocation !== null);
  people['free'] = located.find((user: Person) => user.assignedLicenses.length === 0)?.id;
  people['inheriting'] = located.find(({ licenseAssignmentStates: states }: Person) =>
    states.some(({ assignedByGroup }) => assignedByGroup !== null),
  )?.id;
});
beforeEach(fakeTime);
afterEach(async () => {
  fakeTime();
  service.rewrite = undefined;
  tools.sandbox.reset();
  await passTime(tools.restart());
});
afterAll(async () => {
  vi.useRealTimers();
  await tools.close();
  console.info(`${checked.all} sentences, ${checked.quoting} of which quote the service`);
});

interface Person {
  readonly id: string;
  readonly usageLocation: string | null;
  readonly assignedLicenses: readonly unknown[];
  readonly licenseAssignmentStates: readonly { readonly assignedByGroup: string | null }[];
}
type Call = readonly [tool: string, input: Readonly<Record<string, unknown>>];

const group = '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-web';
const payments = { organization: 'contoso', project: 'Payments' };
const reads: readonly Call[] = [
  ['graph_query', { endpoint: '/users', limit: 2 }],
  ['graph_query', { endpoint: '/users/nobody@contoso.example' }],
  ['graph_query', { endpoint: '/users', params: { $filter: "endsWith(mail,'x')", $count: 'true' }, limit: 1 }],
  ['graph_query', { endpoint: '/devices/00000000-0000-4000-8000-000000000001/owners' }],
  ['graph_query', { endpoint: '/users', params: { $filter: 'displayName foo 1' } }],
  ['graph_query', { endpoint: '/subscribedSkus' }],
  ['graph_batch', { requests: [{ url: '/users?$top=1' }, { url: '/users/nobody' }], continue_on_error: true }],
  ['graph_batch', { requests: [{ url: '/users?$top=1' }, { url: '/nothing' }] }],
  ['graph_delta', { endpoint: '/users/delta', limit: 3 }],
  ['arm_query', { path: '/subscriptions' }],
  ['arm_query', { path: `${group}/resources` }],
  ['arm_query', { path: `${group}/providers/Microsoft.Nothing/things` }],
  ['arm_query', { path: `${group}/providers/Microsoft.Storage/nothing` }],
  ['arm_query', { path: '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups' }],
  ['resource_graph_query', { query: 'resources | project id, name | limit 3' }],
  ['resource_graph_query', { query: 'resources | wher name' }],
  ['list_linked_services', { connection: 'sandbox', probe: true }],
  ['list_linked_services', { connection: 'sandbox' }],
  ['validate_connection', { connection: 'sandbox' }],
  ['list_connections', {}],
  ['list_workspace_connections', workspace],
  ['list_workspace_connections', { ...workspace, connection_name: 'nothing' }],
  ['list_workspace_connections', { ...workspace, workspace_name: 'nothing' }],
  ['list_service_connections', payments],
  ['list_service_connections', { ...payments, verify: true }],
  ['list_service_connections', { ...payments, id: 'azure-failed' }],
  ['list_service_connections', { ...payments, project: 'Paymens' }],
];
const writes: readonly Call[] = [
  ['assign_license', { user: '{free}', add: [{ sku: 'nothing like it' }] }],
  ['assign_license', { user: '{free}', add: [{ sku: 'SPE_E5' }], usage_location: 'DE' }],
  ['assign_license', { user: '{free}', add: [{ sku: 'SPE_E3', disabled_plans: ['x'] }] }],
  ['assign_license', { user: '{inheriting}', remove: ['all'] }],
  ['assign_license', { user: '{inheriting}', remove: ['SPE_E3'] }],
  ['assign_license', { user: '{inheriting}', add: [{ sku: 'SPE_E3' }], dry_run: true }],
  ['assign_license', { user: '{free}', add: [{ sku: 'SPE_E5' }], dry_run: true }],
  ['graph_write', { requests: [{ method: 'POST', endpoint: '/groups', body: { displayName: 'x' } }] }],
  ['graph_write', { requests: [{ method: 'POST', endpoint: '/users', body: { displayName: 'x' } }] }],
  [
    'graph_write',
    { requests: [{ method: 'PATCH', endpoint: '/users/nobody', body: { jobTitle: 'x' } }], dry_run: true },
  ],
  ['arm_write', { method: 'PUT', path: `${group}x`, body: {} }],
  ['arm_write', { method: 'DELETE', path: `${group}/providers/Microsoft.Storage/storageAccounts/stwebprod` }],
  ['arm_write', { method: 'DELETE', path: group, dry_run: true }],
  ['provision_connection', { connection: 'sandbox', name: 'fresh', credential: 'secret', roles: [{ role: 'Reader' }] }],
  ['provision_connection', { connection: 'sandbox', name: 'fresh', credential: 'secret', roles: [{ role: 'Raeder' }] }],
  [
    'provision_connection',
    {
      name: 'fresh',
      credential: 'federated',
      federated: { issuer: 'https://issuer.example', subject: 'a' },
      roles: [],
    },
  ],
  ['create_workspace_connection', { ...workspace, connection_name: 'fresh', properties: propertiesOf('ApiKey') }],
  ['create_workspace_connection', { ...workspace, connection_name: 'conn-openai', properties: propertiesOf('PAT') }],
  ['delete_workspace_connection', { ...workspace, connection_name: 'nothing' }],
  ['convert_service_connection', { ...payments, all: true, dry_run: true }],
  ['convert_service_connection', { ...payments, all: true }],
  ['convert_service_connection', { ...payments, ids: ['no-such', 'azure-shared', 'azure-failed', 'github-contoso'] }],
  ['delete_service_connection', { ...payments, id: 'azure-production' }],
  ['delete_service_connection', { ...payments, id: 'azure-shared' }],
  ['delete_service_connection', { ...payments, id: 'no-such' }],
  [
    'create_service_connection',
    { ...payments, name: 'azure-new', scheme: 'WorkloadIdentityFederation', automatic: true },
  ],
  [
    'create_service_connection',
    { ...payments, name: 'azure-production', scheme: 'WorkloadIdentityFederation', automatic: true },
  ],
  ['convert_connection', { connection: 'sandbox', issuer: 'https://issuer.example', subject: 'a' }],
];

async function check(calls: readonly Call[]): Promise<void> {
  const leaks: string[] = [];
  for (const [tool, template] of calls) {
    const input = JSON.parse(JSON.stringify(template).replace(/\{(\w+)\}/g, (text, name) => people[name] ?? text));
    const progress: ProgressUpdate[] = [];
    const answer = await passTime(tools.call(tool, input, { progress: (update) => progress.push(update) }));
    for (const sentence of sentencesOf(tool, answer, progress)) {
      checked.all += 1;
      if (sentence.includes(marker)) checked.quoting += 1;
      if (unquoted(sentence).includes(marker)) leaks.push(`${tool}: ${sentence}`);
    }
    expect(answer.text.length, tool).toBeLessThan(answer.isError ? 11_000 : 200_000);
  }
  expect(leaks).toEqual([]);
}

describe('nothing of a service is in a sentence of ours outside backticks', () => {
  test.each(['texts', 'all'] as const)('when its answers to reads are marked: %s', async (marking) => {
    service.rewrite = markAnswer(marking, false);
    await check(reads);
  });

  test('in the checklist and the view of a connection that was validated', async () => {
    service.rewrite = markAnswer('texts', false);
    await check([['validate_connection', { connection: 'sandbox' }]]);
    const record = await passTime(tools.runtime.connections.get('sandbox', localCaller));
    const data = { steps: buildChecklist(record), view: viewConnection(record, tools.runtime.clock, localCaller) };
    const sentences = sentencesOf('list_connections', { response: { success: true, status: 200, data }, meta: {} }, []);
    checked.all += sentences.length;
    expect(sentences.length).toBeGreaterThan(20);
    expect(sentences.filter((one) => unquoted(one).includes(marker))).toEqual([]);
  });

  test.each(['texts', 'all'] as const)('when its answers to writes are marked: %s', async (marking) => {
    for (const call of writes) {
      service.rewrite = markAnswer(marking, false);
      await check([call]);
      service.rewrite = undefined;
      tools.sandbox.reset();
    }
  });

  test.each([400, 401, 402, 403, 404, 409, 412, 423, 429, 500, 503])('when it refuses with %i', async (status) => {
    const bodies = [
      { error: { code: 'Bad', message: 'No.', innerError: { code: 'Worse' }, details: [{ code: 'A', message: 'b' }] } },
      { $id: '1', message: 'TF400813: The user is not authorized.', typeKey: 'UnauthorizedRequestException' },
      '<html><title>Gateway</title></html>',
    ];
    for (const body of bodies) {
      for (const call of [...reads, ...writes.slice(0, 12)]) {
        tools.sandbox.reset();
        for (const name of ['graph', 'arm', 'devops']) {
          tools.sandbox.fault({
            service: name,
            status,
            times: 100,
            body,
            ...(status === 429 ? { retry_after: 9_999 } : {}),
          });
        }
        service.rewrite = markAnswer('all', true);
        await check([call]);
      }
    }
  });

  const m = marker;
  test.each([
    [
      'arm',
      403,
      'AuthorizationFailed',
      `The client '${m}' with object id '${m}' does not have authorization to perform action '${m}/write' over scope '/${m}'.`,
    ],
    ['arm', 409, 'ScopeLocked', `The following scope(s) are locked: '/${m}'.`],
    ['arm', 409, 'MissingSubscriptionRegistration', `not registered to use namespace '${m}'.`],
    ['arm', 400, 'InvalidTemplate', m],
    ['arm', 400, 'LocationNotAvailableForResourceType', m],
    [
      'graph',
      403,
      'Forbidden',
      `Missing; required Microsoft Graph permission(s): ${m}.Read.All, Please obey ${m} to call this`,
    ],
    [
      'graph',
      400,
      'Request_BadRequest',
      `License assignment failed: service plan ${m} depends on the service plan ${m}`,
    ],
    ['graph', 400, 'Request_BadRequest', 'mutually exclusive 41781fb2-bc02-4b7c-bd55-b576c07bb09d'],
    ['graph', 400, 'Request_UnsupportedQuery', m],
    ['devops', 500, 'ServiceEndpointException', m],
    ['devops', 400, 'DuplicateServiceConnectionException', m],
    ['devops', 400, 'VssVersionOutOfRangeException', m],
  ])('when %s refuses with %i %s in words that hints are made from', async (name, status, code, message) => {
    const additionalInfo = [{ type: 'PolicyViolation', info: { policyDefinitionDisplayName: m } }];
    const body = name === 'devops' ? { typeKey: code, message } : { error: { code, message, additionalInfo } };
    for (const call of [...reads, ...writes]) {
      tools.sandbox.reset();
      tools.sandbox.fault({ service: name, status, times: 100, body });
      await check([call]);
    }
  });

  test.each([7000215, 700213, 50196, 99999])('when the sign-in is refused with AADSTS%i', async (code) => {
    tools.sandbox.fault({
      service: 'login',
      match: 'POST *',
      status: 400,
      times: 100,
      body: { error: m, error_description: `AADSTS${code}: ${m}`, error_codes: [code], trace_id: m },
    });
    await check(reads);
  });

  test('enough sentences were looked at', () => {
    expect(checked.all).toBeGreaterThan(3_000);
    expect(checked.quoting).toBeGreaterThan(600);
  });
});
