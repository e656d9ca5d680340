import { beforeEach, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createSandboxClient, type SandboxClient } from '../support/sandbox-client.ts';

const report = '/reports/authenticationMethods/userRegistrationDetails';

interface Details {
  readonly id: string;
  readonly userType: string;
  readonly isAdmin: boolean;
  readonly isMfaRegistered: boolean;
  readonly methodsRegistered: readonly string[];
}

let client: SandboxClient;

beforeEach(async () => {
  client = await createSandboxClient();
});

test('the report has every enabled user, in one page', async () => {
  const { body } = await client.get(report);
  const users = await client.pages('/users?$filter=accountEnabled eq true&$top=999&$select=id');
  expect(body['@odata.context']).toMatch(/\$metadata#reports\/authenticationMethods\/userRegistrationDetails$/);
  const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).sort();
  expect(idsOf(body.value)).toEqual(idsOf(users.flatMap((page) => page.body.value)));
});

test('some employees have registered nothing, and guests never do', async () => {
  const details: readonly Details[] = (await client.get(report)).body.value;
  const employees = details.filter(({ userType }) => userType === 'member');
  const without = employees.filter(({ isMfaRegistered }) => !isMfaRegistered);
  expect(without.length).toBeGreaterThan(employees.length / 16);
  expect(without.length).toBeLessThan(employees.length / 4);
  expect(details.filter(({ userType, isMfaRegistered }) => userType === 'guest' && isMfaRegistered)).toEqual([]);
  expect(details.filter((one) => one.isMfaRegistered !== one.methodsRegistered.length > 0)).toEqual([]);
});

test('it is filtered and selected by its own properties', async () => {
  const { body } = await client.get(
    `${report}?$filter=isAdmin eq true and isMfaRegistered eq false&$select=id,isAdmin`,
  );
  const whole: readonly Details[] = (await client.get(report)).body.value;
  const wanted = whole.filter(({ isAdmin, isMfaRegistered }) => isAdmin && !isMfaRegistered);
  expect(wanted.length).toBeGreaterThan(0);
  expect(body.value).toEqual(wanted.map(({ id, isAdmin }) => ({ id, isAdmin })));
  expect((await client.get(`${report}?$filter=mfa eq true`)).status).toBe(400);
  expect((await client.get(`${report}?$orderby=isAdmin`)).status).toBe(400);
});

test('one user can be read, a disabled one cannot', async () => {
  const [enabled, disabled] = await Promise.all(
    ['true', 'false'].map(async (value) => (await client.get(`/users?$filter=accountEnabled eq ${value}&$top=1`)).body),
  );
  const { id } = enabled.value[0];
  expect((await client.get(`${report}/${id}`)).body).toMatchObject({ id, isSsprEnabled: true });
  expect((await client.get(`${report}/${disabled.value[0].id}`)).status).toBe(404);
});

test('it needs AuditLog.Read.All, and nobody writes to it', async () => {
  const other = await createSandboxClient({}, seededCredentials('readOnly'));
  expect((await other.get(report)).status).toBe(403);
  expect((await client.send('POST', report, { body: {} })).status).toBe(403);
});

test('other reports are not modelled, and without their permission refused', async () => {
  expect((await client.get("/reports/getOffice365ActiveUserDetail(period='D7')")).status).toBe(501);
  expect((await client.get('/reports/authenticationMethods/usersRegisteredByFeature')).status).toBe(403);
});
