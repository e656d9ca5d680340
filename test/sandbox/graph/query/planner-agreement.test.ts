import { beforeAll, expect, test } from 'vitest';
import { applyPlan, createPropertyLookup, planQuery } from '../../../../src/core/apis/graph/advanced/plan-query.ts';
import { propertyTables } from '../../../../src/core/apis/graph/advanced/property-tables.ts';
import type { ApiRequest } from '../../../../src/core/http/api-client.ts';
import { kindOf } from '../../../../src/sandbox/graph/model/properties.ts';
import { clause, collectionPaths } from '../../../support/property-cells.ts';
import { createSandboxClient, type SandboxClient } from '../../support/sandbox-client.ts';

// The planner's and the sandbox's tables are two readings of the same page, so the sandbox must accept what the planner
// sends.

let client: SandboxClient;
beforeAll(async () => {
  client = await createSandboxClient({ users: 20 });
  client.sandbox.placeObject('graph', 'throttleLimits', { resource_units: 1_000_000 });
});

// The sandbox does not model contracts.
const { contract: _, ...paths } = collectionPaths;

const literals: Readonly<Record<string, string>> = {
  boolean: 'true',
  date: '2026-01-01T00:00:00Z',
  guid: '00000000-0000-4000-8000-000000000000',
  number: '1',
};

const nested: Readonly<Record<string, string>> = {
  'assignedLicenses/any/skuId': 'guid',
  'assignedPlans/any/servicePlanId': 'guid',
  'onPremisesSipInfo/isSipEnabled': 'boolean',
  'cloudRealtimeCommunicationInfo/isSipEnabled': 'boolean',
  'passwordProfile/forceChangePasswordNextSignIn': 'boolean',
  'passwordProfile/forceChangePasswordNextSignInWithMfa': 'boolean',
  'alternativeSecurityIds/any/type': 'number',
};

const literalFor = (type: string, property: string) =>
  literals[nested[property] ?? (property.includes('/') ? 'string' : kindOf(type, property)) ?? 'string'] ?? "'x'";

const lookup = createPropertyLookup();

async function statusOf(path: string, filter: string): Promise<number> {
  const request: ApiRequest = { method: 'GET', path, params: { $filter: filter } };
  const plan = planQuery(request, lookup);
  const sent = plan ? applyPlan(request, plan) : request;
  const query = Object.entries(sent.params ?? {}).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  return (await client.get(`${path}?${query.join('&')}`, { ...sent.headers })).status;
}

const cells = Object.entries(propertyTables).flatMap(([type, table]) =>
  type in paths
    ? table.rows.flatMap((row) => row.properties.map((property) => ({ type, property, row, path: paths[type] ?? '' })))
    : [],
);

test.each(cells)('$type $property: the sandbox takes what the planner sends, and nothing else', async (cell) => {
  const { type, property, row, path } = cell;
  const literal = literalFor(type, property);
  const columns = [
    [row.eq, `${'$'} eq ${literal}`],
    [row.eq, `${'$'} in (${literal},${literal})`],
    [row.startsWith, "startsWith($,'x')"],
    [row.range, `${'$'} ge ${literal}`],
    [row.range, `${'$'} le ${literal}`],
    [row.null, `${'$'} eq null`],
    [row.eq === 'O' ? undefined : row.eq, `${'$'} ne ${literal}`],
  ] as const;
  const seen: unknown[] = [];
  const wanted: unknown[] = [];
  for (const [support, template] of columns) {
    const filter = clause(property, (inner) => template.replaceAll('$', inner));
    seen.push([filter, await statusOf(path, filter)]);
    wanted.push([filter, support === 'D' || support === 'A' || support === 'O' ? 200 : 400]);
  }
  expect(seen).toEqual(wanted);
});
