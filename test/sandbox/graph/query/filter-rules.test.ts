import { beforeAll, expect, test } from 'vitest';
import { createSandboxClient, eventual, type SandboxClient } from '../../support/sandbox-client.ts';

let client: SandboxClient;
beforeAll(async () => {
  client = await createSandboxClient();
});

const ask = (path: string, headers: Readonly<Record<string, string>> = {}) => client.get(path, headers);
const plain = async (path: string, filter: string) => (await ask(`${path}?$filter=${filter}`)).status;
const advanced = async (path: string, filter: string) =>
  (await ask(`${path}?$filter=${filter}&$count=true`, eventual)).status;

// [list, filter, status by default, status with advanced parameters]
test.each([
  ['/users', "userPrincipalName eq 'ada@contoso.example'", 200, 200],
  ['/users', 'accountEnabled eq true', 200, 200],
  ['/users', "startsWith(displayName,'A')", 200, 200],
  ['/users', "startswith(userPrincipalName,'a')", 200, 200],
  ['/users', "department in ('Sales','IT')", 200, 200],
  ['/users', 'createdDateTime ge 2020-01-01T00:00:00Z', 200, 200],
  ['/users', "proxyAddresses/any(p:startsWith(p,'SMTP:'))", 200, 200],
  ['/users', "otherMails/any(o:o eq 'a@b.example')", 200, 200],
  ['/users', 'assignedLicenses/any(l:l/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)', 200, 200],
  ['/users', "department ne 'Sales'", 400, 200],
  ['/users', "not(startsWith(displayName,'A'))", 400, 200],
  ['/users', "NOT startsWith(displayName,'A')", 400, 200],
  ['/users', "endsWith(mail,'@contoso.example')", 400, 200],
  ['/users', "proxyAddresses/any(p:endsWith(p,'contoso.example'))", 400, 200],
  ['/users', 'department eq null', 400, 200],
  ['/users', 'createdDateTime eq null', 400, 200],
  ['/users', "companyName eq 'Contoso'", 400, 200],
  ['/users', "startsWith(companyName,'C')", 400, 200],
  ['/users', "onPremisesExtensionAttributes/extensionAttribute7 eq 'x'", 400, 200],
  ['/users', 'employeeHireDate ge 2020-01-01T00:00:00Z', 400, 200],
  ['/users', "employeeType eq 'Employee'", 400, 200],
  ['/users', "assignedPlans/any(p:p/service eq 'exchange')", 400, 200],
  ['/users', 'assignedLicenses/$count eq 0', 400, 200],
  ['/users', 'assignedLicenses/$count ne 0', 400, 200],
  ['/users', 'ownedObjects/$count eq 1', 400, 200],
  ['/users', 'passwordPolicies eq null', 400, 200],
  ['/users', "identities/any(i:i/issuer eq 'contoso.onmicrosoft.com')", 200, 400],
  ['/users', 'isLicenseReconciliationNeeded eq true', 200, 400],
  ['/users', 'assignedLicenses/$count eq 1', 400, 400],
  ['/users', 'assignedLicenses/$count gt 0', 400, 400],
  ['/users', 'createdDateTime eq 2020-01-01T00:00:00Z', 400, 400],
  ['/users', 'createdDateTime gt 2020-01-01T00:00:00Z', 400, 400],
  ['/users', "displayName ge 'A'", 400, 400],
  ['/users', "contains(displayName,'a')", 400, 400],
  ['/users', "endsWith(displayName,'a')", 400, 400],
  ['/users', "startsWith(userType,'G')", 400, 400],
  ['/users', "otherMails/all(o:o eq 'a')", 400, 400],
  ['/users', "aboutMe eq 'x'", 400, 400],
  ['/users', "nonsense eq 'x'", 400, 400],
  ['/users', "passwordPolicies eq 'None'", 400, 400],
  ['/users', "accountEnabled eq 'true'", 400, 400],
  ['/users', "createdDateTime ge '2020-01-01T00:00:00Z'", 400, 400],
  ['/users', "assignedLicenses/any(l:l/skuId eq '05e9a617-0261-4cee-bb44-138d3ef5d965')", 400, 400],
  ['/users', 'displayName eq ', 400, 400],
  ['/users', "displayName eq 'O'Brien'", 400, 400],
  ['/users', "displayName equals 'x'", 400, 400],
  ['/users', "(displayName eq 'x'", 400, 400],
  ['/users', "displayName eq 'O''Brien'", 200, 200],
  ['/groups', "groupTypes/any(c:c eq 'Unified')", 200, 200],
  ['/groups', 'hasMembersWithLicenseErrors eq true', 200, 200],
  ['/groups', "mailEnabled eq false and startsWith(displayName,'P')", 200, 200],
  ['/groups', 'createdDateTime ge 2020-01-01T00:00:00Z', 400, 200],
  ['/groups', "description eq 'x'", 400, 200],
  ['/groups', "not(groupTypes/any(c:c eq 'Unified'))", 400, 200],
  ['/groups', 'owners/$count eq 0', 400, 200],
  ['/groups', "visibility eq 'Private'", 400, 400],
  ['/applications', "appId eq '00000000-0000-0000-0000-000000000000'", 200, 200],
  ['/applications', 'appId eq 00000000-0000-0000-0000-000000000000', 400, 400],
  ['/applications', "federatedIdentityCredentials/any(f:f/issuer eq 'https://x.example')", 400, 200],
  ['/applications', 'federatedIdentityCredentials/$count eq 0', 400, 200],
  ['/applications', "notes eq 'x'", 400, 200],
  ['/servicePrincipals', "servicePrincipalType eq 'Application'", 200, 200],
  ['/servicePrincipals', "tags/any(t:t eq 'WindowsAzureActiveDirectoryIntegratedApp')", 200, 200],
  ['/servicePrincipals', 'appRoleAssignmentRequired eq true', 400, 200],
  ['/devices', "startsWith(operatingSystem,'Win')", 200, 200],
  ['/devices', 'approximateLastSignInDateTime le 2026-01-01T00:00:00Z', 200, 200],
  ['/devices', 'registrationDateTime ge 2020-01-01T00:00:00Z', 400, 200],
  ['/devices', "manufacturer eq 'Lenovo'", 400, 200],
  ['/devices', 'isRooted eq true', 400, 200],
  ['/directoryRoles', "displayName eq 'Global Administrator'", 200, 200],
  ['/directoryRoles', "startsWith(displayName,'G')", 400, 200],
  ['/directory/administrativeUnits', "description eq 'x'", 400, 200],
  ['/contacts', "companyName eq 'x'", 400, 200],
  ['/contacts', "surname eq 'x'", 200, 200],
  ['/oauth2PermissionGrants', "consentType eq 'AllPrincipals'", 200, 200],
  ['/auditLogs/signIns', 'createdDateTime gt 2020-01-01T00:00:00Z', 200, 200],
  ['/auditLogs/signIns', "startsWith(userPrincipalName,'a')", 200, 200],
  ['/auditLogs/signIns', 'status/errorCode eq 0', 200, 200],
  ['/auditLogs/signIns', "userAgent eq 'x'", 400, 400],
  ['/auditLogs/directoryAudits', "targetResources/any(t:t/id eq 'x')", 200, 200],
  ['/domains', "id eq 'contoso.example'", 400, 400],
  ['/subscribedSkus', "skuPartNumber eq 'SPE_E3'", 400, 400],
])('%s filtered by %s answers %i by default and %i with advanced parameters', async (path, filter, byDefault, then) => {
  if (path.startsWith('/auditLogs')) client.sandbox.advance(30);
  expect([await plain(path, filter), await advanced(path, filter)]).toEqual([byDefault, then]);
});

