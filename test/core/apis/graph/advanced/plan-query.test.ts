import { describe, expect, test } from 'vitest';
import type { DirectoryType } from '../../../../../src/core/apis/graph/advanced/directory-path.ts';
import {
  applyPlan,
  createPropertyLookup,
  describePlan,
  planHealing,
  planQuery,
} from '../../../../../src/core/apis/graph/advanced/plan-query.ts';
import { propertyTables } from '../../../../../src/core/apis/graph/advanced/property-tables.ts';
import type { ApiRequest } from '../../../../../src/core/http/api-client.ts';
import { collectionPaths, everyCell } from '../../../../support/property-cells.ts';

const lookup = createPropertyLookup();

/** What goes out for a request: `nothing`, `header` or `both`. */
function planned(path: string, params: ApiRequest['params'] = {}, headers: ApiRequest['headers'] = {}): string {
  const request: ApiRequest = { method: 'GET', path, params, headers };
  const plan = planQuery(request, lookup);
  const sent = plan === undefined ? request : applyPlan(request, plan);
  const header = sent.headers?.['ConsistencyLevel'] === 'eventual';
  const count = String(sent.params?.['$count']) === 'true';
  return header && count ? 'both' : header ? 'header' : count ? 'count' : 'nothing';
}

const filtered = (path: string, filter: string) => planned(path, { $filter: filter });

const expected = { D: 'nothing', A: 'both', O: 'nothing' } as const;

describe('every cell of the property tables', () => {
  test('the tables cover nine types', () => {
    expect(Object.keys(propertyTables)).toHaveLength(9);
    expect(everyCell.length).toBeGreaterThan(350);
  });

  test.each(everyCell)('$type $support: $filter', ({ type, filter, support }) => {
    expect(filtered(collectionPaths[type] ?? '', filter)).toBe(expected[support]);
  });

  test.each(everyCell.filter(({ support }) => support !== 'O'))('$type ne and not: $filter', ({ type, filter }) => {
    expect(filtered(collectionPaths[type] ?? '', `not(${filter})`)).toBe('both');
  });

  test.each(everyCell)('deleted items follow their type: $type $filter', ({ type, filter, support }) => {
    const castable = ['user', 'group', 'application', 'servicePrincipal', 'device', 'administrativeUnit'];
    if (castable.includes(type)) {
      expect(filtered(`/directory/deletedItems/microsoft.graph.${type}`, filter)).toBe(expected[support]);
    }
  });
});

describe('operators', () => {
  test.each([
    ["displayName eq 'Ada'", 'nothing'],
    ["displayName ne 'Ada'", 'both'],
    ["displayName NE 'Ada'", 'both'],
    ["not(startsWith(displayName,'A'))", 'both'],
    ["NOT startsWith(displayName,'A')", 'both'],
    ["endsWith(mail,'@contoso.example')", 'both'],
    ["endswith(userPrincipalName,'x') and accountEnabled eq true", 'both'],
    ["proxyAddresses/any(p:endsWith(p,'contoso.example'))", 'both'],
    ["proxyAddresses/any(p:startsWith(p,'smtp:'))", 'nothing'],
    ['assignedLicenses/$count eq 0', 'both'],
    ['assignedLicenses/$count ne 0', 'both'],
    ['ownedObjects/$count eq 1', 'both'],
    ['createdDateTime ge 2026-01-01T00:00:00Z and createdDateTime le 2026-02-01T00:00:00Z', 'nothing'],
    ["displayName in ('a','b')", 'nothing'],
    ["(displayName eq 'a' or surname eq 'b') and department eq 'c'", 'nothing'],
    ["(displayName eq 'a' or companyName eq 'b') and department eq 'c'", 'both'],
    ["startsWith(displayName,'A') eq false", 'both'],
    ["'Ada' eq displayName", 'nothing'],
    ['assignedLicenses/any(x:x/skuId eq cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46)', 'nothing'],
    [
      "assignedPlans/any(x:x/servicePlanId eq cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46 and x/capabilityStatus eq 'Enabled')",
      'both',
    ],
    ["extension_0123456789abcdef0123456789abcdef_team eq 'x'", 'nothing'],
    ["startsWith(extension_0123456789abcdef0123456789abcdef_team,'x')", 'both'],
    ["ext1a2b3c4d_courses/id eq '7'", 'both'],
    ["contains(displayName,'x')", 'nothing'],
    ["unheardOf eq 'x'", 'nothing'],
  ])('%s', (filter, plan) => {
    expect(filtered('/users', filter)).toBe(plan);
  });

  test.each([
    "displayName eq 'ne'",
    "displayName eq 'not this'",
    "displayName eq 'x endsWith(mail,y)'",
    "displayName eq 'O''Brien ne null'",
    "displayName eq 'a/$count eq 0'",
  ])('words inside a text decide nothing: %s', (filter) => {
    expect(filtered('/users', filter)).toBe('nothing');
  });

  test.each(["displayName eq 'x", 'displayName eq', '((((', ')', 'any(x:', 'not', ' ', '('.repeat(50_000)])(
    'a broken filter is left to the service: %#',
    (filter) => {
      expect(filtered('/users', filter)).toBe('nothing');
    },
  );

  test('properties that work only without the parameters keep everything else from being added', () => {
    const filter = "identities/any(i:i/issuer eq 'x' and i/issuerAssignedId eq 'y') and companyName eq 'z'";
    expect(planned('/users', { $filter: filter, $orderby: 'displayName', $count: 'true' })).toBe('count');
    expect(filtered('/groups', 'hasMembersWithLicenseErrors eq true')).toBe('nothing');
    expect(filtered('/users', 'isLicenseReconciliationNeeded ne true')).toBe('nothing');
  });
});

