import type { HttpMethod } from '../../../http/api-client.ts';

/** Resource units of one kind of request; `*` stands for any one segment, names are lower case. */
interface CostRow {
  readonly method: HttpMethod;
  readonly path: string;
  readonly units: number;
  /** With `$select` the request costs exactly this. */
  readonly unitsWithSelect?: number;
}

/** https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits. Everything else costs 1. */
const costs: readonly CostRow[] = [
  { method: 'GET', path: 'applications', units: 2 },
  { method: 'GET', path: 'applications/*/extensionproperties', units: 2 },
  { method: 'GET', path: 'contracts', units: 3 },
  { method: 'POST', path: 'directoryobjects/getbyids', units: 5, unitsWithSelect: 2 },
  { method: 'POST', path: 'getobjectsbyid', units: 5, unitsWithSelect: 2 },
  { method: 'GET', path: 'domains/*/domainnamereferences', units: 4 },
  { method: 'GET', path: 'groups/*/members', units: 3 },
  { method: 'GET', path: 'groups/*/transitivemembers', units: 5 },
  { method: 'POST', path: 'ismemberof', units: 4 },
  { method: 'POST', path: 'users/*/ismemberof', units: 4 },
  { method: 'POST', path: 'users/*/checkmembergroups', units: 4 },
  { method: 'POST', path: 'users/*/checkmemberobjects', units: 4 },
  { method: 'POST', path: 'users/*/getmembergroups', units: 2 },
  { method: 'POST', path: 'users/*/getmemberobjects', units: 2 },
  { method: 'GET', path: 'users/*/licensedetails', units: 2 },
  { method: 'GET', path: 'users/*/memberof', units: 2 },
  { method: 'GET', path: 'users/*/ownedobjects', units: 2 },
  { method: 'GET', path: 'users/*/transitivememberof', units: 2 },
  { method: 'GET', path: 'oauth2permissiongrants', units: 2 },
  { method: 'GET', path: 'oauth2permissiongrants/*', units: 2 },
  { method: 'GET', path: 'serviceprincipals/*/approleassignments', units: 2 },
  { method: 'GET', path: 'subscribedskus', units: 3 },
  { method: 'GET', path: 'users', units: 2 },
];

const rows = new Map(costs.map((row) => [`${row.method} ${row.path}`, row]));

/** `$top` below this makes a request cheaper. */
const smallPage = 20;

function findRow(method: HttpMethod, segments: readonly string[]): CostRow | undefined {
  const [root = '', id, ...rest] = segments[0] === 'me' ? ['users', '*', ...segments.slice(1)] : segments;
  const exact = rows.get(`${method} ${[root, ...(id === undefined ? [] : [id]), ...rest].join('/')}`);
  return exact ?? (id === undefined ? undefined : rows.get(`${method} ${[root, '*', ...rest].join('/')}`));
}

/** What a directory request costs, in resource units. `query` has decoded names. */
export function identityCost(
  method: HttpMethod,
  segments: readonly string[],
  query: Readonly<Record<string, string>>,
): number {
  const row = findRow(method, segments);
  const selects = query['$select'] !== undefined;
  if (selects && row?.unitsWithSelect !== undefined) return row.unitsWithSelect;
  const top = Number(query['$top']);
  const adjusted =
    (row?.units ?? 1) -
    (selects ? 1 : 0) +
    (query['$expand'] === undefined ? 0 : 1) -
    (top > 0 && top < smallPage ? 1 : 0);
  return Math.max(1, adjusted);
}
