import { describe, expect, test } from 'vitest';
import { roleIds } from '../../../src/sandbox/arm/access/role-definitions.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { type ArmClient, createArmClient, versions } from './support/arm-client.ts';

const path = '/providers/Microsoft.ResourceGraph/resources';

function ask(arm: ArmClient, query: string, more: object = {}) {
  return arm.send('POST', path, { version: versions.graph, body: { query, ...more } });
}

async function rows(query: string, more: object = {}) {
  const answer = await ask(await createArmClient(), query, more);
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data;
}

describe('language', () => {
  test.each([
    ["Resources | where type == 'microsoft.search/searchservices' | project name", 3],
    ["resources | where type =~ 'Microsoft.Search/searchServices'", 3],
    ["resources | where type in~ ('Microsoft.Search/searchServices', 'microsoft.keyvault/vaults')", 7],
    ["resources | where type !in~ ('microsoft.search/searchservices')", 49],
    ["resources | where name startswith 'PSQL' and location != 'westeurope'", 1],
    ["resources | where name has 'contoso' and name has 'graph'", 1],
    ["resources | where name !contains 'contoso' and type endswith '/disks'", 4],
    ["resources | where (name == 'kv-contoso-ml' or name == 'kv-contoso-dev') // two vaults", 2],
    ["resources | where tags.environment == 'production' or tags['environment'] =~ 'DEVELOPMENT'", 3],
    ["resources | where properties.capabilities[0].name == 'EnableGremlin'", 2],
    ['resources | where isnotempty(tags.environment) | distinct tostring(tags.environment)', 2],
    ["resources | where tolower(resourceGroup) == 'rg-dev-compute' | where type contains 'virtualmachines'", 3],
    ['resources | where properties.diskSizeGB >= 64 | limit 2', 2],
    ["resources | where not(name startswith 'st') | top 3 by name desc", 3],
  ])('%s', async (query, count) => {
    expect(await rows(query)).toHaveLength(count);
  });

  test('columns are chosen, named, added and taken away', async () => {
    const base = "resources | where name == 'srch-contoso-vectors'";
    expect(await rows(`${base} | project name, mode = properties.authOptions.aadOrApiKey.aadAuthFailureMode`)).toEqual([
      { name: 'srch-contoso-vectors', mode: 'http401WithBearerChallenge' },
    ]);
    expect(await rows(`${base} | extend upper = toupper(name) | project upper, sku.name`)).toEqual([
      { upper: 'SRCH-CONTOSO-VECTORS', sku_name: 'basic' },
    ]);
    const [row] = await rows(`${base} | project-away properties, id`);
    expect(row).toMatchObject({ type: 'microsoft.search/searchservices', resourceGroup: 'rg-contoso-data', kind: '' });
    expect(Object.keys(row)).not.toContain('properties');
  });

  test('rows are sorted, counted and summarised', async () => {
    const names = await rows("resources | where type has 'searchservices' | order by name asc | project name");
    expect(names.map((row: { name: string }) => row.name)).toEqual([
      'srch-contoso-dev',
      'srch-contoso-legacy',
      'srch-contoso-vectors',
    ]);
    expect(await rows('resources | count')).toEqual([{ Count: 52 }]);
    expect(
      await rows(
        "resources | where type endswith '/searchservices' | summarize total = count() by location | order by total",
      ),
    ).toEqual([
      { location: 'westeurope', total: 2 },
      { location: 'northeurope', total: 1 },
    ]);
    expect(await rows("resources | where type endswith '/vaults' | summarize count() by subscriptionId")).toEqual([
      { subscriptionId: tenant.subscriptionId, count_: 3 },
      { subscriptionId: tenant.secondSubscriptionId, count_: 1 },
    ]);
  });

  test('several aggregates are computed at once, over groups or over everything', async () => {
    const disks = "resources | where type in~ ('microsoft.compute/disks', 'microsoft.keyvault/vaults')";
    const counted = await rows(
      `${disks} | summarize total = count(), vaults = countif(type =~ 'microsoft.keyvault/vaults'), countif(isnotempty(name)), dcount(type)`,
    );
    const found = await rows(`${disks} | project id, type`);
    const vaults = found.filter(({ type }: { readonly type: string }) => type === 'microsoft.keyvault/vaults').length;
    expect(vaults).toBeGreaterThan(0);
    expect(counted).toEqual([
      {
        total: found.length,
        vaults,
        countif_: found.length,
        dcount_type: new Set(found.map(({ type }: { type: string }) => type)).size,
      },
    ]);
  });

  test('sums, averages and extremes leave missing values out; names that repeat are numbered', async () => {
    const sizes = "resources | where type == 'microsoft.compute/disks' | extend size = toint(properties.diskSizeGB)";
    const all: readonly { readonly size: number | null }[] = await rows(`${sizes} | project size`);
    const known = all.map(({ size }) => size).filter((size) => size !== null);
    const sum = known.reduce((total, size) => total + size, 0);
    const functions = 'sum(size), avg(size), min(size), max(size), count(), count()';
    expect(await rows(`${sizes} | summarize ${functions}`)).toEqual([
      {
        sum_size: sum,
        avg_size: known.length === 0 ? null : sum / known.length,
        min_size: known.length === 0 ? null : Math.min(...known),
        max_size: known.length === 0 ? null : Math.max(...known),
        count_: all.length,
        count_1: all.length,
      },
    ]);
    expect(await rows("resources | where name == 'nothing' | summarize count(), sum(toint(properties.x))")).toEqual([
      { count_: 0, sum_: 0 },
    ]);
  });

  test('a summarize without aggregates lists the groups', async () => {
    const types = await rows('resources | summarize by type | order by type asc');
    expect(types).toEqual(await rows('resources | distinct type | order by type asc'));
  });

  test('containers and role assignments are tables', async () => {
    expect(await rows("resourcecontainers | where type == 'microsoft.resources/subscriptions' | project name")).toEqual(
      [{ name: 'Contoso Production' }, { name: 'Contoso Development' }],
    );
    expect(await rows("resourcecontainers | where type endswith 'resourcegroups'")).toHaveLength(9);
    const assigned = "authorizationresources | where type == 'microsoft.authorization/roleassignments' | count";
    expect(await rows(assigned)).toEqual([{ Count: 23 }]);
    expect(await rows(assigned, { options: { authorizationScopeFilter: 'AtScopeAboveAndBelow' } })).toEqual([
      { Count: 27 },
    ]);
  });

  test('a table is columns and rows when that is asked for', async () => {
    const query = "resources | where name == 'srch-contoso-vectors' | project name, sku";
    expect(await rows(query, { options: { resultFormat: 'table' } })).toEqual({
      columns: [
        { name: 'name', type: 'string' },
        { name: 'sku', type: 'object' },
      ],
      rows: [['srch-contoso-vectors', { name: 'basic' }]],
    });
  });
});

