import { expect, test } from 'vitest';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { sendRaw, signIn } from './support/sandbox-client.ts';

/** Everything that can be listed, in one object: ids by address. */
async function contents(sandbox: Sandbox) {
  const { graph, resourceManager: arm } = sandbox.cloud;
  const tokens = {
    graph: await signIn(sandbox, sandbox.credentials),
    arm: await signIn(sandbox, sandbox.credentials, arm),
  };
  const found: Record<string, readonly string[]> = {};
  const list = async (url: string, token: string) => {
    const { body } = await sendRaw(sandbox, 'GET', url, { headers: { authorization: `Bearer ${token}` } });
    found[url] = body.value.map(({ id }: { readonly id: string }) => id);
  };
  for (const set of ['users', 'groups', 'devices', 'applications', 'servicePrincipals', 'oauth2PermissionGrants']) {
    await list(`${graph}/v1.0/${set}?$top=999`, tokens.graph);
  }
  const subscription = `${arm}/subscriptions/${sandbox.credentials.subscriptionId}`;
  await list(`${subscription}/resources?api-version=2021-04-01`, tokens.arm);
  await list(`${subscription}/resourcegroups?api-version=2021-04-01`, tokens.arm);
  await list(`${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`, tokens.arm);
  return found;
}

test('nothing new is in the tenant because somebody looked, at any service', async () => {
  const sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true });
  const before = await contents(sandbox);
  const { cloud, credentials } = sandbox;
  const audiences = [cloud.graph, cloud.resourceManager, '499b84ac-1321-427f-aa17-267ca6975798'];
  const [graph, arm, devops] = await Promise.all(audiences.map((one) => signIn(sandbox, credentials, one)));
  const user = before[`${cloud.graph}/v1.0/users?$top=999`]?.[0];
  const looks: readonly (readonly [string, string | undefined])[] = [
    [`${cloud.graph}/v1.0/users/${user}/mailFolders`, graph],
    [`${cloud.graph}/v1.0/users/${user}/drive/root/children`, graph],
    [`${cloud.graph}/v1.0/users/delta`, graph],
    [`${cloud.graph}/v1.0/auditLogs/signIns`, graph],
    [`${cloud.resourceManager}/subscriptions?api-version=2022-12-01`, arm],
    [`${cloud.devops}/contoso/_apis/projects?api-version=7.1`, devops],
    [`${cloud.devops}/contoso/Payments/_apis/serviceendpoint/endpoints?api-version=7.1`, devops],
  ];
  for (const [url, token] of looks) {
    const { status } = await sendRaw(sandbox, 'GET', url, { headers: { authorization: `Bearer ${token}` } });
    expect([url, status]).toEqual([url, 200]);
  }
  expect(await contents(sandbox)).toEqual(before);
});
