import type { HttpMethods } from '@azure/core-rest-pipeline';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Sandbox, TenantAccess } from '../../src/sandbox/sandbox.ts';
import { sendRaw, signIn } from './support/sandbox-client.ts';

let sandbox: Sandbox;
let contoso: TenantAccess;
let fabrikam: TenantAccess;

function open() {
  sandbox = createSandbox({ tenants: 3, users: 20, now: '2026-01-15T10:00:00Z', frozenClock: true });
  const [first, second] = sandbox.tenants;
  if (!first || !second) throw new Error('tenants are missing');
  [contoso, fabrikam] = [first, second];
}

async function send(
  from: TenantAccess,
  url: string,
  { method = 'GET', audience, body }: { method?: HttpMethods; audience?: string; body?: unknown } = {},
) {
  const host = /^https:\/\/[^/]+/.exec(url)?.[0] ?? '';
  const token = await signIn(sandbox, from.credentials, audience ?? host);
  return sendRaw(sandbox, method, url, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-ms-version': '2021-12-02' },
    ...(body === undefined ? {} : { body }),
  });
}

const graph = (path: string) => `${sandbox.cloud.graph}/v1.0${path}`;
const arm = (path: string) => `${sandbox.cloud.resourceManager}${path}?api-version=2022-12-01`;

describe('several tenants', () => {
  beforeAll(open);

  test('have ids, domains, apps, secrets and subscriptions of their own', () => {
    expect(sandbox.tenants.map(({ domain }) => domain)).toEqual([
      'contoso.example',
      'fabrikam.example',
      'northwind.example',
    ]);
    const values = sandbox.tenants.flatMap(({ id, credentials }) => [id, ...Object.values(credentials)]);
    // The id of a tenant is also one of its credentials.
    expect(new Set(values).size).toBe(values.length - 3);
    expect(sandbox.credentials).toEqual(contoso.credentials);
  });

  test('show the same seed under their own names, with other people', async () => {
    const [mine, theirs] = await Promise.all(
      [contoso, fabrikam].map(async (tenant) => {
        const { body } = await send(tenant, graph('/users?$top=20&$select=id,userPrincipalName,displayName'));
        return body.value as readonly { readonly id: string; readonly userPrincipalName: string }[];
      }),
    );
    expect(
      theirs?.every(({ userPrincipalName }) => /@fabrikam\.(example|onmicrosoft\.com)$/.test(userPrincipalName)),
    ).toBe(true);
    const ids = [...(mine ?? []), ...(theirs ?? [])].map(({ id }) => id);
    expect(new Set(ids).size).toBe(40);
    const [person] = theirs ?? [];
    expect((await send(fabrikam, graph(`/users/${person?.userPrincipalName}`))).body.id).toBe(person?.id);
    expect((await send(contoso, graph(`/users/${person?.userPrincipalName}`))).status).toBe(404);
    expect((await send(fabrikam, graph('/organization'))).body.value).toMatchObject([
      { id: fabrikam.id, displayName: 'Fabrikam' },
    ]);
  });

  test('find their objects by the ids that they show', async () => {
    const { clientId, clientSecret } = fabrikam.credentials;
    const app = await send(fabrikam, graph(`/applications(appId='${clientId}')`));
    expect(app.body).toMatchObject({ appId: clientId, publisherDomain: 'fabrikam.example' });
    expect(app.body.passwordCredentials[0].hint).toBe(clientSecret.slice(0, 3));
    expect((await send(fabrikam, graph(`/applications/${app.body.id}/owners`))).status).toBe(200);
    expect(await send(fabrikam, graph('/organization')).then(({ body }) => JSON.stringify(body))).not.toMatch(
      /contoso/i,
    );
  });

  test('know no apps of each other', async () => {
    const { clientId, clientSecret } = contoso.credentials;
    const answer = await sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/fabrikam.example/oauth2/v2.0/token`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${sandbox.cloud.graph}/.default`,
      }).toString(),
    });
    expect(answer.body.error_codes).toEqual([700016]);
  });

  test('refuse the tokens of each other at Resource Manager, whose subscriptions have one tenant', async () => {
    const path = `/subscriptions/${fabrikam.credentials.subscriptionId}/resourceGroups`;
    const own = await send(fabrikam, arm(path));
    expect(own.body.value.map(({ name }: { readonly name: string }) => name)).toContain('rg-fabrikam-data');
    expect(await send(contoso, arm(path))).toMatchObject({
      status: 401,
      body: { error: { code: 'InvalidAuthenticationTokenTenant' } },
    });
    expect((await send(contoso, arm('/subscriptions'))).body.value).toHaveLength(2);
    expect((await send(fabrikam, arm('/tenants'))).body.value).toMatchObject([{ tenantId: fabrikam.id }]);
  });

  test('refuse them at Azure DevOps and at the data of their accounts', async () => {
    const devops = { audience: '499b84ac-1321-427f-aa17-267ca6975798' };
    const projects = `${sandbox.cloud.devops}/fabrikam/_apis/projects`;
    expect((await send(fabrikam, projects, devops)).body.count).toBe(3);
    expect((await send(contoso, projects, devops)).status).toBe(203);
    const storage = { audience: 'https://storage.azure.com' };
    const containers = 'https://stfabrikamdata.blob.sandbox.invalid/?comp=list';
    expect((await send(fabrikam, containers, storage)).status).toBe(200);
    expect((await send(contoso, containers, storage)).status).toBe(401);
  });

  test('have service connections that lead into themselves', async () => {
    const url = `${sandbox.cloud.devops}/fabrikam/Payments/_apis/serviceendpoint/endpoints`;
    const { body } = await send(fabrikam, url, { audience: '499b84ac-1321-427f-aa17-267ca6975798' });
    expect(JSON.stringify(body)).not.toMatch(/contoso|-8b0a-/i);
    expect(body.value[0].authorization.parameters.tenantid).toBe(fabrikam.id);
  });
});

