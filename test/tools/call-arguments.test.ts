import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ scopes: ['directory', 'resources', 'devops', 'ml'] });
});

afterAll(() => tools.close());

const workspace = { resource_group: 'rg-contoso-ml', workspace_name: 'mlw-contoso-research' };
const project = { organization: 'contoso', project: 'Payments' };
const missing = '/subscriptions/{subscriptionId}/resourceGroups/rg-that-is-gone';

describe('expected_outcomes', () => {
  test.each([
    ['delete_connection', { connection: 'gone' }],
    ['delete_service_connection', { ...project, id: 'gone' }],
    ['delete_workspace_connection', { ...workspace, connection_name: 'gone' }],
    ['arm_write', { method: 'DELETE', path: missing }],
    ['arm_query', { path: missing }],
    ['graph_query', { endpoint: '/users/gone' }],
    ['graph_write', { requests: [{ method: 'DELETE', endpoint: '/users/gone' }] }],
  ])('make the 404 of %s a success', async (tool, input) => {
    const refused = await tools.call(tool, input);
    expect(refused).toMatchObject({ isError: true, response: { success: false, status: 404 } });
    const { isError, response } = await tools.call(tool, { ...input, expected_outcomes: [404] });
    expect(isError).toBe(false);
    expect(response).toMatchObject({ success: true, status: 404 });
    const other = await tools.call(tool, { ...input, expected_outcomes: [409] });
    expect(other.response).toMatchObject({ success: false, status: 404 });
  });

  test('make the failures of single items of a batch of reads successes', async () => {
    const requests = [{ url: '/users/gone' }, { url: '/organization?$select=id' }];
    const { response } = await tools.call('graph_batch', { requests, expected_outcomes: [404] });
    expect(response).toMatchObject({ success: true, data: { responses: [{ status: 404, success: true }, {}] } });
  });

  test('say what was taken as a success', async () => {
    const { meta } = await tools.call('arm_query', { path: missing, expected_outcomes: [404] });
    expect(meta.notes.join(' ')).toMatch(/404 counts as success, as expected_outcomes says: .*rg-that-is-gone/);
  });

  test('never cover a connection that does not exist, nor a rule of ours', async () => {
    const input = { ...project, id: 'gone', expected_outcomes: [403, 404, 400] };
    const unknown = await tools.call('delete_service_connection', { ...input, connection: 'nobody' });
    expect(unknown.response.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('nobody') });
    const envelope = await tools.call('graph_query', { endpoint: '/$batch', expected_outcomes: [400] });
    expect(envelope.response.error.code).toBe('invalid_argument');
    const watched = await openSandboxTools({ access: 'read_only', users: 1 });
    const write = { method: 'DELETE', path: missing, expected_outcomes: [403] };
    expect((await watched.call('arm_write', write)).response).toMatchObject({
      status: 403,
      error: { code: 'refused' },
    });
    await watched.close();
  });

  test('are named as useless where no single request decides', async () => {
    const { response, meta } = await tools.call('list_connections', { expected_outcomes: [404] });
    expect(response.success).toBe(true);
    expect(meta.notes).toEqual(['expected_outcomes has no meaning for list_connections: it was ignored.']);
  });
});

describe('timeout and correlation_id', () => {
  test.each([
    ['list_connections', {}],
    ['validate_connection', { connection: 'sandbox', checks: ['token'] }],
    ['arm_query', { path: '/subscriptions' }],
    ['list_service_connections', project],
    ['graph_batch', { requests: [{ url: '/organization' }] }],
  ])('are accepted by %s', async (tool, input) => {
    const { response, diagnostics } = await tools.call(tool, { ...input, timeout: 30, correlation_id: 'ticket-4711' });
    expect(response.success).toBe(true);
    expect(diagnostics.client_request_id).toBe('ticket-4711');
  });

  test.each([
    [{ timeout: 0 }, 'timeout'],
    [{ timeout: 'soon' }, 'timeout'],
    [{ correlation_id: 'a b' }, 'correlation_id'],
    [{ expected_outcomes: [200] }, 'expected_outcomes'],
  ])('%j is refused by name', async (wrong, named) => {
    const { response } = await tools.call('list_connections', wrong);
    expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(named) });
  });
});
