import { beforeAll, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { type ArmClient, createArmClient, dataGroup, production, versions } from './support/arm-client.ts';

const version = '2020-10-01';
const instances = 'providers/Microsoft.Authorization/roleAssignmentScheduleInstances';
const eligible = 'providers/Microsoft.Authorization/roleEligibilityScheduleInstances';

let arm: ArmClient;

beforeAll(async () => {
  arm = await createArmClient();
});

const propertiesOf = (answer: { readonly body: { readonly value: readonly { properties: object }[] } }) =>
  answer.body.value.map(({ properties }) => properties);

test('every role assignment is an active instance, with its origin and without an end', async () => {
  const filter = `$filter=${encodeURIComponent(`principalId eq '${arm.objectId}'`)}`;
  const assignments = await arm.get(
    `${production}/providers/Microsoft.Authorization/roleAssignments?${filter}`,
    versions.roles,
  );
  const found = await arm.get(`${production}/${instances}?${filter}`, version);
  expect(propertiesOf(found)).toMatchObject(
    assignments.body.value.map(({ id, properties }: { id: string; properties: object }) => ({
      originRoleAssignmentId: id,
      roleDefinitionId: (properties as { roleDefinitionId: string }).roleDefinitionId,
      principalId: arm.objectId,
      assignmentType: 'Assigned',
      status: 'Provisioned',
      endDateTime: null,
    })),
  );
  const [first] = found.body.value;
  expect(await arm.get(`${production}/${instances}/${first.name}`, version)).toMatchObject({
    status: 200,
    body: { id: first.id, type: 'Microsoft.Authorization/roleAssignmentScheduleInstances' },
  });
  expect((await arm.get(`${production}/${instances}/none`, version)).status).toBe(404);
});

test('what a group inherits from its subscription is marked', async () => {
  const found = await arm.get(`${dataGroup}/${instances}?$filter=atScope()`, version);
  const types = found.body.value.map(({ properties }: { properties: { memberType: string; scope: string } }) => [
    properties.memberType,
    properties.scope.toLowerCase() === dataGroup.toLowerCase(),
  ]);
  expect(types.length).toBeGreaterThan(0);
  for (const [memberType, isOwn] of types) expect(memberType).toBe(isOwn ? 'Direct' : 'Inherited');
});

test('asTarget() shows what the caller has; anything else needs the right to read', async () => {
  const limited = await arm.as(seededCredentials('limited'));
  const own = await limited.get(`${production}/${instances}?$filter=asTarget()`, version);
  expect(new Set(propertiesOf(own).map((one) => (one as { principalId: string }).principalId))).toEqual(
    new Set([limited.objectId]),
  );
  const stranger = await arm.as(seededCredentials('noRoles'));
  expect((await stranger.get(`${production}/${instances}`, version)).status).toBe(403);
  expect((await arm.get(`${production}/${instances}?$filter=status eq 'x'`, version)).body.error.code).toBe(
    'UnsupportedQuery',
  );
});

test('nobody is only eligible', async () => {
  expect((await arm.get(`${production}/${eligible}`, version)).body).toEqual({ value: [] });
});

test('both have their own versions', async () => {
  expect((await arm.get(`${production}/${instances}`, versions.roles)).body.error.code).toBe(
    'NoRegisteredProviderFound',
  );
});
