import { describe, expect, test } from 'vitest';
import type { SecretPrompt, SecretRequest } from '../../../src/core/connections/secret-prompt.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { agentCall } from '../../support/call.ts';
import { identity, inline, me, setUpService } from './service-support.ts';
import { clientId, failureOf, tenantId } from './support.ts';

describe('with a person who can be asked', () => {
  const asking = () => {
    const asked: SecretRequest[] = [];
    const prompt: SecretPrompt = {
      ask: async (request) => {
        asked.push(request);
        return new Secret('typed by a person');
      },
    };
    return { asked, ...setUpService({ prompt }) };
  };

  test('a prompt, or a secret that is all that is missing, is asked for', async () => {
    const { asked, service } = asking();
    await service.create({ name: 'prod' }, me);
    const record = await service.complete('prod', { ...identity, secrets: {} }, me, agentCall('http'));
    expect(record).toMatchObject({ status: 'ready', secrets: [{ field: 'client_secret', source: 'prompt' }] });
    const again = { secrets: { client_secret: { prompt: true } } } as const;
    await service.complete('prod', again, me, agentCall());
    const use = { kind: 'sign_in', cloud: 'public', tenantId, clientId };
    expect(asked).toMatchObject([
      { field: 'client_secret', use, record: { name: 'prod' } },
      { field: 'client_secret', use },
    ]);
  });

  test('nobody is asked while more is missing, or nothing', async () => {
    const { asked, service } = asking();
    await service.create({ name: 'prod' }, me);
    const half = { tenant_id: tenantId, secrets: {} };
    expect(await failureOf(service.complete('prod', half, me, agentCall()))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('client_id'),
    });
    await service.complete('prod', inline('a-literal'), me, agentCall());
    await service.complete('prod', { default_location: 'eastus', secrets: {} }, me, agentCall());
    expect(asked).toEqual([]);
  });
});
