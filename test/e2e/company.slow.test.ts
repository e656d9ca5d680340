import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/core/secrets/secret.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import { freePort } from '../support/child-server.ts';
import type { OidcServer } from '../support/oidc-server.ts';
import { describePostgres } from '../support/postgres-cluster.ts';
import { type Balancer, startBalancer } from './support/balancer.ts';
import { type ClientKind, connectClient, type TestClient } from './support/clients.ts';
import { cliPath, Product } from './support/product.ts';
import { runProduct } from './support/run-product.ts';
import { type ServedSandbox, serveSandbox } from './support/served-sandbox.ts';
import {
  allScopes,
  companyTenant,
  type Person,
  people,
  signInSections,
  startLogin,
  untilServed,
} from './support/signed-in.ts';

vi.setConfig({ testTimeout: 60_000 });

type NodeName = 'a' | 'b';

const ada: Person = 'ada@contoso.example';
const grace: Person = 'grace@contoso.example';

// Two nodes with one configuration and one store, a login host, and a tenant to work on: each a process of its own.
describePostgres('a company with two nodes', (cluster) => {
  let login: OidcServer;
  let sandbox: ServedSandbox;
  let balancer: Balancer;
  let folder: string;
  let nodes: Product[];
  /** Starts the command line with the configuration of the company and a home of its own. */
  let lab: (home: string) => ConstructorParameters<typeof Product>[0];

  beforeAll(async () => {
    [login, sandbox, balancer] = await Promise.all([startLogin(), serveSandbox('--users', '12'), startBalancer()]);
    folder = await mkdtemp(join(tmpdir(), 'tenantry-company-'));
    const { url, ca = '', schema } = cluster().options();
    await writeFile(join(folder, 'ca.pem'), ca);
    const address = new URL(url);
    address.password = '';
    const { clouds, http } = signInSections(login, balancer.port);
    const config = {
      clouds: { ...clouds, ...sandboxCloud(sandbox) },
      http,
      store: {
        url: address.href,
        ca: join(folder, 'ca.pem'),
        schema,
        password: { env: 'DATABASE_PASSWORD' },
        master_key: { env: 'MASTER_KEY' },
      },
    };
    await writeFile(join(folder, 'tenantry.yaml'), JSON.stringify(config), { mode: 0o600 });
    lab = (home) => ({
      args: (...words) => [cliPath, ...words],
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: join(folder, home),
        TENANTRY_HOME: join(folder, home),
        TENANTRY_CONFIG: join(folder, 'tenantry.yaml'),
        TENANTRY_LOG_LEVEL: 'error',
        DATABASE_PASSWORD: 'x',
        MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      },
    });
    await keepSecret(ada, 'own-app', sandbox.line.credentials.client_secret);
    nodes = await Promise.all((['a', 'b'] as const).map(startNode));
  }, 120_000);
  afterAll(async () => {
    await Promise.all((nodes ?? []).map((node) => node.stop()));
    await balancer?.close();
    await sandbox?.stop();
    await login?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Puts a secret where the page for it would. */
  async function keepSecret(person: Person, name: string, text: string): Promise<void> {
    const { env } = lab('operator');
    const { config, error } = await loadConfig({ environment: (variable) => env[variable] });
    expect(error).toBeUndefined();
    const runtime = createRuntime({ config, version: '0' });
    const secret = { name, secret: new Secret(text), use: ['sign_in'] as const, to: [], cloud: 'lab' };
    await runtime.namedSecrets.set(secret, `${companyTenant}/${people[person].oid}`);
    await runtime.close();
  }

  async function startNode(name: NodeName): Promise<Product> {
    const port = await freePort();
    const node = new Product(lab(`node-${name}`), 'http', '--port', String(port));
    await untilServed(node);
    balancer.add(name, port);
    return node;
  }

  async function signIn(person: Person, node: NodeName, kind: ClientKind): Promise<TestClient> {
    const authorization = `Bearer ${await login.userToken(person, allScopes)}`;
    const headers = { authorization, 'x-node': node };
    return connectClient(kind, { url: `${balancer.url}/mcp`, headers });
  }

  /** The person who runs the nodes, at a third machine. */
  async function operate(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runProduct(lab('operator'), words);
    expect(code, `${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  describe.each<[ClientKind, string]>([
    ['v1 client', 'of-old'],
    ['v2 pinned', 'of-new'],
  ])('%s', (kind, name) => {
    const clients: TestClient[] = [];
    const sharing = ['--owner', `${companyTenant}/${people[ada].oid}`, '--with', `user:${people[grace].oid}`] as const;
    const open = async (person: Person, node: NodeName) => {
      const client = await signIn(person, node, kind);
      clients.push(client);
      return client;
    };
    afterAll(() => Promise.all(clients.map((client) => client.close())));

    const namesSeenBy = async (client: TestClient): Promise<string[]> => {
      const { structured } = await client.call('list_connections', {});
      return structured.response.data.value.map((one: { name: string }) => one.name);
    };
    const count = async (client: TestClient) =>
      (await client.call('graph_query', { connection: name, endpoint: '/users/$count' })).structured.response;

    test('one makes a connection on one node and uses it on the other; nobody else learns of it', async () => {
      const [adaOnA, adaOnB, graceOnB] = await Promise.all([open(ada, 'a'), open(ada, 'b'), open(grace, 'b')]);
      const created = await adaOnA.call('create_connection', { name, cloud: 'lab', scopes: ['directory'] });
      expect(created.structured.response).toMatchObject({ success: true });
      const { tenant_id, client_id } = sandbox.line.credentials;
      const completed = await adaOnA.call('complete_connection', {
        connection: name,
        tenant_id,
        client_id,
        client_secret: { secret: 'own-app' },
      });
      expect(completed.structured.response, JSON.stringify(completed.structured)).toMatchObject({ success: true });

      expect(await count(adaOnB)).toMatchObject({ success: true, data: 12 });
      expect(await namesSeenBy(adaOnB)).toContain(name);

      expect(await namesSeenBy(graceOnB)).not.toContain(name);
      expect(await graceOnB.resources()).not.toContain(`tenantry://connections/${name}`);
      const none = await graceOnB.call('graph_query', { connection: 'never-made', endpoint: '/users/$count' });
      // Word for word what a name gets that nobody has.
      const refused = JSON.stringify((await count(graceOnB)).error);
      expect(refused.replaceAll(name, 'never-made')).toBe(JSON.stringify(none.structured.response.error));
    });

    test('the operator shares it: the other one uses it on both nodes, to read', async () => {
      await operate('connections', 'share', name, ...sharing, '--access', 'read');
      for (const node of ['a', 'b'] as const) {
        const client = await open(grace, node);
        await expect.poll(() => namesSeenBy(client), { timeout: 10_000 }).toContain(name);
        expect(await count(client)).toMatchObject({ success: true, data: 12 });
        const removed = await client.call('delete_connection', { connection: name });
        expect(removed.isError).toBe(true);
      }
    });

    test('the operator takes it back: it is gone for the other one, and stays with its owner', async () => {
      await operate('connections', 'unshare', name, ...sharing);
      for (const node of ['a', 'b'] as const) {
        const client = await open(grace, node);
        await expect.poll(() => namesSeenBy(client), { timeout: 10_000 }).not.toContain(name);
        expect(await count(client)).toMatchObject({ success: false });
        expect(await count(await open(ada, node))).toMatchObject({ success: true, data: 12 });
      }
    });
  });
});

/** The cloud of `tenantry sandbox`, under a name that every configuration may have. */
function sandboxCloud({ line }: ServedSandbox) {
  const { login, graph, resource_manager, devops } = line.clouds.sandbox;
  return { lab: { login, graph, resource_manager, devops } };
}