describe('combinations of options', () => {
  test.each([
    ['/users', { $select: 'id', $top: 5 }, 'nothing'],
    ['/users', { $orderby: 'displayName' }, 'nothing'],
    ['/users', { $orderby: 'userPrincipalName desc' }, 'nothing'],
    ['/users', { $orderby: 'createdDateTime' }, 'both'],
    ['/users', { $orderby: 'displayName,createdDateTime desc' }, 'both'],
    ['/groups', { $orderby: 'displayName' }, 'nothing'],
    ['/groups', { $orderby: 'createdDateTime' }, 'both'],
    ['/applications', { $orderby: 'displayName' }, 'both'],
    ['/devices', { $orderby: 'displayName' }, 'both'],
    ['/users', { $filter: "startsWith(displayName,'A')", $orderby: 'displayName' }, 'both'],
    ['/users', { $search: '"displayName:ada"' }, 'header'],
    ['/users', { $search: '"displayName:ada"', $orderby: 'displayName' }, 'both'],
    ['/users', { $search: '"displayName:ada"', $filter: 'accountEnabled eq true' }, 'both'],
    ['/users', { $count: true }, 'both'],
    ['/users', { filter: "displayName ne 'x'" }, 'both'],
    ['/users', { $expand: 'manager' }, 'nothing'],
    ['/users', { $expand: 'manager', $filter: "displayName ne 'x'" }, 'nothing'],
    ['/users', { $expand: 'manager($levels=max;$select=id)', $select: 'id' }, 'both'],
    ['/users/ada@contoso.example', { $expand: 'manager($levels=max;$select=id)' }, 'both'],
    ['/users', { $expand: 'manager($select=id,displayName;$levels=max)', $select: 'id' }, 'both'],
    ['/users', { $expand: 'manager($select=id)' }, 'nothing'],
    ['/users/1', { $select: 'id' }, 'nothing'],
    ['/users/$count', {}, 'header'],
    ['/users/$count', { $filter: "endsWith(mail,'x')" }, 'header'],
    ['/groups/1/members/$count', {}, 'header'],
    ['/groups/1/members/microsoft.graph.user/$count', {}, 'header'],
    ['/groups/1/members', {}, 'nothing'],
    ['/groups/1/members', { $filter: "displayName eq 'x'" }, 'both'],
    ['/groups/1/members', { $orderby: 'displayName' }, 'both'],
    ['/groups/1/members/microsoft.graph.user', {}, 'nothing'],
    ['/groups/1/members/microsoft.graph.user', { $filter: "displayName eq 'x'" }, 'both'],
    ['/groups/1/members/graph.user', { $orderby: 'displayName' }, 'both'],
    ['/groups/1/transitiveMembers/microsoft.graph.user', {}, 'both'],
    ['/me/transitiveMemberOf/microsoft.graph.group', {}, 'both'],
    ['/me/transitiveMemberOf', {}, 'nothing'],
    ['/servicePrincipals/1/appRoleAssignedTo', { $filter: 'principalId eq 1' }, 'both'],
    ["/applications(appId='a/b')/owners", { $search: '"displayName:x"' }, 'header'],
    ['/directory/deletedItems/microsoft.graph.user', {}, 'nothing'],
    ['/directory/deletedItems/microsoft.graph.user/$count', {}, 'header'],
    ['/directory/deletedItems/microsoft.graph.user', { $orderby: 'deletedDateTime' }, 'both'],
    ['/v1.0/users', { $search: '"displayName:x"' }, 'header'],
    ['https://graph.microsoft.com/beta/users', { $search: '"displayName:x"' }, 'header'],
    ['/Users', { $search: '"displayName:x"' }, 'header'],
    ["/users?$filter=companyName%20eq%20'x'", {}, 'both'],
    ["users?$filter=endsWith(mail,'x')&$top=5", {}, 'both'],
    ["users?$filter=displayName eq 'a&$search=b'", {}, 'nothing'],
    ['/contacts', { $search: '"displayName:x"' }, 'header'],
  ])('%s %j: %s', (path, params, plan) => {
    expect(planned(path, params)).toBe(plan);
  });

  const hungry = { $filter: "subject ne 'x'", $orderby: 'receivedDateTime', $search: '"x"', $count: true };
  test.each([
    '/me/messages',
    '/users/1/messages',
    '/users/1/mailFolders/inbox/messages',
    '/users/1/messages/$count',
    '/users/1/events',
    '/users/1/calendarView',
    '/users/1/contacts',
    '/users/1/drive/root/children',
    '/drives/1/items/2/children',
    '/sites',
    '/sites/1/lists/2/items',
    '/teams/1/channels',
    '/chats',
    '/auditLogs/signIns',
    '/auditLogs/directoryAudits',
    '/deviceManagement/managedDevices',
    '/reports/authenticationMethods/userRegistrationDetails',
    '/planner/tasks',
    '/groups/1/threads',
    '/groups/1/events',
    '/subscribedSkus',
    '/users/delta',
    '/groups/microsoft.graph.delta()',
    '/identity/conditionalAccess/policies',
    '/directory/deletedItems',
  ])('nothing is added outside of the directory: %s', (path) => {
    const request: ApiRequest = { method: 'GET', path, params: hungry };
    expect(planQuery(request, lookup)).toBeUndefined();
    expect(planHealing(request, lookup)).toBeUndefined();
  });

  test('only GETs are planned, and links of the service never', () => {
    expect(planQuery({ method: 'POST', path: '/users/$count' }, lookup)).toBeUndefined();
    const link = { method: 'GET', path: 'https://graph.microsoft.com/v1.0/users?$search=x', verbatim: true } as const;
    expect(planQuery(link, lookup)).toBeUndefined();
  });
});

