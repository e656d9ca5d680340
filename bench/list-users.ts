import { type Bench, type BenchContext, expectEqual, interleave } from './support/bench.ts';
import { type Figure, median } from './support/figures.ts';
import { MockGraph } from './support/mock-graph.ts';
import { peakMemoryMib } from './support/process-usage.ts';
import { callProduct, openSession, type ProductAnswer, productServer } from './support/product.ts';
import { RawClient } from './support/raw-client.ts';
import type { StdioSession } from './support/stdio-session.ts';

const manyUsers = 100_000;
const fewUsers = 10_000;
const listAll = { endpoint: '/users', params: { $top: 999 }, auto_paginate: true };

/** A whole directory through `graph_query`, beside a loop that only reads and parses the pages. */
export const listUsersBench: Bench = {
  name: 'list-users',
  title: 'Listing 100,000 users (101 pages, 38 MB)',
  async run(context) {
    const mock = await MockGraph.start(context.processes);
    const growthFew = await growth(context, mock, fewUsers);
    const growthMany = await growth(context, mock, manyUsers);
    const { figures, answerBytes } = await timeListing(context, mock);
    await mock.stop();
    return [...figures, ...memoryFigures(growthFew, growthMany), answerFigure(answerBytes)];
  },
};

function memoryFigures(few: number, many: number): Figure[] {
  const beside = { name: `for ${fewUsers.toLocaleString('en')}`, value: few };
  return [
    { what: 'memory growth', unit: 'MiB', measured: many, compare: 'value', goal: { atMost: 50 } },
    { what: 'memory growth', unit: 'MiB', measured: many, beside, compare: 'difference', goal: { atMost: 15 } },
  ];
}

function answerFigure(bytes: number): Figure {
  return { what: 'size of the answer', unit: 'kB', measured: bytes / 1_000, compare: 'value', goal: { atMost: 10 } };
}

async function timeListing(
  context: BenchContext,
  mock: MockGraph,
): Promise<{ figures: Figure[]; answerBytes: number }> {
  await mock.reset({ users: manyUsers });
  const session = await openSession(context, productServer(context, { mockUrl: mock.url }));
  const raw = new RawClient(context.processes);
  let answerBytes = 0;
  const sides = [
    async () => {
      const startedAt = performance.now();
      const answer = await callProduct(session, 'graph_query', listAll);
      const elapsedMs = performance.now() - startedAt;
      answerBytes = Buffer.byteLength(JSON.stringify(answer));
      expectWhole(answer, manyUsers);
      return elapsedMs;
    },
    async () => {
      const { count, elapsedMs } = await raw.run({ kind: 'list', base: mock.url });
      expectEqual('the number of users', count, manyUsers);
      return elapsedMs;
    },
  ];
  await interleave(1, sides);
  const times = await interleave(context.quick ? 2 : 7, sides);
  await expectWayToTheRest(session, mock);
  await Promise.all([session.close(), raw.stop()]);
  const [ours = 0, theirs = 0] = times.map(median);
  const beside = { name: 'raw loop', value: theirs };
  const figure: Figure = {
    what: 'time',
    unit: 'ms',
    measured: ours,
    beside,
    compare: 'ratio',
    goal: { atMost: 1.25 },
  };
  return { figures: [figure], answerBytes };
}

function expectWhole({ meta, diagnostics }: ProductAnswer, users: number): void {
  expectEqual('meta.total', meta.total, users);
  expectEqual('diagnostics.pages', diagnostics.pages, Math.ceil(users / 999));
  expectEqual('meta.complete', meta.complete, false);
}

/** Follows the cursor for a while: the items go on where the last answer ended, without asking the service again. */
async function expectWayToTheRest(session: StdioSession, mock: MockGraph): Promise<void> {
  let answer = await callProduct(session, 'graph_query', listAll);
  const { requests } = await mock.stats();
  let seen = 0;
  for (let step = 0; step < 20; step++) {
    for (const user of answer.response.data.value ?? []) {
      const { mail } = user as { mail: string }; // the mock's users all have one
      expectEqual('the next user of the list', mail, `person.${String(seen++).padStart(6, '0')}@contoso.example`);
    }
    expectEqual('that a cursor leads on', typeof answer.meta.cursor, 'string');
    answer = await callProduct(session, 'graph_query', { ...listAll, cursor: answer.meta.cursor });
  }
  expectEqual('the number of requests after following the cursor', (await mock.stats()).requests, requests);
}

/** Growth of the peak by one listing in a fresh process that has made a call before. Median, in MiB. */
async function growth(context: BenchContext, mock: MockGraph, users: number): Promise<number> {
  await mock.reset({ users });
  const [values = []] = await interleave(context.quick ? 1 : 5, [
    async () => {
      const session = await openSession(context, productServer(context, { mockUrl: mock.url }));
      await callProduct(session, 'graph_query', { endpoint: '/users/1' });
      const before = peakMemoryMib(session.pid);
      expectWhole(await callProduct(session, 'graph_query', listAll), users);
      const after = peakMemoryMib(session.pid);
      await session.close();
      return after - before;
    },
  ]);
  return median(values);
}
