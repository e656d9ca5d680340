import { type Bench, type BenchContext, interleave } from './support/bench.ts';
import { callMany } from './support/calls.ts';
import { type Figure, median } from './support/figures.ts';
import { MockGraph } from './support/mock-graph.ts';
import { peakMemoryMib } from './support/process-usage.ts';
import { openSession, productServer } from './support/product.ts';
import type { StdioServerOptions } from './support/stdio-session.ts';

interface Peaks {
  readonly afterList: number;
  readonly afterCalls: number;
}

/** Most memory held: at rest, and after many calls that each GET a user. */
export const memoryBench: Bench = {
  name: 'memory',
  title: 'Memory: peak of the process',
  async run(context) {
    const mock = await MockGraph.start(context.processes);
    const calls = context.quick ? 2_000 : 10_000;
    const [product = [], bare = []] = await interleave(context.quick ? 1 : 5, [
      () => measure(context, productServer(context, productOptions(mock)), 'graph_query', calls),
      () => measure(context, context.bareServers.get(mock.url), 'get', calls),
    ]);
    await mock.stop();
    return [
      figure('after tools/list', product, bare, ({ afterList }) => afterList, 1.15),
      figure(`after ${calls.toLocaleString('en')} calls`, product, bare, ({ afterCalls }) => afterCalls, 1),
    ];
  },
};

function productOptions(mock: MockGraph) {
  return { mockUrl: mock.url, settings: { max_concurrent_requests: 32 } };
}

function figure(what: string, product: Peaks[], bare: Peaks[], pick: (peaks: Peaks) => number, atMost: number): Figure {
  const beside = { name: 'bare', value: median(bare.map(pick)) };
  return { what, unit: 'MiB', measured: median(product.map(pick)), beside, compare: 'ratio', goal: { atMost } };
}

async function measure(
  context: BenchContext,
  server: StdioServerOptions,
  tool: 'graph_query' | 'get',
  calls: number,
): Promise<Peaks> {
  const session = await openSession(context, server);
  await session.request('tools/list', {});
  const afterList = peakMemoryMib(session.pid);
  await callMany(session, tool, { calls, atOnce: 32, firstUser: 0 });
  const afterCalls = peakMemoryMib(session.pid);
  await session.close();
  return { afterList, afterCalls };
}
