import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let subscription: string;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  subscription = `/subscriptions/${tools.sandbox.credentials.subscriptionId}`;
});
afterAll(() => tools.close());
beforeEach(() => tools.forget());
afterEach(() => tools.sandbox.reset());

const query = (input: Readonly<Record<string, unknown>>) => tools.call('arm_query', input);
const namesOf = (data: { value: { name: string }[] }) => data.value.map(({ name }) => name);
const vaults = () => `${subscription}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts`;

describe('api-versions', () => {
  test('the newest stable one goes out, and is said', async () => {
    const { response, meta } = await query({ path: vaults() });
    expect(namesOf(response.data)).toEqual(['stcontosodata']);
    expect(meta.notes.join(' ')).toMatch(/api-version `\d{4}-\d{2}-\d{2}` of `Microsoft\.Storage\/storageAccounts/);
    expect(tools.armRequests().at(-1)).toMatch(/storageAccounts\?api-version=\d{4}-\d{2}-\d{2}$/);
  });

  test('it is looked up once for a type', async () => {
    await query({ path: vaults() });
    tools.forget();
    await query({ path: `${vaults()}/stcontosodata` });
    expect(tools.armRequests()).toHaveLength(1);
  });

  test('an explicit one wins, and a wrong one is told with those that exist', async () => {
    const known = await query({ path: `${subscription}/resourceGroups`, api_version: '2021-04-01' });
    expect(known.response.success).toBe(true);
    expect(tools.armRequests()).toEqual([`GET ${subscription}/resourceGroups?api-version=2021-04-01`]);
    const wrong = await query({ path: vaults(), api_version: '1999-01-01' });
    expect(wrong.response.error).toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('api_version'),
      upstream: { code: expect.any(String) },
    });
  });

  test('a type that does not exist is not found, with the nearest ones', async () => {
    const { response } = await query({ path: vaults().replace('storageAccounts', 'storageAcounts') });
    expect(response.error).toMatchObject({ code: 'not_found' });
    expect(JSON.stringify(response.error)).toContain('storageAccounts');
  });
});

describe('paths', () => {
  test.each(['resourceGroups', '/resourcegroups', 'resourceGroups?$top=100'])(
    '%s is taken in the subscription of the connection',
    async (path) => {
      const { response, meta } = await query({ path });
      expect(namesOf(response.data)).toContain('rg-contoso-data');
      expect(meta.notes.join(' ')).toContain(`in the subscription of the connection: ${subscription}`);
    },
  );

  test('{subscriptionId} stands for it anywhere', async () => {
    const { response } = await query({ path: 'subscriptions/{subscriptionId}' });
    expect(response.data.id).toBe(subscription);
  });

  test('absolute addresses of the cloud are taken', async () => {
    const { response } = await query({ path: `${tools.sandbox.cloud.resourceManager}${subscription}` });
    expect(response.data).toMatchObject({ id: subscription, displayName: 'Contoso Production' });
  });

  test('the tenant root is left alone', async () => {
    const { response } = await query({ path: '/subscriptions' });
    expect(response.data.value.length).toBeGreaterThanOrEqual(2);
  });

  test('without a subscription the shorthand says what is missing', async () => {
    const bare = await openSandboxTools({ identity: {} });
    try {
      const { response } = await bare.call('arm_query', { path: 'resourceGroups' });
      expect(response.error).toMatchObject({
        code: 'configuration',
        hint: expect.stringContaining('complete_connection'),
      });
      expect(bare.armRequests()).toEqual([]);
    } finally {
      await bare.close();
    }
  });
});

describe('lists', () => {
  const rows = (count: number) => tools.sandbox.placeObject('arm', 'scale', { rows: count, subscriptions: 1 });
  const disks = () => ({
    path: `${subscription}/resourceGroups/rg-scale/providers/Microsoft.Compute/disks`,
    project: 'value[].name',
  });

  test('a list is read to its end, and says so', async () => {
    rows(120);
    const { response, meta, diagnostics } = await query(disks());
    expect(new Set(response.data.value).size).toBe(120);
    expect(diagnostics.pages).toBe(3);
    expect(meta).toMatchObject({ count: 120, complete: true });
  });

  test('cursors lead to each of the others once', async () => {
    rows(120);
    const seen: string[] = [];
    let cursor: string | undefined;
    let calls = 0;
    do {
      const { response, meta } = await query({ ...disks(), limit: 50, ...(cursor ? { cursor } : {}) });
      expect(response.success).toBe(true);
      seen.push(...response.data.value);
      cursor = meta.cursor;
      calls += 1;
    } while (cursor !== undefined && calls < 10);
    expect(seen).toHaveLength(120);
    expect(new Set(seen).size).toBe(120);
  });

  test.each([
    ['in params', (path: string) => ({ path, params: { $top: 50 } })],
    ['in the path', (path: string) => ({ path: `${path}?$top=50` })],
    ['encoded in the path', (path: string) => ({ path: `${path}?%24top=50` })],
  ])('$top by itself, %s, is one page, and the cursor leads to the rest', async (_, input) => {
    rows(120);
    const { path, project } = disks();
    const { meta, diagnostics } = await query({ ...input(path), project });
    expect(diagnostics.pages).toBe(1);
    expect(meta).toMatchObject({ complete: false, cursor: expect.any(String) });
    const rest = await query({ ...input(path), project, cursor: meta.cursor, auto_paginate: true });
    expect(meta.count + rest.meta.count).toBe(120);
  });

  test('auto_paginate: false reads one page', async () => {
    rows(120);
    const { meta, diagnostics } = await query({ ...disks(), auto_paginate: false });
    expect(diagnostics.pages).toBe(1);
    expect(meta).toMatchObject({ count: 50, complete: false, cursor: expect.any(String) });
  });

  test.each(['empty_middle', 'relative_link', 'no_api_version'])('pages with %s are followed', async (behaviour) => {
    rows(120);
    tools.sandbox.placeObject('arm', 'paging', { match: 'GET */disks', behaviour });
    const { meta } = await query(disks());
    expect(meta).toMatchObject({ count: 120, complete: true });
  });

  test('a cursor goes on after a link without api-version', async () => {
    rows(120);
    tools.sandbox.placeObject('arm', 'paging', { match: 'GET */disks', behaviour: 'no_api_version' });
    const first = await query({ ...disks(), auto_paginate: false });
    const second = await query({ ...disks(), cursor: first.meta.cursor });
    expect(second.response.data.value).toHaveLength(70);
  });

  test('a link to another host is not followed', async () => {
    rows(120);
    tools.sandbox.placeObject('arm', 'paging', { match: 'GET */disks', behaviour: 'foreign_host' });
    const { response } = await query(disks());
    expect(response.error).toMatchObject({ code: 'upstream_error', message: expect.stringContaining('another host') });
    expect(tools.armRequests().filter((line) => line.includes('/disks'))).toHaveLength(1);
  });

  test('csv works on lists, and is ignored elsewhere', async () => {
    const list = await query({
      path: 'resourceGroups',
      format: 'csv',
      project: 'value[].{name:name,location:location}',
    });
    expect(list.response.data).toContain('rg-contoso-data,westeurope\n');
    const one = await query({ path: 'resourceGroups/rg-contoso-data', format: 'csv' });
    expect(one.response.data.name).toBe('rg-contoso-data');
    expect(one.meta.notes.join(' ')).toContain('format was ignored');
  });
});

describe('answers', () => {
  test('one resource comes as it is, and project works on it', async () => {
    const path = 'resourceGroups/rg-contoso-data';
    const { response } = await query({ path });
    expect(response).toMatchInlineSnapshot(`
      {
        "data": {
          "id": "/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/resourceGroups/rg-contoso-data",
          "location": "westeurope",
          "name": "rg-contoso-data",
          "properties": {
            "provisioningState": "Succeeded",
          },
          "tags": {
            "environment": "production",
            "owner": "data-platform",
          },
          "type": "Microsoft.Resources/resourceGroups",
        },
        "status": 200,
        "success": true,
      }
    `);
    expect((await query({ path, project: '{where:location}' })).response.data).toEqual({ where: 'westeurope' });
  });

  test('what is not there is not_found with a next step', async () => {
    const { response } = await query({ path: `${vaults()}/nothere` });
    expect(response.error).toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('resource_graph_query'),
      upstream: { code: 'ResourceNotFound' },
    });
    const group = await query({ path: 'resourceGroups/nothere' });
    expect(group.response.error).toMatchObject({ code: 'not_found', upstream: { code: 'ResourceGroupNotFound' } });
  });
});
