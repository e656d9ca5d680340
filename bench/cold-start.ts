import { type Bench, type BenchContext, expectEqual, interleave } from './support/bench.ts';
import { type Figure, median } from './support/figures.ts';
import { productServer } from './support/product.ts';
import { type StdioServerOptions, StdioSession } from './support/stdio-session.ts';

/** From spawn to the answer of `tools/list`, as a host sees it when it starts the server. */
export const coldStartBench: Bench = {
  name: 'cold-start',
  title: 'Start: spawn to the answer of tools/list',
  async run(context) {
    const product = productServer(context);
    const tools = await countTools(context, product);
    const sides = [product, context.bareServers.echo(1), context.bareServers.echo(tools)];
    const expected = [tools, 1, tools];
    const measure = sides.map((server, index) => () => timeStart(context, server, expected[index] ?? 0));
    await interleave(2, measure); // files into the page cache
    const times = await interleave(context.quick ? 5 : 21, measure);
    const [ours = 0, bareOne = 0, bareMany = 0] = times.map(median);
    return [
      ratio('beside a bare server with one tool', ours, bareOne),
      ratio(`beside a bare server with ${tools} tools`, ours, bareMany),
    ];
  },
};

function ratio(what: string, measured: number, value: number): Figure {
  return { what, unit: 'ms', measured, beside: { name: 'bare', value }, compare: 'ratio', goal: { atMost: 1.2 } };
}

async function countTools(context: BenchContext, server: StdioServerOptions): Promise<number> {
  const session = new StdioSession(context.processes, server);
  await session.initialize();
  const { tools } = await session.request('tools/list', {});
  await session.close();
  return Array.isArray(tools) ? tools.length : 0;
}

async function timeStart(context: BenchContext, server: StdioServerOptions, expectedTools: number): Promise<number> {
  const startedAt = performance.now();
  const session = new StdioSession(context.processes, server);
  await session.initialize();
  const { tools } = await session.request('tools/list', {});
  const elapsedMs = performance.now() - startedAt;
  expectEqual('the number of tools', Array.isArray(tools) ? tools.length : 0, expectedTools);
  await session.close();
  return elapsedMs;
}
