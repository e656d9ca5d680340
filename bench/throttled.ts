import type { BucketOptions } from './mock-graph/token-bucket.ts';
import { type Bench, type BenchContext, expectEqual } from './support/bench.ts';
import { callMany } from './support/calls.ts';
import type { Figure } from './support/figures.ts';
import { MockGraph } from './support/mock-graph.ts';
import { openSession, productServer } from './support/product.ts';

interface Scenario {
  readonly calls: number;
  readonly atOnce: number;
  readonly bucket: BucketOptions;
}

/** Many calls against a service that allows fewer, beside the best time that its budget allows. */
export const throttledBench: Bench = {
  name: 'throttled',
  title: 'Throttled: a token bucket at the service, beside the best possible time',
  async run(context) {
    const mock = await MockGraph.start(context.processes);
    const figures: Figure[] = [];
    for (const scenario of scenarios(context.quick)) figures.push(...(await runScenario(context, mock, scenario)));
    await mock.stop();
    return figures;
  },
};

function scenarios(quick: boolean): Scenario[] {
  const fast = { calls: quick ? 800 : 2_000, atOnce: 32, rate: 200 };
  const slow = { calls: quick ? 250 : 1_000, atOnce: 128, rate: 50 };
  return [fast, slow].flatMap(({ calls, atOnce, rate }) =>
    [false, true].map((countRefusals) => ({ calls, atOnce, bucket: { rate, burst: rate, countRefusals } })),
  );
}

async function runScenario(context: BenchContext, mock: MockGraph, scenario: Scenario): Promise<Figure[]> {
  const { calls, atOnce, bucket } = scenario;
  const label = `${calls.toLocaleString('en')} calls, ${atOnce} at once, ${bucket.rate}/s`;
  const what = `${label}, refusals ${bucket.countRefusals ? 'counted' : 'free'}`;
  context.say(what);
  const settings = { max_concurrent_requests: atOnce };
  const session = await openSession(context, productServer(context, { mockUrl: mock.url, settings }));
  await callMany(session, 'graph_query', { calls: atOnce, atOnce, firstUser: calls }); // modules, token, sockets
  await mock.reset({ bucket });
  const startedAt = performance.now();
  await callMany(session, 'graph_query', { calls, atOnce, firstUser: 0 });
  const elapsed = (performance.now() - startedAt) / 1_000;
  const { requests, served, sentDuringPause, refusals } = await mock.stats();
  await session.close();
  expectEqual(`${what}: the number of users served`, served, calls);
  expectEqual(`${what}: the number of requests sent during a pause`, sentDuringPause, 0);
  expectEqual(`${what}: that every request was served or refused`, requests, calls + refusals);
  return scenarioFigures(what, scenario, elapsed, requests);
}

function scenarioFigures(what: string, { calls, bucket }: Scenario, elapsed: number, requests: number): Figure[] {
  const optimum = { name: 'optimum', value: (calls - bucket.burst) / bucket.rate };
  const atMost = bucket.countRefusals ? 1.15 : 1.06;
  return [
    { what, unit: 's', measured: elapsed, beside: optimum, compare: 'ratio', goal: { atMost } },
    {
      what: '  requests',
      unit: 'requests',
      measured: requests,
      beside: { name: 'needed', value: calls },
      compare: 'ratio',
      goal: { atMost: 1.05 },
    },
  ];
}