test('the header without $count=true is not enough', async () => {
  const answer = await ask("/users?$filter=endsWith(mail,'example')", eventual);
  expect([answer.status, answer.body.error.code]).toEqual([400, 'Request_UnsupportedQuery']);
  expect(answer.body.error.message).toMatch(/^Operator 'endsWith' is not supported because/);
});

test('a property that is not indexed is named with its resource', async () => {
  const answer = await ask("/users?$filter=contains(displayName,'a')&$count=true", eventual);
  expect(answer.body.error).toMatchObject({
    code: 'Request_UnsupportedQuery',
    message: "Unsupported or invalid query filter clause specified for property 'displayName' of resource 'User'.",
  });
});

test('default queries take fifteen clauses, advanced ones more', async () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `'n${index}'`);
  const anyOf = (count: number) =>
    names(count)
      .map((name) => `displayName eq ${name}`)
      .join(' or ');
  expect(await plain('/users', anyOf(15))).toBe(200);
  expect(await plain('/users', anyOf(16))).toBe(400);
  expect(await plain('/users', `displayName in (${names(15)})`)).toBe(200);
  const refused = await ask(`/users?$filter=displayName in (${names(16)})`);
  expect(refused.body.error.message).toBe(
    "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15",
  );
  expect(await advanced('/users', anyOf(16))).toBe(200);
});

test('default queries nest three levels', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `displayName eq '${name}'`);
  expect(await plain('/users', `${a} and (${b} or ${c})`)).toBe(200);
  expect(await plain('/users', `${a} and (${b} or (${c} and ${d}))`)).toBe(400);
});

test('a relationship is filtered with advanced parameters only', async () => {
  const group = (await ask('/groups?$top=1&$select=id')).body.value[0].id;
  const path = `/groups/${group}/members`;
  const refused = await ask(`${path}?$filter=startsWith(displayName,'A')`);
  expect([refused.status, refused.body.error.code]).toEqual([400, 'Request_UnsupportedQuery']);
  const answer = await ask(`${path}?$filter=startsWith(displayName,'A')&$count=true`, eventual);
  expect(answer.body['@odata.count']).toBe(answer.body.value.length);
  expect(answer.body.value.every((one: { displayName: string }) => one.displayName.startsWith('A'))).toBe(true);
});

test('an advanced address is at most 2,048 characters long', async () => {
  const padding = (length: number) => `startsWith(displayName,'${'x'.repeat(length)}')`;
  expect(await advanced('/users', padding(1_900))).toBe(200);
  expect(await advanced('/users', padding(2_048))).toBe(414);
  expect(await plain('/users', padding(2_048))).toBe(200);
});
