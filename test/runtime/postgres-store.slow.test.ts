import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { listConnections } from '../../src/tools/connections/list-connections.ts';
import { identity } from '../core/connections/service-support.ts';
import { temporaryFolder } from '../core/connections/support.ts';
import { testCall } from '../support/call.ts';
import { describePostgres } from '../support/postgres-cluster.ts';

describePostgres('two nodes with one store in PostgreSQL', (cluster) => {
  /** A node with a home of its own that holds nothing but its configuration. */
  async function startNode(masterKey = Buffer.alloc(32, 7)) {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home, { mode: 0o700 });
    const { url, ca = '' } = cluster().options();
    writeFileSync(join(home, 'ca.pem'), ca);
    const address = new URL(url);
    address.password = '';
    const store = {
      url: address.href,
      ca: join(home, 'ca.pem'),
      password: { env: 'PW' },
      master_key: { env: 'KEY' },
    };
    const declared = { ...identity, name: 'declared', client_secret: { env: 'APP' } };
    writeFileSync(join(home, 'tenantry.yaml'), JSON.stringify({ store, connections: [declared] }), { mode: 0o600 });
    const variables: Record<string, string> = { PW: 'x', KEY: masterKey.toString('base64'), APP: 'declared-secret' };
    const { config, error } = await loadConfig({
      flags: { home, logLevel: 'silent' },
      environment: (name) => variables[name],
    });
    expect(error).toBeUndefined();
    const runtime = createRuntime({ config, version: '0' });
    onTestFinished(() => runtime.close());
    const list = async () => {
      const options = { caller: localCaller, signal: new AbortController().signal };
      return JSON.parse((await runTool(listConnections, {}, options, runtime)).text).response;
    };
    return { runtime, list };
  }

  test('share connections, secrets and the audit log; what one has deleted is gone for the other', async () => {
    const [one, other] = [await startNode(), await startNode()];
    await one.runtime.connections.create({ name: 'prod' }, localCaller, testCall());
    const secrets = { client_secret: new Secret('hunter2-hunter2') };
    await one.runtime.connections.complete('prod', { ...identity, secrets }, localCaller, testCall());
    expect(await other.runtime.connections.get('prod', localCaller)).toMatchObject({ status: 'ready', revision: 2 });

    await one.runtime.namedSecrets.set(
      { name: 'app', secret: new Secret('s3cret'), use: ['sign_in'], to: [] },
      'local',
    );
    expect((await other.runtime.namedSecrets.reveal('app', 'local')).reveal()).toBe('s3cret');

    await other.list();
    await other.runtime.audit.handedOver();
    const log = await one.runtime.audit.log();
    await expect.poll(async () => (await log?.read())?.entries.map(({ tool }) => tool)).toContain('list_connections');

    await other.runtime.connections.remove('prod', localCaller, testCall());
    expect(await one.runtime.connections.find('prod', localCaller)).toBeUndefined();
  });

  test('a node with another master key says so, and its declared connections work on', async () => {
    const one = await startNode();
    await one.runtime.connections.create({ name: 'sealed' }, localCaller, testCall());
    const other = await startNode(Buffer.alloc(32, 8));
    expect((await other.list()).error).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('master key'),
    });
    expect(await other.runtime.connections.get('declared', localCaller)).toMatchObject({ status: 'ready' });
  });

  test('while PostgreSQL is away, stored connections are unavailable and declared ones work on', async () => {
    const { runtime, list } = await startNode();
    await runtime.connections.create({ name: 'stored' }, localCaller, testCall());
    await cluster().server.down();
    expect((await list()).error).toMatchObject({ code: 'upstream_unavailable', retryable: true });
    expect(await runtime.connections.get('declared', localCaller)).toMatchObject({ status: 'ready' });
    await cluster().server.up();
    expect(await runtime.connections.get('stored', localCaller)).toMatchObject({ name: 'stored' });
  });

  test('a node knows in the background since when PostgreSQL is away, and when it is back', async () => {
    const { runtime } = await startNode();
    const known = () => runtime.storeHealth();
    await expect.poll(known, { timeout: 10_000 }).toEqual({ isReady: true });
    await cluster().server.down();
    await expect.poll(known, { timeout: 10_000 }).toMatchObject({ isReady: true, awaySince: expect.any(Number) });
    await cluster().server.up();
    await expect.poll(known, { timeout: 10_000 }).toEqual({ isReady: true });
  });
});
