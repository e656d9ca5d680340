import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterAll(async () => {
  await tools.close();
});

const identity = () => {
  const { tenantId, clientId } = tools.sandbox.credentials;
  return { tenant_id: tenantId, client_id: clientId };
};

async function createReady(name: string): Promise<void> {
  await tools.call('create_connection', { name, cloud: 'sandbox' });
  await tools.call('complete_connection', {
    connection: name,
    ...identity(),
    client_secret: tools.sandbox.credentials.clientSecret,
  });
}

/** Without what differs from run to run. */
function stable({ response, meta }: Answer): unknown {
  // Fingerprints are keyed: each home has its own.
  const text = JSON.stringify({ response, meta }).replaceAll(/"fingerprint":"[0-9a-f]{8}"/g, '"fingerprint":"…"');
  return JSON.parse(text);
}

describe('create_connection', () => {
  test('answers a pending connection, what is missing and the next step', async () => {
    expect(stable(await tools.call('create_connection', { name: 'fresh', cloud: 'sandbox' }))).toMatchInlineSnapshot(`
      {
        "meta": {},
        "response": {
          "data": {
            "access": "read_only",
            "auth_type": "azure",
            "cloud": "sandbox",
            "health": "unknown",
            "missing": [
              "tenant_id",
              "client_id",
              "client_secret",
            ],
            "name": "fresh",
            "next_step": "Call complete_connection for "fresh" with tenant_id and client_id; without client_secret it asks the person for it.",
            "scopes": [
              "directory",
              "resources",
            ],
            "status": "pending",
          },
          "status": 201,
          "success": true,
        },
      }
    `);
  });

  test('a taken name is a conflict', async () => {
    await tools.call('create_connection', { name: 'taken' });
    const answer = await tools.call('create_connection', { name: 'taken' });
    expect(answer.response).toMatchObject({ success: false, status: 409, error: { code: 'conflict' } });
  });

  test.each([
    [{ name: 'Not Valid' }, 'name'],
    [{ name: '../x' }, 'name'],
    [{ name: 'x'.repeat(100) }, 'name'],
    [{ name: 'ok-name', scopes: [''] }, 'scopes'],
    [{ name: 'ok-name', scopes: 'directory,resources' }, 'scopes'],
    [{ name: 'ok-name', cloud: 'https://evil.example' }, 'cloud'],
    [{ name: 'ok-name', cloud: 'moon' }, 'cloud'],
    [{ name: 'ok-name', acess: 'read_write' }, '"access"'],
    [{ name: 'ok-name', settings: { max_item: 1 } }, '"max_items"'],
    [{ name: 'ok-name', settings: { base_url: 'https://evil.example/v1.0' } }, 'base_url'],
    [{ name: 'ok-name', settings: { retry: { max_attempts: 0 } } }, 'settings.retry.max_attempts'],
    [{}, 'name'],
  ])('refuses %j and names what is wrong', async (input, named) => {
    const answer = await tools.call('create_connection', input);
    expect(answer.response.error.code).toBe('invalid_argument');
    expect(answer.text).toContain(JSON.stringify(named).slice(1, -1));
    expect(answer.response.error.hint).toBeTruthy();
  });

  test('null means absent', async () => {
    const answer = await tools.call('create_connection', { name: 'nulls', cloud: null, settings: null, scopes: null });
    expect(answer.response).toMatchObject({ success: true, data: { access: 'read_only' } });
    // What is usual is not said.
    expect(answer.response.data).not.toHaveProperty('cloud');
  });
});

