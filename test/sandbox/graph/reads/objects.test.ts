import { beforeAll, describe, expect, test } from 'vitest';
import { createSandboxClient, eventual, type SandboxClient } from '../../support/sandbox-client.ts';

let client: SandboxClient;
beforeAll(async () => {
  client = await createSandboxClient();
});

const first = async (path: string) => (await client.get(path)).body.value[0];
const failure = async (path: string, headers = {}) => {
  const { status, body } = await client.get(path, headers);
  return [status, body.error?.code];
};
const unknownId = '00000000-0000-4000-8000-000000000000';

describe('keys', () => {
  test('a user is found by id, by principal name in any case, and by alternate key', async () => {
    const { id, userPrincipalName } = await first('/users?$top=1&$select=id,userPrincipalName');
    const name = encodeURIComponent(userPrincipalName.toUpperCase());
    for (const path of [
      `/users/${id}`,
      `/users/${id.toUpperCase()}`,
      `/Users/${name}`,
      `/users('${name}')`,
      `/users(userPrincipalName='${name}')`,
      `/directoryObjects/${id}`,
    ]) {
      expect((await client.get(path)).body.id, path).toBe(id);
    }
  });

  test('a guest is found by a name with #, encoded', async () => {
    const { body } = await client.get("/users?$filter=userType eq 'Guest'&$top=1&$select=id,userPrincipalName");
    const [guest] = body.value;
    expect(guest.userPrincipalName).toContain('#EXT#');
    expect((await client.get(`/users/${encodeURIComponent(guest.userPrincipalName)}`)).body.id).toBe(guest.id);
  });

  test('an app, a service principal and a device have alternate keys', async () => {
    const app = await first('/applications?$top=1');
    const device = await first('/devices?$top=1');
    expect((await client.get(`/applications(appId='${app.appId}')`)).body.id).toBe(app.id);
    expect((await client.get(`/servicePrincipals(appId='${app.appId}')`)).body.appId).toBe(app.appId);
    expect((await client.get(`/devices(deviceId='${device.deviceId}')`)).body.id).toBe(device.id);
    expect(await failure(`/devices/${device.deviceId}`)).toEqual([404, 'Request_ResourceNotFound']);
  });

  test.each([
    [`/users/${unknownId}`, 404, 'Request_ResourceNotFound'],
    ['/users/nobody@contoso.example', 404, 'Request_ResourceNotFound'],
    [`/groups/${unknownId}`, 404, 'Request_ResourceNotFound'],
    [`/groups/${unknownId}/members`, 404, 'Request_ResourceNotFound'],
    ['/groups/not-a-guid', 400, 'Request_BadRequest'],
    ['/devices/not-a-guid', 400, 'Request_BadRequest'],
    ['/directoryObjects/not-a-guid', 400, 'Request_BadRequest'],
    ["/groups(mail='x')", 400, 'BadRequest'],
  ])('%s answers %i %s', async (path, status, code) => {
    expect(await failure(path)).toEqual([status, code]);
  });
});

describe('paths', () => {
  test.each([
    ['/devices/x/owners', "Resource not found for the segment 'owners'."],
    ['/nonsense', "Resource not found for the segment 'nonsense'."],
    ['/users/x/nonsense', "Resource not found for the segment 'nonsense'."],
    ['/v1.0/users', "Resource not found for the segment 'v1.0'."],
    ['/users/x/$count', "Resource not found for the segment '$count'."],
  ])('%s answers 400', async (path, message) => {
    const { status, body } = await client.get(path);
    expect([status, body.error.code, body.error.message]).toEqual([400, 'BadRequest', message]);
  });

  test('a route that exists and is not emulated answers 501 with its name', async () => {
    const { status, body } = await client.get('/teams/x/channels');
    expect([status, body.error.message]).toEqual([501, 'The sandbox does not emulate this route: GET /teams']);
  });

  test('an app has no /me', async () => {
    expect(await failure('/me')).toEqual([400, 'BadRequest']);
    expect(await failure('/me/memberOf')).toEqual([400, 'BadRequest']);
  });

  test('deleted items are listed by type, and found by id without it', async () => {
    expect(await failure('/directory/deletedItems')).toEqual([400, 'BadRequest']);
    const deleted = await first('/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime');
    expect(deleted.deletedDateTime).toMatch(/Z$/);
    expect((await client.get(`/directory/deletedItems/${deleted.id}`)).body.id).toBe(deleted.id);
    expect(await failure(`/users/${deleted.id}`)).toEqual([404, 'Request_ResourceNotFound']);
  });

  test('a property is shown alone, and bare with $value', async () => {
    const user = await first('/users?$top=1&$select=id,displayName');
    expect((await client.get(`/users/${user.id}/displayName`)).body.value).toBe(user.displayName);
    const bare = await client.get(`/users/${user.id}/displayName/$value`);
    expect([bare.text, bare.headers['content-type']]).toEqual([user.displayName, 'text/plain']);
  });
});

