import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../support/child-server.ts';
import type { OidcServer } from '../../support/oidc-server.ts';
import { type Lab, openLab } from '../support/product.ts';
import { signInSections, startLogin } from '../support/signed-in.ts';
import type { Held } from './heap-probe.ts';
import { Load } from './load.ts';

/** `npm run soak` makes 100,000; so many fit beside the other tests. */
const calls = Number(process.env['TENANTRY_SOAK_CALLS'] ?? 20_000);
const first = 10_000;
const timeout = 60_000 + 30 * calls;
const probe = fileURLToPath(new URL('./heap-probe.ts', import.meta.url));

let login: OidcServer;
let lab: Lab;
let server: ChildProcess;
let load: Load;

beforeAll(async () => {
  login = await startLogin();
  const port = await freePort();
  lab = await openLab({ users: 5, ...signInSections(login, port), sharedWith: [{ everyone: true, access: 'read' }] });
  const args = ['--expose-gc', '--import', probe, ...lab.args('http', '--port', String(port))];
  server = spawn(process.execPath, args, { env: lab.env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  await untilReady(server);
  load = new Load({
    url: `http://127.0.0.1:${port}/mcp`,
    tokenOf: (person) => login.forge({ claims: { oid: objectId(person), scp: 'Tenantry.Read Tenantry.Write' } }),
    // Most calls stay in the process; some go to the tenant.
    callOf: (call) =>
      call % 10 === 0
        ? ['graph_query', { connection: 'lab', endpoint: '/organization?$select=id' }]
        : ['list_connections', {}],
  });
});
afterAll(async () => {
  load?.close();
  server?.kill('SIGTERM');
  if (server?.exitCode === null) await once(server, 'exit');
  await lab?.close();
  await login?.close();
});

function objectId(person: number): string {
  return `00000000-0000-4000-8000-${person.toString(16).padStart(12, '0')}`;
}

async function untilReady({ stderr, ...child }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error(`The server ${child.pid} did not start.`);
  let written = '';
  await new Promise<void>((resolve, reject) => {
    stderr.on('data', (chunk: Buffer) => {
      written += chunk.toString();
      if (written.includes('serves MCP at')) resolve();
    });
    stderr.once('end', () => reject(new Error(`The server did not start: ${written}`)));
  });
}

async function held(): Promise<Held> {
  server.send('look');
  const [answer] = await once(server, 'message');
  return answer as Held;
}

test(`after ${calls} calls the server holds what it held after ${first}`, { timeout }, async () => {
  await load.until(first);
  const early = await held();
  await load.until(calls);
  const late = await held();
  const ratio = late.heapBytes / early.heapBytes;
  process.stdout.write(
    `soak: ${calls} calls of ${load.people} people, heap ${mib(early)} MiB -> ${mib(late)} MiB (x ${ratio.toFixed(3)}), ${JSON.stringify(late.resources)}\n`,
  );
  expect(ratio).toBeLessThanOrEqual(1.05);
  expect(late.resources).toEqual(early.resources);
  // The four sockets that the callers keep alive, and nothing else.
  expect(late.resources['TCPSocketWrap']).toBe(4);
});

function mib({ heapBytes }: Held): string {
  return (heapBytes / 2 ** 20).toFixed(1);
}
