import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { sandboxCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { createReady, type FederatedTools, openFederatedTools } from './federated-tools.ts';

let tools: FederatedTools;

beforeEach(async () => {
  tools = await openFederatedTools();
  const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
  await createReady(tools, 'twin', { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret });
  await tools.writeToken();
});

afterEach(() => tools.close());

describe('a secret that another connection signs in with', () => {
  test('is not removed from the app, and the other connection is named', async () => {
    await tools.convert();
    const before = await tools.passwords();
    const answer = await tools.convert({ remove_secret: true });
    expect(answer.response.error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('twin signs in with it as well'),
      hint: expect.stringContaining('Convert these connections too'),
    });
    expect(await tools.passwords()).toEqual(before);
    expect((await tools.convert({ federated_token: undefined, revert: true })).isError).toBe(false);
  });

  test('is not removed when the other connection is somebody else’s, which is counted and not named', async () => {
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    const completion = {
      tenant_id: tenantId,
      client_id: clientId,
      secrets: { client_secret: new Secret(clientSecret) },
    };
    await tools.convert();
    const refusalBesides = async (name: string) => {
      const { connections } = tools.runtime;
      await connections.create(
        { name, cloud: tools.sandbox.cloud.name },
        new Caller({ id: 'somebody-else' }),
        testCall(),
      );
      await connections.complete(name, completion, new Caller({ id: 'somebody-else' }), testCall());
      const { error } = (await tools.convert({ remove_secret: true })).response;
      expect(JSON.stringify(error)).not.toContain('private');
      return error;
    };
    expect(await refusalBesides('private-one')).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('twin and another connection of this home sign in with it as well'),
      detail: { others: 1 },
    });
    expect((await refusalBesides('private-two')).message).toContain(
      'twin and 2 other connections of this home sign in with it as well',
    );
    await tools.convert({ connection: 'twin' });
    expect((await tools.convert({ remove_secret: true })).response.error).toMatchObject({
      message: expect.stringContaining('2 other connections of this home sign in with it as well'),
    });
  });

  test('is removed once that one is converted too', async () => {
    await tools.convert();
    await tools.convert({ connection: 'twin' });
    expect((await tools.convert({ remove_secret: true })).isError).toBe(false);
    expect(await tools.passwordsBy('prod')).toEqual([]);
  });
});

describe('a secret that a declared connection finds where its declaration says', () => {
  test.each([
    ['is not removed', sandboxCredentials.clientSecret, 'conflict'],
    ['is removed when it is another one', 'some-other-secret', undefined],
  ])('%s', async (_what, material, code) => {
    const folder = await mkdtemp(join(tmpdir(), 'tenantry-declared-'));
    const file = join(folder, 'secret');
    await writeFile(file, material);
    const { tenantId, clientId, clientSecret } = sandboxCredentials;
    const declared = {
      name: 'from_file',
      provider: 'azure',
      scopes: ['directory'],
      cloud: 'sandbox',
      access: 'read_only',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: {},
      identity: { tenant_id: tenantId, client_id: clientId },
      secrets: { client_secret: { file } },
    } as const;
    const others = await openFederatedTools({ declared: [declared] });
    try {
      await others.writeToken();
      expect((await others.convert()).isError).toBe(false);
      const { error } = (await others.convert({ remove_secret: true })).response;
      expect(error?.code).toBe(code);
      if (code !== undefined) expect(error.message).toContain('from_file signs in with it');
      expect(JSON.stringify(error ?? '')).not.toContain(clientSecret);
    } finally {
      await others.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