describe('relationships', () => {
  test('members and memberOf are two sides of the same links, each object with its type', async () => {
    const group = await first('/groups?$top=1&$select=id');
    const [member] = (await client.get(`/groups/${group.id}/members?$select=id`)).body.value;
    expect(member['@odata.type']).toBe('#microsoft.graph.user');
    const groups = (await client.get(`/users/${member.id}/memberOf?$select=id`)).body.value;
    expect(groups.map((one: { id: string }) => one.id)).toContain(group.id);
    expect((await client.get(`/groups/${group.id}/members/${member.id}?$select=id`)).body.id).toBe(member.id);
    expect(await failure(`/groups/${group.id}/members/${group.id}`)).toEqual([404, 'Request_ResourceNotFound']);
  });

  test('a cast leaves the objects of its type, without naming it', async () => {
    const group = await first('/groups?$top=1&$select=id');
    const { body } = await client.get(`/groups/${group.id}/members/microsoft.graph.user?$select=displayName&$top=1`);
    expect(body.value[0]).not.toHaveProperty('@odata.type');
    expect((await client.get(`/groups/${group.id}/members/microsoft.graph.device`)).body.value).toEqual([]);
  });

  test('a cast of a transitive list reads the index', async () => {
    const user = await first('/users?$top=1&$select=id');
    const path = `/users/${user.id}/transitiveMemberOf/microsoft.graph.group`;
    expect(await failure(path)).toEqual([400, 'Request_UnsupportedQuery']);
    expect((await client.get(`${path}?$count=true`, eventual)).body['@odata.count']).toBeGreaterThan(0);
  });

  test('transitive members contain the members of member groups', async () => {
    const groups = (await client.get('/groups?$select=id&$top=999')).body.value;
    const counts = await Promise.all(
      groups.map(async ({ id }: { id: string }) => {
        const count = async (list: string) => Number((await client.get(`/groups/${id}/${list}/$count`, eventual)).text);
        return (await count('transitiveMembers')) - (await count('members'));
      }),
    );
    expect(Math.min(...counts)).toBe(0);
    expect(Math.max(...counts)).toBeGreaterThan(0);
  });

  test('a manager has the reports that have the manager', async () => {
    const { body } = await client.get('/users?$expand=manager($select=id)&$select=id&$top=50');
    const managed = body.value.find((user: { manager?: unknown }) => user.manager);
    expect((await client.get(`/users/${managed.id}/manager?$select=id`)).body.id).toBe(managed.manager.id);
    const reports = (await client.get(`/users/${managed.manager.id}/directReports?$select=id&$top=999`)).body.value;
    expect(reports.map((one: { id: string }) => one.id)).toContain(managed.id);
    const chief = body.value.find((user: { manager?: unknown }) => !user.manager);
    expect(await failure(`/users/${chief.id}/manager`)).toEqual([404, 'Request_ResourceNotFound']);
  });

  test('references are links', async () => {
    const group = await first('/groups?$top=1&$select=id');
    const { body } = await client.get(`/groups/${group.id}/owners/$ref`);
    expect(body.value[0]['@odata.id']).toMatch(
      /^https:\/\/graph\.sandbox\.invalid\/v1\.0\/directoryObjects\/[\w-]{36}$/,
    );
  });

  test('devices and their owners point at each other', async () => {
    const device = await first('/devices?$top=1&$select=id');
    const [owner] = (await client.get(`/devices/${device.id}/registeredOwners?$select=id`)).body.value;
    const owned = (await client.get(`/users/${owner.id}/ownedDevices?$select=id`)).body.value;
    expect(owned.map((one: { id: string }) => one.id)).toContain(device.id);
  });

  test('licence details tell the plans of each assigned product', async () => {
    const { body } = await client.get(
      '/users?$filter=assignedLicenses/$count ne 0&$count=true&$select=id&$top=1',
      eventual,
    );
    const [details] = (await client.get(`/users/${body.value[0].id}/licenseDetails`)).body.value;
    expect(details.skuPartNumber).toEqual(expect.any(String));
    expect(details.servicePlans.length).toBeGreaterThan(0);
  });

  test('federated credentials, app role assignments and grants hang on their apps', async () => {
    const { clientId } = client.sandbox.credentials;
    const app = `/applications(appId='${clientId}')/federatedIdentityCredentials`;
    const [credential] = (await client.get(app)).body.value;
    expect((await client.get(`${app}/${credential.id}`)).body.name).toBe(credential.name);
    const [assignment] = (await client.get(`/servicePrincipals(appId='${clientId}')/appRoleAssignments`)).body.value;
    expect(assignment.resourceDisplayName).toBe('Microsoft Graph');
    const toGraph = await client.get(
      `/servicePrincipals/${assignment.resourceId}/appRoleAssignedTo?$filter=principalId eq ${assignment.principalId}&$top=1`,
    );
    expect(toGraph.body.value[0].principalId).toBe(assignment.principalId);
  });
});

test('what was created moments ago is unknown for as long as replication lags', async () => {
  const lagging = await createSandboxClient();
  const { sandbox } = lagging;
  sandbox.placeObject('graph', 'replicationLag', { seconds: 30 });
  const createdDateTime = new Date(sandbox.clock.now()).toISOString();
  const id = '11111111-2222-4333-8444-555555555555';
  sandbox.placeObject('graph', 'group', { id, displayName: 'Fresh', createdDateTime });
  expect((await lagging.get(`/groups/${id}`)).status).toBe(404);
  sandbox.advance(31);
  expect((await lagging.get(`/groups/${id}`)).body.displayName).toBe('Fresh');
});
