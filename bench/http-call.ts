import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Bench, type BenchContext, interleave } from './support/bench.ts';
import { type Figure, median } from './support/figures.ts';
import { HttpSession } from './support/http-session.ts';
import { cpuTimeMs } from './support/process-usage.ts';
import { productServer } from './support/product.ts';

/** One server and the call that it is measured with. */
interface Side {
  readonly session: HttpSession;
  call(): Promise<unknown>;
}

const served = fileURLToPath(new URL('./served/http-server.ts', import.meta.url));
const mockUrl = 'http://127.0.0.1:9'; // nothing is asked of the tenant

/** What a call over HTTP costs that needs nobody else: the way in and out of the process. */
export const httpCallBench: Bench = {
  name: 'http-call',
  title: 'One call over HTTP, modern family',
  async run(context) {
    const sides = {
      bare: await bareSide(context, 'low-level', 1),
      simple: await bareSide(context, 'simple', 1),
      simpleMany: await bareSide(context, 'simple', 25),
      product: await productSide(context),
      one: await servedSide(context, 1),
      all: await servedSide(context, 25),
    };
    const names = Object.keys(sides) as (keyof typeof sides)[];
    const calls = 2_000;
    const runs = names.map((name) => () => cpuPerCall(sides[name], calls));
    await interleave(context.quick ? 1 : 2, runs); // until the code is compiled
    const measured = await interleave(context.quick ? 3 : 9, runs);
    await Promise.all(Object.values(sides).map(({ session }) => session.close()));
    const figures = Object.fromEntries(names.map((name, index) => [name, median(measured[index] ?? [])]));
    console.error(figures);
    return [];
  },
};

async function cpuPerCall({ session, call }: Side, calls: number): Promise<number> {
  const before = cpuTimeMs(session.pid);
  for (let index = 0; index < calls; index++) await call();
  return (cpuTimeMs(session.pid) - before) / calls;
}

async function bareSide({ processes, bareServers }: BenchContext, kind: 'simple' | 'low-level', tools: number): Promise<Side> {
  const session = await HttpSession.start(processes, bareServers.http(kind, tools), 'none');
  return { session, call: () => session.callTool('echo_0', { text: 'hello' }) };
}

async function productSide(context: BenchContext): Promise<Side> {
  const server = productServer(context, { mockUrl });
  const { args, env } = server;
  const session = await HttpSession.start(context.processes, { args: [...args, 'http', '--port', '0'], ...(env && { env }) }, '');
  session.use(readFileSync(join(env?.['TENANTRY_HOME'] ?? '', 'http-token'), 'utf8').trim());
  return { session, call: () => session.callTool('list_connections', {}) };
}

async function servedSide(context: BenchContext, tools: number): Promise<Side> {
  const { env } = productServer(context, { mockUrl });
  const server = { args: [served, 'bench-token', String(tools)], ...(env && { env }) };
  const session = await HttpSession.start(context.processes, server, 'bench-token');
  return { session, call: () => session.callTool('list_connections', {}) };
}
