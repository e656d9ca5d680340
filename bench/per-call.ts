import { type Bench, type BenchContext, expectEqual, interleave } from './support/bench.ts';
import { callMany } from './support/calls.ts';
import { type Figure, median, quantile } from './support/figures.ts';
import { MockGraph } from './support/mock-graph.ts';
import { cpuTimeMs } from './support/process-usage.ts';
import { openSession, productServer } from './support/product.ts';
import type { StdioSession } from './support/stdio-session.ts';

interface Block {
  readonly p50: number;
  readonly p95: number;
  readonly cpuPerCall: number;
  readonly callsPerSecond: number;
}

/** What one Graph GET costs when it goes through the tool instead of a handler with nothing but the GET inside. */
export const perCallBench: Bench = {
  name: 'per-call',
  title: 'One Graph GET over stdio, zero-latency server',
  async run(context) {
    const mock = await MockGraph.start(context.processes);
    const settings = { max_concurrent_requests: 32 };
    const product = await openSession(context, productServer(context, { mockUrl: mock.url, settings }));
    const bare = await openSession(context, context.bareServers.get(mock.url));
    const single = await measure(context, product, bare, { calls: 500, atOnce: 1 });
    const many = await measure(context, product, bare, { calls: 1_000, atOnce: 32 });
    const { connections } = await mock.stats();
    await Promise.all([product.close(), bare.close()]);
    await mock.stop();
    expectEqual('that connections are kept alive', connections <= 80, true);
    return [...singleFigures(single), ...manyFigures(many)];
  },
};

interface Sides {
  readonly product: readonly Block[];
  readonly bare: readonly Block[];
}

async function measure(
  context: BenchContext,
  product: StdioSession,
  bare: StdioSession,
  load: { calls: number; atOnce: number },
): Promise<Sides> {
  const sides = [() => runBlock(product, 'graph_query', load), () => runBlock(bare, 'get', load)];
  await interleave(context.quick ? 1 : 4, sides); // until the code is compiled
  const [ours = [], theirs = []] = await interleave(context.quick ? 3 : 9, sides);
  return { product: ours, bare: theirs };
}

async function runBlock(
  session: StdioSession,
  tool: 'graph_query' | 'get',
  { calls, atOnce }: { calls: number; atOnce: number },
): Promise<Block> {
  const cpuBefore = cpuTimeMs(session.pid);
  const startedAt = performance.now();
  const times = await callMany(session, tool, { calls, atOnce, firstUser: 0 });
  const elapsedMs = performance.now() - startedAt;
  return {
    p50: median(times),
    p95: quantile(times, 0.95),
    cpuPerCall: (cpuTimeMs(session.pid) - cpuBefore) / calls,
    callsPerSecond: (calls / elapsedMs) * 1_000,
  };
}

function singleFigures(sides: Sides): Figure[] {
  return [
    compare('one at a time, p50', 'ms', 'difference', sides, ({ p50 }) => p50, { atMost: 0.25 }),
    compare('one at a time, p95', 'ms', 'difference', sides, ({ p95 }) => p95),
    compare('one at a time, CPU per call', 'ms CPU', 'ratio', sides, ({ cpuPerCall }) => cpuPerCall, { atMost: 1.25 }),
  ];
}

function manyFigures(sides: Sides): Figure[] {
  return [
    compare('32 at once', 'calls/s', 'ratio', sides, ({ callsPerSecond }) => callsPerSecond, { atLeast: 0.8 }),
    compare('32 at once, CPU per call', 'ms CPU', 'ratio', sides, ({ cpuPerCall }) => cpuPerCall),
  ];
}

function compare(
  what: string,
  unit: Figure['unit'],
  how: Figure['compare'],
  { product, bare }: Sides,
  pick: (block: Block) => number,
  goal?: Figure['goal'],
): Figure {
  const beside = { name: 'bare', value: median(bare.map(pick)) };
  return { what, unit, measured: median(product.map(pick)), beside, compare: how, ...(goal && { goal }) };
}