describe('each tenant', () => {
  beforeEach(open);

  test('has limits of its own', async () => {
    sandbox.placeObject('graph', 'throttleLimits', { resource_units: 5 });
    const statuses = async (tenant: TenantAccess) => {
      const seen: number[] = [];
      for (let at = 0; at < 8; at++) seen.push((await send(tenant, graph('/users?$top=1'))).status);
      return seen;
    };
    expect(await statuses(contoso)).toContain(429);
    expect(await statuses(fabrikam)).not.toContain(429);
    sandbox.placeObject('graph', 'throttleLimits', { resource_units: 5 }, 'fabrikam.example');
    expect(await statuses(fabrikam)).toContain(429);
  });

  test('can have faults and objects of its own', async () => {
    sandbox.fault({ service: 'graph', status: 503, tenant: fabrikam.id });
    expect((await send(contoso, graph('/organization'))).status).toBe(200);
    expect((await send(fabrikam, graph('/organization'))).status).toBe(503);
    const domain = { id: 'placed.example', isVerified: true };
    sandbox.placeObject('graph', 'domain', domain, 'fabrikam.onmicrosoft.com');
    expect((await send(fabrikam, graph('/domains/placed.example'))).status).toBe(200);
    expect((await send(contoso, graph('/domains/placed.example'))).status).toBe(404);
    expect(sandbox.requests().at(-1)).toMatchObject({ tenant: 'contoso.example', status: 404 });
    expect(() => sandbox.placeObject('graph', 'domain', domain, 'nobody.example')).toThrow(
      "there is no tenant 'nobody.example'. Valid: contoso.example, fabrikam.example, northwind.example.",
    );
    expect(() => sandbox.fault({ status: 500, tenant: 'nobody' })).toThrow("there is no tenant 'nobody'");
  });

  test('is set back with the others', async () => {
    await send(fabrikam, graph('/groups'), {
      method: 'POST',
      body: { displayName: 'New', mailEnabled: false, mailNickname: 'new', securityEnabled: true },
    });
    const groups = async () => (await send(fabrikam, graph("/groups?$filter=displayName eq 'New'"))).body.value.length;
    expect(await groups()).toBe(1);
    sandbox.reset();
    expect(await groups()).toBe(0);
  });

  test('finds a device code at the page that all share', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const { clientId: client_id } = fabrikam.credentials;
    const post = (path: string, body: Record<string, string>) =>
      sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/${path}`, {
        headers: form,
        body: new URLSearchParams({ client_id, ...body }).toString(),
      });
    const scope = `${sandbox.cloud.graph}/User.Read`;
    const { body: asked } = await post('organizations/oauth2/v2.0/devicecode', { scope });
    await sendRaw(sandbox, 'GET', `${asked.verification_uri}?user_code=${asked.user_code}`);
    const code = { grant_type: 'device_code', device_code: String(asked.device_code) };
    const { body: token } = await post('organizations/oauth2/v2.0/token', code);
    const claims = JSON.parse(Buffer.from(String(token.access_token).split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ tid: fabrikam.id, upn: expect.stringContaining('@fabrikam.') });
  });
});
