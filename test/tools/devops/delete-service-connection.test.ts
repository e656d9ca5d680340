import { describe, expect, test } from 'vitest';
import { type Row, useDevOpsTools } from './devops-tools.ts';

const devops = useDevOpsTools();
const remove = (input: Readonly<Record<string, unknown>>) => devops.call('delete_service_connection', input);
const namesIn = async (project: string): Promise<readonly string[]> => {
  const { response } = await devops.call('list_service_connections', { project });
  return response.data.value.map(({ name }: Row) => name);
};
const apps = async (clientId: string) => {
  const endpoint = `/applications?$filter=appId eq '${clientId}'&$select=id`;
  const { response } = await devops.tools.call('graph_query', { endpoint });
  return response.data.value.length;
};

describe('a connection that Azure DevOps made', () => {
  test('goes with its app, and the answer comes when it is gone', async () => {
    const { response, meta } = await remove({ id: 'azure-development' });
    expect(response.data).toMatchObject({ deleted: 'azure-development', app_removed: true, remains_in: [] });
    expect(meta.notes).toEqual([expect.stringContaining('asked to remove the app')]);
    expect(await namesIn('Payments')).not.toContain('azure-development');
    expect(await apps(response.data.client_id)).toBe(0);
  });

  test('leaves the app that another connection uses too', async () => {
    const { response } = await devops.call('list_service_connections', { name: 'azure-development' });
    const clientId = response.data.value[0].client_id;
    devops.tools.sandbox.placeObject('devops', 'serviceEndpoint', {
      name: 'twin',
      creationMode: 'Manual',
      parameters: { serviceprincipalid: clientId.toUpperCase() },
    });
    const removed = await remove({ id: 'azure-development' });
    expect(removed.response.data.app_removed).toBe(false);
    expect(removed.meta.notes).toEqual([expect.stringContaining('twin')]);
    expect(await apps(clientId)).toBe(1);
  });
});

test('one that was made by hand leaves its app, and the answer says so', async () => {
  const { response, meta } = await remove({ id: 'azure-manual-key' });
  expect(response.data).toMatchObject({ deleted: 'azure-manual-key', app_removed: false });
  expect(meta.notes[0]).toMatch(/app .* stays.*did not make it/);
  expect(await apps(response.data.client_id)).toBe(1);
});

test('a shared one leaves the named project only', async () => {
  const { response } = await remove({ id: 'azure-shared' });
  expect(response.data).toMatchObject({ app_removed: false, remains_in: [{ name: 'Space game web agent' }] });
  expect(await namesIn('Payments')).not.toContain('azure-shared');
  expect(await namesIn('Space game web agent')).toContain('azure-shared');
  const last = await remove({ project: 'Space game web agent', id: 'azure-shared' });
  expect(last.response.data).toMatchObject({ app_removed: true, remains_in: [] });
});

test('one that failed can be removed by its name', async () => {
  expect((await remove({ id: 'azure-failed' })).response.data).toMatchObject({ deleted: 'azure-failed' });
});

test('an unknown one is told with the nearest names, and nothing is deleted', async () => {
  const { response } = await remove({ id: 'azure-productio' });
  expect(response.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('`azure-production`') });
  expect(devops.requests().filter((request) => request.startsWith('DELETE'))).toEqual([]);
});

test('a lost answer is no failure: what is gone is deleted', async () => {
  devops.tools.sandbox.fault({ match: 'DELETE *', service: 'devops', reset: 'after' });
  expect((await remove({ id: 'azure-production' })).response.success).toBe(true);
  expect(await namesIn('Payments')).not.toContain('azure-production');
});

test('a repeat finds nothing, and says so', async () => {
  await remove({ id: 'azure-production' });
  expect((await remove({ id: 'azure-production' })).response.error.code).toBe('not_found');
});

test('a deletion that goes on after the time of waiting is told as such', async () => {
  devops.tools.sandbox.placeObject('devops', 'readyAfter', { polls: 1_000 });
  const { response } = await remove({ id: 'azure-production' });
  expect(response.error).toMatchObject({ code: 'timeout', message: expect.stringContaining('still in progress') });
});

test('one that is not of Azure is left alone, and not offered among the nearest names', async () => {
  const { error } = (await remove({ id: 'github-contoso' })).response;
  expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('of type `github`') });
  expect((await remove({ id: 'github-contosa' })).response.error.detail?.nearest ?? []).not.toContain('github-contoso');
  const { response } = await devops.call('list_service_connections', { name: 'github-contoso' });
  expect(response.data.value).toHaveLength(1);
});