describe('refusals', () => {
  test.each([
    ['resources | whre name', { code: 'ParserFailure', line: 1, characterPositionInLine: 12, token: 'whre' }],
    ["resources\n| where name = 'x'", { code: 'ParserFailure', line: 2, token: '=' }],
    ["resources | where name == 'x", { code: 'ParserFailure', token: "'" }],
    ['resources where name', { code: 'ParserFailure', token: 'where' }],
    ['nothing | take 1', { code: 'DisallowedLogicalTableName' }],
    ['resources | where color == 1', { code: 'SemanticError', target: 'color' }],
    ['resources | project-away id | project id', { code: 'SemanticError', target: 'id' }],
  ])('%j is 400 with its place', async (query, detail) => {
    const answer = await ask(await createArmClient(), query);
    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe('BadRequest');
    expect(answer.body.error.details[0].code).toBe('InvalidQuery');
    expect(answer.body.error.details[1]).toMatchObject(detail);
  });

  test.each([
    ['resources | join (resourcecontainers) on subscriptionId', 'join'],
    ['resources | mv-expand tags', 'mv-expand'],
    ['resources | summarize make_list(name)', 'make_list()'],
    ['resources | extend a = split(name, "-")', 'split()'],
    ["resources | where name matches regex 'a'", 'matches'],
    ['securityresources | take 1', 'securityresources'],
  ])('%s is 501 with the name', async (query, name) => {
    const answer = await ask(await createArmClient(), query);
    expect(answer.status).toBe(501);
    expect(answer.body.error.message).toContain(`'${name}'`);
  });
});

