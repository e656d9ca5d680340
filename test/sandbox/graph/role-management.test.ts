import { beforeEach, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createSandboxClient, type SandboxClient, sendRaw, signIn } from '../support/sandbox-client.ts';

const directory = '/roleManagement/directory';
const globalReader = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451';

let client: SandboxClient;

beforeEach(async () => {
  client = await createSandboxClient();
});

test('role definitions are the roles of the directory, under their templates', async () => {
  const { body } = await client.get(`${directory}/roleDefinitions?$select=id,displayName,isBuiltIn`);
  const { body: roles } = await client.get('/directoryRoles');
  expect(body['@odata.context']).toMatch(/\$metadata#roleManagement\/directory\/roleDefinitions$/);
  expect(body.value).toEqual(
    roles.value.map(({ roleTemplateId: id, displayName }: { roleTemplateId: string; displayName: string }) => ({
      id,
      displayName,
      isBuiltIn: true,
    })),
  );
  const one = await client.get(`${directory}/roleDefinitions/${globalReader}`);
  expect(one.body).toMatchObject({ displayName: 'Global Reader', rolePermissions: [{ condition: null }] });
  expect((await client.get(`${directory}/roleDefinitions?$filter=displayName eq 'Global Reader'`)).body.value).toEqual([
    expect.objectContaining({ id: globalReader }),
  ]);
  expect((await client.get(`${directory}/roleDefinitions/${globalReader.replace('f2', 'f3')}`)).status).toBe(404);
});

test('assignments are the members of roles, filtered by principal or role, with the principal expanded', async () => {
  const filter = `$filter=roleDefinitionId eq '${globalReader}'`;
  const { body } = await client.get(`${directory}/roleAssignments?${filter}&$expand=principal`);
  const { body: members } = await client.get(`/directoryRoles(roleTemplateId='${globalReader}')/members`);
  expect(body.value.map(({ principal }: { principal: { id: string } }) => principal.id)).toEqual(
    members.value.map(({ id }: { id: string }) => id),
  );
  const [{ id, principalId }] = body.value;
  expect(body.value[0]).toMatchObject({
    directoryScopeId: '/',
    principal: { '@odata.type': '#microsoft.graph.user', id: principalId },
  });
  const own = await client.get(
    `${directory}/roleAssignments?$filter=principalId eq '${principalId}'&$expand=roleDefinition`,
  );
  expect(own.body.value).toMatchObject([{ id, roleDefinition: { displayName: 'Global Reader' } }]);
  expect((await client.get(`${directory}/roleAssignments/${id}`)).body).toMatchObject({ id, principalId });
});

test('every assignment has an active instance, and nobody is only eligible', async () => {
  const [assigned, active, eligible] = await Promise.all(
    ['roleAssignments', 'roleAssignmentScheduleInstances', 'roleEligibilityScheduleInstances'].map((name) =>
      client.get(`${directory}/${name}`),
    ),
  );
  expect(active?.body.value).toMatchObject(
    assigned?.body.value.map(({ id, principalId }: { id: string; principalId: string }) => ({
      roleAssignmentOriginId: id,
      principalId,
      assignmentType: 'Assigned',
      endDateTime: null,
    })),
  );
  expect(eligible?.body.value).toEqual([]);
});

test('an assignment is made and removed, and shows among the members of the role', async () => {
  const [{ id: principalId }] = (await client.get('/users?$top=1&$select=id')).body.value;
  const body = { principalId, roleDefinitionId: globalReader, directoryScopeId: '/' };
  const post = (content: unknown) => client.send('POST', `${directory}/roleAssignments`, { body: content });
  const made = await post(body);
  expect(made).toMatchObject({ status: 201, body });
  const members = `/directoryRoles(roleTemplateId='${globalReader}')/members?$select=id`;
  expect(JSON.stringify((await client.get(members)).body)).toContain(principalId);
  expect((await post(body)).body.error.message).toMatch(/^A conflicting object/);
  expect((await client.send('DELETE', `${directory}/roleAssignments/${made.body.id}`)).status).toBe(204);
  expect(JSON.stringify((await client.get(members)).body)).not.toContain(principalId);
  expect((await client.send('DELETE', `${directory}/roleAssignments/${made.body.id}`)).status).toBe(404);
  expect((await post({ ...body, roleDefinitionId: principalId })).status).toBe(404);
  expect((await post({ principalId })).status).toBe(400);
});

test('reading needs a right over roles or the directory, writing the one over roles', async () => {
  const call = async (app: 'readOnly' | 'noRoles', method: 'GET' | 'POST') => {
    const token = await signIn(client.sandbox, seededCredentials(app));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `${client.sandbox.cloud.graph}/v1.0${directory}/roleAssignments`;
    return (await sendRaw(client.sandbox, method, url, method === 'GET' ? { headers } : { headers, body: {} })).status;
  };
  expect([await call('readOnly', 'GET'), await call('readOnly', 'POST'), await call('noRoles', 'GET')]).toEqual([
    200, 403, 403,
  ]);
});

test.each([
  [`${directory}/roleAssignmentSchedules`, 501],
  [`${directory}/resourceNamespaces`, 501],
  ['/roleManagement/entitlementManagement/roleDefinitions', 501],
  [`${directory}/roleAssignments?$top=5`, 400],
  [`${directory}/roleAssignments?$filter=colour eq 'x'`, 400],
  [`${directory}/nonsense`, 400],
])('%s is %i', async (path, status) => {
  expect((await client.get(path)).status).toBe(status);
});
