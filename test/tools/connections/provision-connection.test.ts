import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import { clientSecretOf } from '../../../src/sandbox/entra/client-secret.ts';
import {
  finished,
  openTenant,
  type ProvisionedTenant,
} from '../../core/connections/provisioning/provisioned-tenant.ts';
import { testCall } from '../../support/call.ts';
import { settlingWaitsMs, skipWaits } from '../../support/skip-waits.ts';

const gitHub = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:contoso/shop:ref:refs/heads/main',
};
const secretInput = { name: 'fresh', credential: 'secret', roles: [{ role: 'Reader' }] };

let tenant: ProvisionedTenant;

describe('provision_connection', () => {
  beforeEach(async () => {
    tenant = await openTenant({ frozenClock: true });
  });
  afterEach(() => tenant.close());

  it('answers with everything that it made, and with the connection', async () => {
    const { response, meta } = await tenant.provision(secretInput);

    // Fingerprints are keyed: each home has its own.
    const text = JSON.stringify(response).replaceAll(/"fingerprint":"[0-9a-f]{8}"/g, '"fingerprint":"…"');
    expect(JSON.parse(text)).toMatchInlineSnapshot(`
      {
        "data": {
          "application": {
            "client_id": "b2e68e45-e6a5-476b-9976-b04c425b0473",
            "created": true,
            "object_id": "03cf1b09-2d49-492c-ad9b-eea63b7f58a7",
          },
          "connection": {
            "access": "read_only",
            "auth_type": "azure",
            "cloud": "sandbox",
            "expires_at": "2027-05-19T10:00:00.000Z",
            "expires_in_days": 180,
            "health": "unknown",
            "name": "fresh",
            "next_step": "Call validate_connection for "fresh".",
            "scopes": [
              "resources",
            ],
            "status": "ready",
            "tenant_id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
          },
          "credential": {
            "created": true,
            "expires_at": "2027-05-19T10:00:00.000Z",
            "fingerprint": "…",
            "kind": "client secret",
            "name": "tenantry-fresh",
          },
          "role_assignments": [
            {
              "created": true,
              "id": "/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001/providers/Microsoft.Authorization/roleAssignments/71558273-42dc-57a4-b6a3-f37562a50e18",
              "role": "Reader",
              "scope": "/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001",
            },
          ],
          "service_principal": {
            "created": true,
            "object_id": "940ccd53-5ed3-483d-8402-338bf7634025",
          },
        },
        "status": 201,
        "success": true,
      }
    `);
    expect(meta.notes).toBeUndefined();
  });

  it('says what is missing when no roles and no token are there', async () => {
    const { response, meta } = await tenant.provision({
      ...secretInput,
      roles: [],
      credential: 'federated',
      federated: gitHub,
    });

    expect(response.success).toBe(true);
    expect(meta.notes).toMatchInlineSnapshot(`
      [
        "There is no federated token of the trusted issuer on this machine: the sign-in was not tried here.",
        "No roles were asked for: assign what it needs, or call again with roles.",
      ]
    `);
    expect(response.data.credential).toMatchInlineSnapshot(`
      {
        "created": true,
        "kind": "federated credential",
        "name": "tenantry-fresh",
      }
    `);
  });

  it('tells of its progress, step by step', async () => {
    const updates: unknown[] = [];
    await tenant.provision(secretInput, { progress: (update) => updates.push(update) });

    expect(updates).toMatchInlineSnapshot(`
      [
        {
          "message": "app registration tenantry-fresh",
          "progress": 1,
          "total": 6,
        },
        {
          "message": "service principal",
          "progress": 2,
          "total": 6,
        },
        {
          "message": "role Reader",
          "progress": 3,
          "total": 6,
        },
        {
          "message": "client secret",
          "progress": 4,
          "total": 6,
        },
        {
          "message": "sign-in",
          "progress": 5,
          "total": 6,
        },
        {
          "message": "done",
          "progress": 6,
          "total": 6,
        },
      ]
    `);
  });

  it('gives the app other names, roles at other scopes and a shorter secret when asked', async () => {
    const { subscriptionId } = tenant.tools.sandbox.credentials;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-contoso-data`;
    const { response } = await tenant.provision({
      ...secretInput,
      display_name: "Build 'n' ship",
      secret_days: 7,
      access: 'read_write',
      scopes: ['resources', 'storage'],
      roles: [{ role: 'b24988ac-6180-42a0-ab88-20f7382dd24c' }, { role: 'storage blob data reader', scope: group }],
    });

    expect(response.data.role_assignments).toMatchObject([
      { role: 'Contributor', scope: `/subscriptions/${subscriptionId}`, created: true },
      { role: 'Storage Blob Data Reader', scope: group, created: true },
    ]);
    expect(response.data.credential.expires_at).toBe('2026-11-27T10:00:00.000Z');
    expect(response.data.connection).toMatchObject({ access: 'read_write', scopes: ['resources', 'storage'] });
    const { data } = (
      await tenant.tools.call('graph_query', { endpoint: `/applications/${response.data.application.object_id}` })
    ).response;
    expect(data.displayName).toBe("Build 'n' ship");
  });

  it('makes nothing anew when it is repeated after its end', async () => {
    await tenant.provision(secretInput);
    const { response } = await tenant.provision(secretInput);

    expect(response.data).toMatchObject({
      application: { created: false },
      service_principal: { created: false },
      credential: { created: false },
      role_assignments: [{ created: false }],
    });
    expect(await tenant.find()).toEqual({ ...finished('secret'), roles: ['Reader'] });
  });

  it('leaves alone secrets that others have added to its app', async () => {
    const { response } = await tenant.provision(secretInput);
    const endpoint = `/applications/${response.data.application.object_id}/addPassword`;
    const body = { passwordCredential: { displayName: 'by hand' } };
    await tenant.tools.call('graph_write', { requests: [{ method: 'POST', endpoint, body }] });
    await tenant.provision(secretInput);

    expect(await tenant.find()).toMatchObject({ passwords: 2, works: true });
  });

  it.each(['secret', 'federated'] as const)('leaves a finished connection untouched (%s)', async (kind) => {
    const first = await tenant.provision(tenant.inputOf(kind));
    tenant.tools.sandbox.advance(60);
    const second = await tenant.provision(tenant.inputOf(kind));

    expect(second.response.data.connection.updated_at).toBe(first.response.data.connection.updated_at);
  });

  it('adds roles that a repeat asks for', async () => {
    await tenant.provision(secretInput);
    await tenant.provision({ ...secretInput, roles: [{ role: 'Contributor' }] });

    expect((await tenant.find()).roles).toEqual(['Contributor', 'Reader']);
  });

  it('never shows or writes the secret', async () => {
    const { tools } = tenant;
    tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 403 });
    const texts = [(await tenant.provision(secretInput)).text, (await tenant.provision(secretInput)).text];
    const listed = await tools.call('list_connections', {});
    const { response } = await tools.call('graph_query', {
      endpoint: '/applications',
      params: { $filter: "displayName eq 'tenantry-fresh'" },
    });
    const secrets = response.data.value[0].passwordCredentials.map(({ keyId }: { keyId: string }) =>
      clientSecretOf(keyId),
    );
    const files = await filesBelow(tools.home);

    expect(secrets).toHaveLength(1);
    expect([...texts, listed.text, ...files].filter((text) => text.includes(secrets[0]))).toEqual([]);
  });

  it('a name that somebody else has provisioned is free: both have a connection and an app of their own', async () => {
    await tenant.provision(secretInput);
    const { connections, opener } = tenant.tools.runtime;
    const mine = await connections.get('fresh', localCaller);
    const opened = await opener.open(await connections.get('sandbox', localCaller), localCaller);
    const open = { ...opened, record: { ...opened.record, owner: 'somebody' } };

    const { record, application } = await connections.provision(
      { name: 'fresh', credential: 'secret', roles: [] },
      open,
      new Caller({ id: 'somebody' }),
      testCall(),
    );
    expect(application.created).toBe(true);
    expect(record.identity.client_id).not.toBe(mine.identity.client_id);
    expect(record.provisioned).not.toEqual(mine.provisioned);
    expect(await connections.get('fresh', new Caller({ id: 'somebody' }))).toEqual(record);
    expect(await connections.get('fresh', localCaller)).toEqual(mine);
  });
});

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(files.map((file) => readFile(file, 'latin1')));
}

describe('failures half-way', () => {
  beforeEach(async () => {
    tenant = await openTenant({ frozenClock: true });
  });
  afterEach(() => tenant.close());

  it('list what exists, how to go on and how to give up', async () => {
    tenant.tools.sandbox.fault({ service: 'arm', match: 'PUT *', status: 403 });
    const { response } = await tenant.provision(secretInput);

    expect(response.error).toMatchInlineSnapshot(`
      {
        "code": "permission_denied",
        "detail": {
          "exists": {
            "application": {
              "client_id": "b2e68e45-e6a5-476b-9976-b04c425b0473",
              "created": true,
              "object_id": "03cf1b09-2d49-492c-ad9b-eea63b7f58a7",
            },
            "connection": "fresh",
            "role_assignments": [],
            "service_principal": {
              "created": true,
              "object_id": "940ccd53-5ed3-483d-8402-338bf7634025",
            },
          },
          "to_remove": [
            "graph_write DELETE /applications/03cf1b09-2d49-492c-ad9b-eea63b7f58a7",
            "delete_connection fresh",
          ],
        },
        "hint": "The least permission for this is the Azure role Role Based Access Control Administrator at the scope, granted by an administrator. Give the principal a role with the missing action; validate_connection lists what it has. Then call provision_connection again with the same arguments: it continues from here and makes nothing twice.",
        "message": "Azure Resource Manager answered 403: \`The client does not have authorization to perform the action over the scope.\`. Made so far: the connection fresh, the app \`b2e68e45-e6a5-476b-9976-b04c425b0473\`, its principal \`940ccd53-5ed3-483d-8402-338bf7634025\`.",
        "retryable": false,
        "upstream": {
          "code": "AuthorizationFailed",
          "request_id": "d93198f8-b6f5-402b-91f2-3e2884012464",
        },
      }
    `);
    const shown = (await tenant.tools.call('list_connections', { name: 'fresh' })).response.data.value[0];
    expect(shown).toMatchObject({ status: 'pending', next_step: expect.stringContaining('provision_connection') });
  });

  it('do not happen for a misspelt role: nothing is made, and the nearest names are told', async () => {
    const { response } = await tenant.provision({ ...secretInput, roles: [{ role: 'Raeder' }] });

    expect(response.error).toMatchObject({ code: 'not_found', message: expect.stringContaining('`Reader`') });
    expect((await tenant.find()).apps).toBe(0);
    expect((await tenant.tools.call('list_connections', {})).response.data.value).toHaveLength(1);
  });

  it('say that an app of a finished connection is gone, and make no other one', async () => {
    const { response } = await tenant.provision(secretInput);
    await tenant.tools.call('graph_write', {
      requests: [{ method: 'DELETE', endpoint: `/applications/${response.data.application.object_id}` }],
    });
    const again = await tenant.provision(secretInput);

    expect(again.response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('gone') });
    expect((await tenant.find()).apps).toBe(0);
  });

  it('say that a finished connection now has another app', async () => {
    await tenant.provision(secretInput);
    const body = { id: '00000000-0000-0000-0000-00000000000b', appId: '00000000-0000-0000-0000-00000000000a' };
    tenant.tools.sandbox.fault({ match: 'GET /v1.0/applications(uniqueName*', status: 200, body });
    const { response } = await tenant.provision(secretInput);

    expect(response.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('another app') });
  });

  it('of a wrong subject are mended by a repeat with the right one', async () => {
    const { issuer } = tenant.issuer;
    const wrong = { ...tenant.inputOf('federated'), federated: { issuer, subject: 'wrong' } };
    await tenant.provision(wrong);
    const { meta, isError } = await tenant.provision(tenant.inputOf('federated'));

    expect(isError).toBe(false);
    expect(meta.notes.join()).toContain('was replaced');
    expect(await tenant.find()).toEqual(finished('federated'));
  });

  it('with a trust that has worked are no reason to replace it', async () => {
    await tenant.provision(tenant.inputOf('federated'));
    await tenant.tools.call('validate_connection', { connection: 'fresh' });
    const { response } = await tenant.provision({
      ...tenant.inputOf('federated'),
      federated: { issuer: tenant.issuer.issuer, subject: 'other' },
    });

    expect(response.error).toMatchObject({ code: 'conflict' });
    expect(await tenant.find()).toEqual(finished('federated'));
  });
});

describe('a directory that lags behind', () => {
  afterEach(async () => {
    vi.unstubAllGlobals();
    await tenant.close();
  });

  it('is waited for by the sign-in as well', async () => {
    tenant = await openTenant({ frozenClock: true });
    const { sandbox, call } = tenant.tools;
    skipWaits(sandbox, settlingWaitsMs);
    await call('graph_query', { endpoint: '/organization' });
    await call('arm_query', { path: '/subscriptions' });
    const body = {
      error: 'unauthorized_client',
      error_codes: [700016],
      error_description: "AADSTS700016: Application with identifier 'x' was not found in the directory.",
    };
    sandbox.fault({ service: 'login', match: 'POST *', status: 400, times: 2, body });
    const { isError, meta } = await tenant.provision(secretInput);

    expect(isError).toBe(false);
    expect(meta.notes.join()).toContain('did not know the new identity');
    expect(await tenant.find()).toEqual({ ...finished('secret'), roles: ['Reader'] });
  });

  test.each(['secret', 'federated'] as const)('is waited for (%s)', async (kind) => {
    tenant = await openTenant({ frozenClock: true });
    skipWaits(tenant.tools.sandbox, settlingWaitsMs);
    tenant.tools.sandbox.placeObject('graph', 'replicationLag', { seconds: 30 });
    const { response, meta } = await tenant.provision(tenant.inputOf(kind));

    expect(response.success, JSON.stringify(response)).toBe(true);
    expect(meta.notes.join()).toMatch(/too new|did not know the new identity/);
    expect(await tenant.find()).toEqual(finished(kind));
  });
});