describe('complete_connection', () => {
  test('makes the connection ready; a literal secret is answered with its fingerprint and a note', async () => {
    await tools.call('create_connection', { name: 'literal', cloud: 'sandbox' });
    const { clientSecret } = tools.sandbox.credentials;
    const answer = await tools.call('complete_connection', {
      connection: 'literal',
      ...identity(),
      client_secret: clientSecret,
    });
    expect(answer.text).not.toContain(clientSecret);
    expect(stable(answer)).toMatchInlineSnapshot(`
      {
        "meta": {
          "notes": [
            "client_secret passed through the model: rotate it, and let the person who runs Tenantry supply the new one.",
          ],
        },
        "response": {
          "data": {
            "access": "read_only",
            "auth_type": "azure",
            "cloud": "sandbox",
            "health": "unknown",
            "identity": {
              "client_id": "5a11d0c5-7e4a-4c0d-8b0a-a99000000001",
              "tenant_id": "5a11d0c5-7e4a-4c0d-8b0a-c04705000001",
            },
            "name": "literal",
            "next_step": "Call validate_connection for "literal".",
            "scopes": [
              "directory",
              "resources",
            ],
            "secrets": [
              {
                "fingerprint": "…",
                "kind": "client_secret",
                "source": "inline",
              },
            ],
            "status": "ready",
          },
          "status": 200,
          "success": true,
        },
      }
    `);
  });

  test('a secret in the wrong form appears in no error', async () => {
    await tools.call('create_connection', { name: 'wrong-form' });
    for (const client_secret of [{ value: 'MARK-77' }, ['MARK-77'], { env: 'A', file: 'MARK-77' }, 77_000_077, '']) {
      const answer = await tools.call('complete_connection', { connection: 'wrong-form', client_secret });
      expect(answer.response.error.code).toBe('invalid_argument');
      expect(answer.text).not.toMatch(/MARK-77|77000077/);
    }
    const answer = await tools.call('complete_connection', {
      connection: 'wrong-form',
      tennant_id: 'x',
      client_secret: 'MARK-77',
    });
    expect(answer.text).toContain('tenant_id');
    expect(answer.text).not.toContain('MARK-77');
  });

  test.each([
    ['tenant_id', 'common'],
    ['tenant_id', 'not a tenant'],
    ['client_id', 'my-app'],
    ['subscription_id', '../x'],
    ['default_location', 'West Europe'],
    ['resource_group', 'a/b'],
    ['workspace_name', '..'],
  ])('%s does not take %j', async (field, value) => {
    const answer = await tools.call('complete_connection', { connection: 'fresh', [field]: value });
    expect(answer.response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining(field) });
  });

  test('a variable that is not set is refused like one that is not allowed', async () => {
    const complete = (env: string) =>
      tools.call('complete_connection', { connection: 'fresh', client_secret: { env } });
    const [unset, foreign] = [await complete('TENANTRY_SECRET_NOT_SET'), await complete('PATH')];
    expect(unset.response.error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Ask the person') });
    expect(foreign.response.error).toEqual(unset.response.error);
  });

  test('an unknown connection lists the valid names', async () => {
    const answer = await tools.call('complete_connection', { connection: 'nobody', ...identity() });
    expect(answer.response.error.code).toBe('not_found');
    expect(JSON.stringify(answer.response.error)).toContain('sandbox');
  });
});

