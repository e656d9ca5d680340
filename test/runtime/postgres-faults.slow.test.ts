import { expect, onTestFinished, test, vi } from 'vitest';
import { operatorAt } from '../../src/core/base/authority.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { createMemoryResults } from '../../src/core/storage/memory-results.ts';
import { openPostgresStorage } from '../../src/core/storage/postgres/open-postgres-storage.ts';
import { defaultResultLimits } from '../../src/core/storage/result-store.ts';
import { createSharedKey } from '../../src/core/storage/vault/shared-key.ts';
import { describePostgres, type PostgresCluster } from '../support/postgres-cluster.ts';
import { type Answer, openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { type StallingProxy, startStallingProxy } from '../support/stalling-proxy.ts';

// Several questions to a database that does not answer.
vi.setConfig({ testTimeout: 240_000 });

const byPerson = { authority: operatorAt('terminal') };

interface Node {
  readonly tools: SandboxTools;
  /** Between the node and the server. */
  readonly proxy: StallingProxy;
  /** What the store is told as the password. */
  readonly password: { text: string };
}

interface NodeOptions {
  readonly schema: string;
  readonly mostConnections?: number;
}

/** The real tools over a store in PostgreSQL, which they reach through a proxy. */
async function startNode(cluster: PostgresCluster, { schema, mostConnections = 4 }: NodeOptions): Promise<Node> {
  const proxy = await startStallingProxy(cluster.server.port);
  const { url, patienceMs: _, ...options } = cluster.options({ schema, mostConnections });
  const password = { text: 'x' };
  const storage = openPostgresStorage({
    ...options,
    url: url.replace(`:${cluster.server.port}/`, `:${proxy.port}/`),
    password: async () => password.text,
    keys: (marks) => createSharedKey({ read: async () => new Secret(Buffer.alloc(32, 7).toString('base64')), marks }),
    results: createMemoryResults(systemClock, defaultResultLimits),
    clock: systemClock,
  });
  const tools = await openSandboxTools({ storage });
  onTestFinished(async () => {
    await tools.close();
    await proxy.stop();
  });
  return { tools, proxy, password };
}

/** Makes a stored connection that is ready to be used. */
async function makeConnection({ tools }: Node, name: string): Promise<void> {
  const { tenantId, clientId, clientSecret, subscriptionId } = tools.sandbox.credentials;
  const { cloud } = tools.sandbox;
  const made = await tools.call(
    'create_connection',
    { name, cloud: cloud.name, scopes: ['directory'], access: 'read_write' },
    byPerson,
  );
  expect(made.response, made.text).toMatchObject({ success: true });
  const completed = await tools.call(
    'complete_connection',
    {
      connection: name,
      tenant_id: tenantId,
      client_id: clientId,
      client_secret: clientSecret,
      subscription_id: subscriptionId,
    },
    byPerson,
  );
  expect(completed.response, completed.text).toMatchObject({ success: true });
}

const query = ({ tools }: Node, connection: string) =>
  tools.call('graph_query', { connection, endpoint: '/organization' });
const list = ({ tools }: Node) => tools.call('list_connections');
const describe = ({ tools }: Node) => tools.call('describe_graph', { query: 'users' });
const change = ({ tools }: Node, connection: string) => tools.call('delete_connection', { connection }, byPerson);

const succeeded = { response: { success: true } };
const away = { response: { success: false, error: { code: 'upstream_unavailable', retryable: true } } };

/** Waits until a call succeeds: after a silence, the database is asked again in a moment. */
async function answering(node: Node, connection: string): Promise<void> {
  await expect.poll(() => query(node, connection), { timeout: 20_000 }).toMatchObject(succeeded);
}

describePostgres('a server whose PostgreSQL', (cluster) => {
  /** Who is in the store, by name. */
  async function namesIn(node: Node): Promise<readonly string[]> {
    const { response, text } = await list(node);
    expect(response, text).toMatchObject({ success: true });
    return response.data.value.map(({ name }: { name: string }) => name);
  }

  test('is restarted answers every call, and goes on by itself', async () => {
    const node = await startNode(cluster(), { schema: 'f_restarted' });
    await makeConnection(node, 'prod');
    const during: Promise<Answer>[] = [];
    const ask = () => during.push(query(node, 'prod'), list(node), describe(node));
    ask();
    const going = cluster().server.down();
    ask();
    await going;
    expect(await list(node)).toMatchObject(away);
    expect(await change(node, 'prod')).toMatchObject(away);
    expect(await describe(node)).toMatchObject(succeeded);
    ask();
    const coming = cluster().server.up();
    ask();
    await coming;
    for (const answer of await Promise.all(during)) {
      expect([succeeded, away]).toContainEqual(partOf(answer));
    }
    await expect.poll(() => query(node, 'prod'), { timeout: 20_000 }).toMatchObject(succeeded);
    expect(await namesIn(node)).toContain('prod');
    expect(await change(node, 'prod')).toMatchObject(succeeded);
    expect(await namesIn(node)).not.toContain('prod');
  });

  test('answers after ten seconds goes on where it needs no record, and otherwise says so before', async () => {
    const node = await startNode(cluster(), { schema: 'f_slow' });
    await makeConnection(node, 'prod');
    await answering(node, 'prod');
    const { proxy } = node;
    proxy.slow(10_000);
    const before = proxy.answered();
    expect(await describe(node)).toMatchObject(succeeded);
    expect(await query(node, 'sandbox')).toMatchObject(succeeded);
    expect(await Promise.all([list(node), query(node, 'other'), makeOnly(node, 'new')])).toEqual([
      expect.objectContaining({ response: expect.objectContaining({ success: false }) }),
      expect.objectContaining({ response: expect.objectContaining({ success: false }) }),
      expect.objectContaining({ response: expect.objectContaining({ success: false }) }),
    ]);
    expect(proxy.answered(), 'nothing has come from the server by then').toBe(before);
    proxy.resume();
    await expect.poll(() => list(node), { timeout: 20_000 }).toMatchObject(succeeded);
    expect(await namesIn(node)).toContain('prod');
    expect(await change(node, 'prod')).toMatchObject(succeeded);
  });

  test('takes no changes reads on, and changes again when it does', async () => {
    const node = await startNode(cluster(), { schema: 'f_reading' });
    await makeConnection(node, 'prod');
    const setRole = async (value: string) => {
      await cluster().run(`ALTER ROLE tenantry_test SET default_transaction_read_only = ${value}`);
      await cluster().endSessions();
    };
    onTestFinished(() => setRole('off'));
    await setRole('on');
    expect(await namesIn(node)).toContain('prod');
    expect(await query(node, 'prod')).toMatchObject(succeeded);
    for (const answer of [await change(node, 'prod'), await makeOnly(node, 'new')]) {
      expect(answer).toMatchObject(away);
      expect(answer.text).toContain('read-only');
    }
    await setRole('off');
    expect(await makeOnly(node, 'new')).toMatchObject(succeeded);
    expect(await namesIn(node)).toEqual(expect.arrayContaining(['new', 'prod']));
  });

  test('is used by as many calls as there are connections tells the others so', async () => {
    const node = await startNode(cluster(), { schema: 'f_pool', mostConnections: 2 });
    await makeConnection(node, 'prod');
    const lock = await cluster().hold('BEGIN', 'LOCK TABLE f_pool.connections');
    try {
      const answers = await Promise.all(Array.from({ length: 20 }, () => list(node)));
      for (const answer of answers) expect(answer).toMatchObject(away);
      expect(await describe(node)).toMatchObject(succeeded);
    } finally {
      await lock.letGo();
    }
    await answering(node, 'prod');
    const answers = await Promise.all(Array.from({ length: 20 }, () => list(node)));
    for (const answer of answers) expect(answer).toMatchObject(succeeded);
  });

  test('takes no more connections says so, and goes on when there is room', async () => {
    const { server } = cluster();
    const restart = async (most: number) => {
      await server.run(`ALTER SYSTEM SET max_connections = ${most}`);
      await server.down();
      await server.up();
    };
    const node = await startNode(cluster(), { schema: 'f_full' });
    await makeConnection(node, 'prod');
    await restart(10);
    onTestFinished(() => restart(100));
    // Three places are for the owner of the server.
    const others = await Promise.all(Array.from({ length: 7 }, () => cluster().hold('SELECT 1')));
    const refused = await list(node);
    expect(refused).toMatchObject(away);
    expect(refused.text).toContain('no more connections');
    expect(await describe(node)).toMatchObject(succeeded);
    for (const one of others) await one.letGo();
    await expect.poll(() => query(node, 'prod'), { timeout: 20_000 }).toMatchObject(succeeded);
  });

  test('is being migrated by another process says so, and a node that needs no migration goes on', async () => {
    const old = await startNode(cluster(), { schema: 'f_migrated' });
    await makeConnection(old, 'prod');
    const migration = await cluster().hold('BEGIN', 'SELECT pg_advisory_xact_lock(7302110921)');
    const node = await startNode(cluster(), { schema: 'f_new' });
    try {
      expect(await query(old, 'prod')).toMatchObject(succeeded);
      const answers = [await list(node), await makeOnly(node, 'new')];
      for (const answer of answers) {
        expect(answer).toMatchObject(away);
        expect(answer.text).toContain('makes or updates the tables');
      }
      expect(await describe(node)).toMatchObject(succeeded);
    } finally {
      await migration.letGo();
    }
    await expect.poll(() => list(node), { timeout: 20_000 }).toMatchObject(succeeded);
    expect(await makeOnly(node, 'new')).toMatchObject(succeeded);
    expect(await namesIn(node)).toContain('new');
  });

  test('has another password now says so, and goes on when the configuration has it too', async () => {
    const node = await startNode(cluster(), { schema: 'f_password' });
    await makeConnection(node, 'prod');
    onTestFinished(() => cluster().run("ALTER ROLE tenantry_test PASSWORD 'x'"));
    await cluster().run("ALTER ROLE tenantry_test PASSWORD 'y'");
    await cluster().endSessions();
    const refused = await list(node);
    expect(refused).toMatchObject({ response: { success: false, error: { code: 'configuration' } } });
    expect(refused.text).toContain('refused the sign-in');
    expect(await describe(node)).toMatchObject(succeeded);
    node.password.text = 'y';
    expect(await namesIn(node)).toContain('prod');
    expect(await change(node, 'prod')).toMatchObject(succeeded);
  });
});

const makeOnly = ({ tools }: Node, name: string) =>
  tools.call('create_connection', { name, cloud: tools.sandbox.cloud.name }, byPerson);

/** What of an answer says how the call ended. */
function partOf({ response: { success, error } }: Answer) {
  return { response: success ? { success } : { success, error: { code: error.code, retryable: error.retryable } } };
}
