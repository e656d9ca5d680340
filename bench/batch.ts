import { type Bench, expectEqual, interleave } from './support/bench.ts';
import { median } from './support/figures.ts';
import { MockGraph } from './support/mock-graph.ts';
import { callProduct, openSession, productServer } from './support/product.ts';
import { RawClient } from './support/raw-client.ts';

const latencyMs = 20;
/** What a connection allows at once by default. */
const atOnce = 4;

/** Many GETs as one `graph_batch` call, beside a loop that sends prepared envelopes. */
export const batchBench: Bench = {
  name: 'batch',
  title: `2,000 GETs as a batch, ${latencyMs} ms latency`,
  async run(context) {
    const requests = 2_000;
    const mock = await MockGraph.start(context.processes);
    const session = await openSession(context, productServer(context, { mockUrl: mock.url }));
    const raw = new RawClient(context.processes);
    const input = { requests: Array.from({ length: requests }, (_, index) => ({ url: `/users/${index}` })) };
    const sides = [
      async () => {
        const startedAt = performance.now();
        await callProduct(session, 'graph_batch', input);
        return performance.now() - startedAt;
      },
      async () => {
        const { count, elapsedMs } = await raw.run({ kind: 'batch', base: mock.url, requests, atOnce });
        expectEqual('the number of answers', count, requests);
        return elapsedMs;
      },
    ].map((side) => async () => {
      await mock.reset({ latencyMs });
      const elapsedMs = await side();
      const { batches, served } = await mock.stats();
      expectEqual('the number of envelopes', batches, requests / 20);
      expectEqual('the number of requests answered', served, requests);
      return elapsedMs;
    });
    await interleave(1, sides);
    const times = await interleave(context.quick ? 3 : 9, sides);
    await Promise.all([session.close(), raw.stop()]);
    await mock.stop();
    const [ours = 0, theirs = 0] = times.map(median);
    const beside = { name: 'hand-written loop', value: theirs };
    return [{ what: 'time', unit: 'ms', measured: ours, beside, compare: 'ratio', goal: { atMost: 1.15 } }];
  },
};