describe('validate_connection', () => {
  test('answers health and check lines: a pass without words, anything else with them, and no record', async () => {
    await createReady('checked');
    await tools.call('complete_connection', { connection: 'checked', scopes: ['directory', 'devops'] });
    const { response, connection } = await tools.call('validate_connection', { connection: 'checked' });
    expect(connection).toMatchObject({ name: 'checked' });
    expect(Object.keys(response.data)).toEqual(['health', 'checks']);
    expect(response.data.health).toBe('failing');
    expect(response.data.checks).toEqual([
      { check: 'token.graph', status: 'pass' },
      { check: 'token.devops', status: 'pass' },
      { check: 'identity', status: 'pass' },
      { check: 'clock', status: 'pass' },
      { check: 'graph_roles', status: 'pass' },
      { check: 'expiry', status: 'pass' },
      {
        check: 'devops',
        status: 'fail',
        detail: 'The connection names no Azure DevOps organization.',
        hint: expect.stringContaining('organization with complete_connection'),
      },
    ]);
  });

  test('says what is not granted', async () => {
    const { clientId, clientSecret, tenantId } = seededCredentials('noRoles');
    await tools.call('create_connection', { name: 'bare', cloud: 'sandbox', scopes: ['directory'] });
    const app = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
    await tools.call('complete_connection', { connection: 'bare', ...app });
    const { response } = await tools.call('validate_connection', { connection: 'bare', checks: ['graph_roles'] });
    const [line] = response.data.checks.filter(({ check }: { check: string }) => check === 'graph_roles');
    expect(line).toMatchObject({ status: 'fail', hint: expect.stringContaining('User.Read.All') });
  });

  test('makes the primary domain of the tenant known, without a request more', async () => {
    await createReady('named');
    expect((await tools.call('graph_query', { connection: 'named', endpoint: '/me' })).connection.tenant).toBe(
      identity().tenant_id,
    );
    tools.forget();
    await tools.call('validate_connection', { connection: 'named', checks: ['clock'] });
    expect(tools.graphRequests().filter((request) => request.includes('/organization'))).toHaveLength(1);
    const named = { connection: 'named', endpoint: '/users/$count', headers: { ConsistencyLevel: 'eventual' } };
    const { connection } = await tools.call('graph_query', named);
    expect(connection).toEqual({ name: 'named', tenant: 'contoso.example', cloud: 'sandbox' });
    const failed = await tools.call('graph_query', { connection: 'named', endpoint: '/users/nobody' });
    expect(failed.connection).toEqual({ ...connection, tenant_id: identity().tenant_id });
    const { response } = await tools.call('list_connections');
    expect(response.data.value.find(({ name }: { name: string }) => name === 'named')).toMatchObject({
      tenant: 'contoso.example',
      tenant_id: identity().tenant_id,
    });
  });

  test('of another tenant forgets the name of the one before', async () => {
    await createReady('moved');
    await tools.call('validate_connection', { connection: 'moved', checks: ['clock'] });
    const other = '99999999-9999-4999-8999-999999999999';
    await tools.call('complete_connection', {
      connection: 'moved',
      tenant_id: other,
      client_secret: 'another-secret',
      replace_identity: true,
    });
    const { connection } = await tools.call('graph_query', { connection: 'moved', endpoint: '/users' });
    expect(connection).toMatchObject({ tenant: other, tenant_id: other });
  });

  test('takes checks by the names that answers show, and lists the valid names otherwise', async () => {
    const some = await tools.call('validate_connection', { connection: 'sandbox', checks: ['token.graph', 'clock'] });
    const names: string[] = some.response.data.checks.map(({ check }: { check: string }) => check);
    expect(names).toEqual(['token.graph', 'token.resource_manager', 'clock']);
    const wrong = await tools.call('validate_connection', { connection: 'sandbox', checks: ['tokens'] });
    expect(wrong.response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('expiry') });
  });

  test('a wrong secret fails with the next step', async () => {
    await tools.call('create_connection', { name: 'wrong', cloud: 'sandbox' });
    await tools.call('complete_connection', { connection: 'wrong', ...identity(), client_secret: 'MARK-wrong-secret' });
    const answer = await tools.call('validate_connection', { connection: 'wrong' });
    expect(answer.response.data.health).toBe('failing');
    expect(answer.response.data.checks).toContainEqual(
      expect.objectContaining({ status: 'fail', hint: expect.any(String) }),
    );
    expect(answer.text).not.toContain('MARK-wrong-secret');
  });
});

describe('list_connections', () => {
  test('answers one entry each; with a name that one and its last checks', async () => {
    await createReady('listed');
    await tools.call('validate_connection', { connection: 'listed' });
    const all = await tools.call('list_connections');
    const names = all.response.data.value.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['listed', 'sandbox']));
    expect(all.meta).toMatchObject({ complete: true, count: names.length });
    expect(all.text).not.toContain(tools.sandbox.credentials.clientSecret);
    const one = await tools.call('list_connections', { name: 'listed' });
    expect(one.response.data.value).toMatchObject([
      { name: 'listed', checks: expect.any(Array), links: { checklist: 'tenantry://checklist/listed' } },
    ]);
  });
});

describe('delete_connection', () => {
  test('destroys the record and its secrets, and says which', async () => {
    await createReady('doomed');
    const answer = await tools.call('delete_connection', { connection: 'doomed' });
    expect(answer.response.data).toMatchObject({
      deleted: 'doomed',
      secrets_destroyed: [{ kind: 'client_secret', fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) }],
    });
    const again = await tools.call('delete_connection', { connection: 'doomed' });
    expect(again.response.error.code).toBe('not_found');
  });

  test('a declared connection is left alone', async () => {
    const answer = await tools.call('delete_connection', { connection: 'sandbox' });
    expect(answer.response.error).toMatchObject({ code: 'refused', hint: expect.any(String) });
  });
});

test('the connection tools but validate_connection send nothing', async () => {
  tools.forget();
  await createReady('quiet');
  await tools.call('list_connections', { name: 'quiet' });
  await tools.call('delete_connection', { connection: 'quiet' });
  expect(tools.seen()).toEqual([]);
});
