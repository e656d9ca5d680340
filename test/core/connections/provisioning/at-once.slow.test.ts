import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { localCaller } from '../../../../src/core/base/caller.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { openLocalStorage } from '../../../../src/core/storage/open-local-storage.ts';
import { createRuntime } from '../../../../src/runtime/create-runtime.ts';
import type { Runtime } from '../../../../src/runtime/runtime.ts';
import { runTool } from '../../../../src/server/run-tool.ts';
import { provisionConnection } from '../../../../src/tools/connections/provision-connection.ts';
import type { SandboxTools } from '../../../support/sandbox-tools.ts';
import { skipWaits } from '../../../support/skip-waits.ts';
import { finished, openTenant, type ProvisionedTenant, roles } from './provisioned-tenant.ts';

const kinds = ['secret', 'federated'] as const;

/** Another process on the same files, with the same tenant. */
function secondProcess(
  { runtime, sandbox }: SandboxTools,
  httpClient: HttpClient = { sendRequest: sandbox.httpClient.sendRequest },
): Runtime {
  const { tenantId, subscriptionId, clientId, clientSecret } = sandbox.credentials;
  return createRuntime({
    config: runtime.config,
    version: '0.0.0',
    embedded: {
      httpClient,
      cloud: sandbox.cloud,
      clock: sandbox.clock,
      connection: {
        name: 'sandbox',
        provider: 'azure',
        scopes: ['directory', 'resources'],
        cloud: sandbox.cloud.name,
        access: 'read_write',
        auth_type: 'azure',
        scope_level: 'subscription',
        settings: {},
        identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
        secrets: { client_secret: new Secret(clientSecret) },
      },
    },
  });
}

async function provisionIn(
  runtime: Runtime,
  input: object,
): Promise<{ readonly isError: boolean; readonly text: string }> {
  // In another order: the very same call would not be sent while the first one is under way.
  const given = { connection: 'sandbox', ...input, roles: roles.toReversed() };
  return runTool(provisionConnection, given, { caller: localCaller, signal: new AbortController().signal }, runtime);
}

describe.each(kinds)('two processes that provision the same name with a %s credential', (kind) => {
  test.each([false, true])(
    'make one app and one credential, at whatever request the second comes in between (carried out: %s)',
    async (carriedOut) => {
      const tenant = await openTenant({ frozenClock: true });
      const { tools } = tenant;
      const other = secondProcess(tools);
      const client = tools.sandbox.httpClient;
      const { sendRequest } = client;
      let wasInterleaved = true;
      for (let nth = 1; wasInterleaved; nth++) {
        const input = { ...tenant.inputOf(kind), name: `number-${nth}` };
        wasInterleaved = false;
        let seen = 0;
        let second: Promise<{ readonly isError: boolean; readonly text: string }> | undefined;
        client.sendRequest = async (request: PipelineRequest) => {
          seen += 1;
          const isTurn = seen === nth;
          const interleave = async () => {
            second = provisionIn(other, input);
            await second;
          };
          if (isTurn && !carriedOut) await interleave();
          const response = await sendRequest.call(client, request);
          if (isTurn && carriedOut) await interleave();
          return response;
        };
        const first = await tenant.provision(input);
        client.sendRequest = sendRequest;
        wasInterleaved = second !== undefined;
        const where = `request ${nth}: ${first.text}`;
        expect(first.isError, where).toBe(false);
        expect((await second)?.isError ?? false, where).toBe(false);
        expect(await tenant.find(input.name), where).toEqual(finished(kind));
        tools.sandbox.advance(10);
      }
      await other.close();
      await tenant.close();
    },
    60_000,
  );

  test('make one app and one credential when both begin at once, twice each', async () => {
    const tenant = await openTenant({ frozenClock: true });
    const other = secondProcess(tenant.tools);
    const input = { ...tenant.inputOf(kind), name: 'shared' };

    const answers = await Promise.all([
      tenant.provision(input),
      provisionIn(other, input),
      tenant.provision(input),
      provisionIn(other, input),
    ]);

    expect(answers.filter(({ isError }) => isError).map(({ text }) => text)).toEqual([]);
    expect(await tenant.find('shared')).toEqual(finished(kind));
    await other.close();
    await tenant.close();
  }, 60_000);
});

describe('a process whose secret comes too late', () => {
  let tenant: ProvisionedTenant;

  afterEach(async () => {
    vi.unstubAllGlobals();
    await tenant.close();
  });

  /** Runs `work` before the first process makes its secret. */
  function beforeSecret(work: () => Promise<unknown>): void {
    const client = tenant.tools.sandbox.httpClient;
    const { sendRequest } = client;
    client.sendRequest = async (request: PipelineRequest) => {
      if (request.url.endsWith('/addPassword')) {
        client.sendRequest = sendRequest;
        await work();
      }
      return sendRequest.call(client, request);
    };
  }

  async function secretsInVault(): Promise<number> {
    const { home, sandbox } = tenant.tools;
    const storage = openLocalStorage({ home, vault: 'file', clock: sandbox.clock });
    const stored = await storage.vault.list();
    await storage.close();
    return stored.length;
  }

  test('takes it back, though the directory does not list it', async () => {
    tenant = await openTenant({ frozenClock: true });
    const other = secondProcess(tenant.tools);
    beforeSecret(() => provisionIn(other, tenant.inputOf('secret')));
    tenant.tools.sandbox.fault({ match: 'GET /v1.0/applications(appId=*', status: 404, times: 10 });

    expect(await tenant.provision(tenant.inputOf('secret'))).toMatchObject({ isError: false });
    expect(await tenant.find()).toEqual(finished('secret'));
    expect(await secretsInVault()).toBe(1);
    await other.close();
  });

  test('makes another when the other process died before it could store its own', async () => {
    tenant = await openTenant({ frozenClock: true });
    const { sandbox } = tenant.tools;
    skipWaits(sandbox, [500]);
    const died = Promise.withResolvers<undefined>();
    const { sendRequest } = sandbox.httpClient;
    const other = secondProcess(tenant.tools, {
      async sendRequest(request) {
        const response = await sendRequest.call(sandbox.httpClient, request);
        if (!request.url.endsWith('/addPassword')) return response;
        died.resolve(undefined);
        return new Promise(() => undefined);
      },
    });
    beforeSecret(async () => {
      void provisionIn(other, tenant.inputOf('secret'));
      await died.promise;
    });

    const { isError, meta } = await tenant.provision(tenant.inputOf('secret'));
    expect(isError).toBe(false);
    expect(meta.notes.join()).toContain('Removed 1 client secret');
    expect(await tenant.find()).toEqual(finished('secret'));
    expect(await secretsInVault()).toBe(1);
    await other.close();
  });
});
