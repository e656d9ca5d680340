import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signInSections, startLogin } from '../test/e2e/support/signed-in.ts';
import { freePort } from '../test/support/child-server.ts';
import type { OidcServer } from '../test/support/oidc-server.ts';
import { type Bench, type BenchContext, interleave } from './support/bench.ts';
import { type Figure, median } from './support/figures.ts';
import { HttpSession } from './support/http-session.ts';
import { cpuTimeMs } from './support/process-usage.ts';
import { productServer } from './support/product.ts';

/** One server, and the call that it is measured with. */
interface Side {
  readonly session: HttpSession;
  call(): Promise<unknown>;
}

const served = fileURLToPath(new URL('./served/http-server.ts', import.meta.url));
/** Nothing is asked of the tenant. */
const mockUrl = 'http://127.0.0.1:9';
const callsPerBlock = 2_000;

/** What a call costs that needs nobody else: the way into the process, the dispatcher, and the way out. */
export const httpCallBench: Bench = {
  name: 'http-call',
  title: 'One call over HTTP, modern family',
  async run(context) {
    const login = await startLogin();
    const cpu = await measure(context, {
      bare: await bareSide(context, 'low-level', 1),
      documented: await bareSide(context, 'simple', 25),
      product: await productSide(context),
      signedIn: await signedInSide(context, login),
      oneTool: await servedSide(context, 1),
      allTools: await servedSide(context, 25),
    });
    await login.close();
    const { bare, documented, product, signedIn, oneTool, allTools } = cpu;
    return [
      compare('CPU per call', product, { name: 'bare', value: bare }, { atMost: 0.1 }),
      compare('beside a server as documented, with 25 tools', product, { name: 'bare', value: documented }),
      compare('signed in, keys known', signedIn, { name: 'token', value: product }, { atMost: 0.05 }),
      compare('with 25 tools', allTools, { name: 'one tool', value: oneTool }, { atMost: 0.02 }),
    ];
  },
};

async function measure<Name extends string>(
  context: BenchContext,
  sides: Readonly<Record<Name, Side>>,
): Promise<Readonly<Record<Name, number>>> {
  const all = Object.entries<Side>(sides);
  const blocks = all.map(
    ([, side]) =>
      () =>
        cpuPerCall(side),
  );
  await interleave(context.quick ? 1 : 3, blocks); // until the code is compiled
  const measured = await interleave(context.quick ? 3 : 9, blocks);
  await Promise.all(all.map(([, { session }]) => session.close()));
  // The names are those of `sides`.
  return Object.fromEntries(all.map(([name], at) => [name, median(measured[at] ?? [])])) as Record<Name, number>;
}

async function cpuPerCall({ session, call }: Side): Promise<number> {
  const before = cpuTimeMs(session.pid);
  for (let index = 0; index < callsPerBlock; index++) await call();
  return (cpuTimeMs(session.pid) - before) / callsPerBlock;
}

function compare(what: string, measured: number, beside: Figure['beside'], goal?: Figure['goal']): Figure {
  return { what, unit: 'ms CPU', measured, compare: 'difference', ...(beside && { beside }), ...(goal && { goal }) };
}

async function bareSide(
  { processes, bareServers }: BenchContext,
  kind: 'simple' | 'low-level',
  tools: number,
): Promise<Side> {
  const session = await HttpSession.start(processes, bareServers.http(kind, tools));
  return { session, call: () => session.callTool('echo_0', { text: 'hello' }) };
}

/** The command, with all its tools. */
async function productSide(context: BenchContext): Promise<Side> {
  const { args, env = {} } = productServer(context, { mockUrl });
  const session = await HttpSession.start(context.processes, { args: [...args, 'http', '--port', '0'], env });
  session.use(readFileSync(join(env['TENANTRY_HOME'] ?? '', 'http-token'), 'utf8').trim());
  return listing(session);
}

/** The command, for somebody who has signed in. */
async function signedInSide(context: BenchContext, login: OidcServer): Promise<Side> {
  const port = await freePort();
  const { args, env = {} } = productServer(context, { mockUrl, signIn: signInSections(login, port) });
  const session = await HttpSession.start(context.processes, { args: [...args, 'http', '--port', String(port)], env });
  session.use(await login.userToken('ada@contoso.example', ['Tenantry.Read']));
  return listing(session);
}

async function servedSide(context: BenchContext, tools: number): Promise<Side> {
  const token = 'token-of-the-bench';
  const { env = {} } = productServer(context, { mockUrl });
  const session = await HttpSession.start(context.processes, { args: [served, token, String(tools)], env });
  session.use(token);
  return listing(session);
}

function listing(session: HttpSession): Side {
  return { session, call: () => session.callTool('list_connections', {}) };
}