describe('scopes', () => {
  test('subscriptions and management groups limit the rows; what the caller cannot read is not there', async () => {
    const arm = await createArmClient();
    const count = async (client: ArmClient, more: object) =>
      (await ask(client, 'resources | count', more)).body.data[0].Count;
    const whole = await count(arm, {});
    const production = await count(arm, { subscriptions: [tenant.subscriptionId.toUpperCase()] });
    expect(await count(arm, { managementGroups: ['mg-contoso-development'] })).toBe(whole - production);
    expect(await count(arm, { managementGroups: ['mg-contoso'] })).toBe(whole);
    expect(await count(await arm.as(seededCredentials('limited')), {})).toBe(production);
    const none = await arm.as(seededCredentials('noRoles'));
    expect(await count(none, {})).toBe(0);
    const refused = await ask(none, 'resources', { subscriptions: [tenant.subscriptionId] });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'AuthorizationFailed' } } });
  });
});

test('a role on one group shows the rows of that group alone', async () => {
  const arm = await createArmClient();
  const none = await arm.as(seededCredentials('noRoles'));
  arm.sandbox.placeObject('arm', 'roleAssignment', {
    name: '9c1b9d0e-0000-4000-8000-000000000001',
    scope: `/subscriptions/${tenant.subscriptionId}/resourceGroups/rg-contoso-legacy`,
    roleId: roleIds.reader,
    principalId: none.objectId,
  });
  const { body } = await ask(none, 'resources | distinct resourceGroup');
  expect(body.data).toEqual([{ resourceGroup: 'rg-contoso-legacy' }]);
});

describe('paging', () => {
  test('25,000 rows of three subscriptions come in pages of 1,000, each row once', async () => {
    const arm = await createArmClient();
    arm.sandbox.placeObject('arm', 'scale', { rows: 25_000, subscriptions: 3 });
    const query = "resources | where name startswith 'disk-' | project id, name | order by id asc";
    const seen = new Set<string>();
    let token: string | undefined;
    let pages = 0;
    do {
      arm.sandbox.advance(1);
      const { body } = await ask(arm, query, {
        options: { $top: 1000, ...(token === undefined ? {} : { $skipToken: token }) },
      });
      expect(body).toMatchObject({ totalRecords: 25_000, count: 1000, resultTruncated: 'false' });
      for (const { id } of body.data) seen.add(id);
      token = body.$skipToken;
      pages += 1;
    } while (token !== undefined);
    expect([pages, seen.size]).toEqual([25, 25_000]);
    expect(new Set([...seen].map((id) => id.split('/')[2])).size).toBe(3);
  }, 30_000);

  test('without id there is no token: the answer says that it is cut', async () => {
    const arm = await createArmClient();
    const { body } = await ask(arm, 'resources | project name', { options: { $top: 5 } });
    expect(body).toMatchObject({ count: 5, totalRecords: 52, resultTruncated: 'true' });
    expect(body.$skipToken).toBeUndefined();
    expect((await ask(arm, 'resources | project id = name', { options: { $top: 5 } })).body.$skipToken).toBeUndefined();
  });

  test('a token belongs to its query', async () => {
    const arm = await createArmClient();
    const { $skipToken } = (await ask(arm, 'resources', { options: { $top: 5 } })).body;
    const next = await ask(arm, 'resources', { options: { $top: 5, $skipToken } });
    expect(next.body.count).toBe(5);
    expect((await ask(arm, 'resources | where true', { options: { $skipToken } })).status).toBe(400);
    expect((await ask(arm, 'resources', { options: { $top: 1001 } })).status).toBe(400);
    expect((await ask(arm, 'resources | order by name asc', { options: { $skip: 51 } })).body.count).toBe(1);
  });
});

test('a caller has 15 queries per 5 seconds, and is told how many are left', async () => {
  const arm = await createArmClient();
  for (let left = 14; left >= 0; left--) {
    const { headers } = await ask(arm, 'resources | count');
    expect(headers['x-ms-user-quota-remaining']).toBe(String(left));
  }
  const refused = await ask(arm, 'resources | count');
  expect(refused).toMatchObject({
    status: 429,
    headers: { 'retry-after': '5', 'x-ms-user-quota-resets-after': '00:00:05' },
    body: { error: { code: 'RateLimiting' } },
  });
  expect((await ask(await arm.as(seededCredentials('limited')), 'resources | count')).status).toBe(200);
  arm.sandbox.advance(5);
  expect((await ask(arm, 'resources | count')).status).toBe(200);
});