describe('what the caller says wins', () => {
  const ne = { $filter: "displayName ne 'x'" };

  test('a header of any casing is not replaced', () => {
    const plan = planQuery(
      { method: 'GET', path: '/users', params: ne, headers: { consistencylevel: 'eventual' } },
      lookup,
    );
    expect(plan).toMatchObject({ header: false, count: true });
  });

  test('another header value means that nothing is added', () => {
    expect(planned('/users', ne, { ConsistencyLevel: 'session' })).toBe('nothing');
    expect(planned('/users', { $search: '"displayName:x"' }, { ConsistencyLevel: '' })).toBe('nothing');
  });

  test('$count=false stays, and nothing that needs it is added', () => {
    expect(planned('/users', { ...ne, $count: 'false' })).toBe('nothing');
    expect(planned('/users?$count=false', ne)).toBe('nothing');
    expect(planned('/users', { $search: '"displayName:x"', $count: false })).toBe('header');
  });

  test('$count in the address is not given twice', () => {
    const request: ApiRequest = { method: 'GET', path: '/users?$count=true', params: ne };
    const plan = planQuery(request, lookup);
    expect(plan).toMatchObject({ header: true, count: false });
  });
});

describe('healing', () => {
  const heal = (path: string, params: NonNullable<ApiRequest['params']>, headers: ApiRequest['headers'] = {}) =>
    planHealing({ method: 'GET', path, params, headers }, lookup);

  test('adds both, the header alone where a number is asked for', () => {
    expect(heal('/users', { $filter: "brandNew eq 'x'" })).toMatchObject({ header: true, count: true });
    expect(heal('/users/$count', {})).toMatchObject({ header: true, count: false });
  });

  test('never touches $expand, properties that refuse it, or what the caller decided', () => {
    expect(heal('/users', { $expand: 'manager', $filter: "x eq 'y'" })).toBeUndefined();
    expect(heal('/users', { $filter: "identities/any(i:i/issuer eq 'x')" })).toBeUndefined();
    expect(heal('/users', { $filter: "x eq 'y'", $count: false })).toBeUndefined();
    expect(heal('/users', { $filter: "x eq 'y'", $count: true }, { ConsistencyLevel: 'eventual' })).toBeUndefined();
  });

  test('completes what the caller began', () => {
    const plan = heal('/users', { $filter: "x eq 'y'" }, { ConsistencyLevel: 'eventual' });
    expect(plan).toMatchObject({ header: false, count: true });
  });
});

test.each([`/users('${"''".repeat(50_000)}`, "('x".repeat(30_000), `/users${'('.repeat(50_000)}`, '/'.repeat(100_000)])(
  // Where the work grows faster than the length this never ends.
  'an address meant to keep us busy is read once: %#',
  (path) => {
    expect(planQuery({ method: 'GET', path: `${path}?$count=true` }, lookup)).toBeUndefined();
  },
);

test('a plan says what was added and why', () => {
  const plan = planQuery({ method: 'GET', path: '/users', params: { $filter: "companyName eq 'x'" } }, lookup);
  expect(plan && describePlan(plan)).toBe(
    'Added ConsistencyLevel: eventual and $count=true: `companyName` can only be filtered this way in an advanced query.',
  );
});

test('types without a table are not guessed at', () => {
  const type: DirectoryType = 'oAuth2PermissionGrant';
  expect(propertyTables[type]).toBeUndefined();
  expect(filtered('/oauth2PermissionGrants', "clientId eq 'x'")).toBe('nothing');
  expect(filtered('/oauth2PermissionGrants', "clientId ne 'x'")).toBe('both');
});
