import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
      detail: { connections: ['twin'] },
    });
    expect(await tools.passwords()).toEqual(before);
    expect((await tools.convert({ federated_token: undefined, revert: true })).isError).toBe(false);
  });

  test('is removed once that one is converted too', async () => {
    await tools.convert();
    await tools.convert({ connection: 'twin' });
    expect((await tools.convert({ remove_secret: true })).isError).toBe(false);
    expect(await tools.passwordsBy('prod')).toEqual([]);
  });
});
