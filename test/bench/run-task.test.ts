import { expect, test } from 'vitest';
import { connection, defineTask } from '../../bench/agent-tasks/agent-task.ts';
import { startInProcess } from '../../bench/agent-tasks/in-process-product.ts';
import { type Product, runTask } from '../../bench/agent-tasks/run-task.ts';

// The scales themselves: figures are worth nothing where a wrong answer would pass.

const counting = defineTask({
  name: 'count-users',
  asks: 'How many users are there?',
  mostCalls: 1,
  async work(agent) {
    const { data } = await agent.call<number>('graph_query', { connection, endpoint: '/users/$count' });
    return data;
  },
  truth: async ({ tenant }) => (await tenant.list('graph', '/users?$top=999')).length,
});

test('a task costs its calls, what they send, and what their answers say', async () => {
  const cost = await runTask(counting, startInProcess);
  expect(cost.calls).toBe(1);
  expect(cost.tokensIn).toBeGreaterThan(10);
  expect(cost.bytesOut).toBeGreaterThan(cost.tokensOut);
});

test('the same task costs the same again, wherever its home and its port are', async () => {
  const [one, other] = [await runTask(counting, startInProcess), await runTask(counting, startInProcess)];
  expect(other).toEqual(one);
});

test('an outcome that is not the truth fails, with the conversation', async () => {
  const wrong = { ...counting, truth: async () => 239 };
  await expect(runTask(wrong, startInProcess)).rejects.toThrow(
    /the agent says 240, but the truth is 239\.\n> graph_query .*\/users\/\$count.*\n< .*"data":240/,
  );
});

test('more calls than a task may take fail, and more tokens', async () => {
  await expect(runTask({ ...counting, mostCalls: 0 }, startInProcess)).rejects.toThrow('1 calls instead of 0');
  await expect(runTask({ ...counting, mostTokens: 5 }, startInProcess)).rejects.toThrow('instead of 5');
});

test('a call that fails ends the task, and the product is closed', async () => {
  const closed: string[] = [];
  const start = async (): Promise<Product> => ({
    call: async () => ({ isError: true, text: '{"response":{"success":false}}' }),
    close: async () => {
      closed.push('product');
    },
  });
  await expect(runTask(counting, start)).rejects.toThrow('A call failed.');
  expect(closed).toEqual(['product']);
});

test('what happened before the person asks costs nothing', async () => {
  const before = defineTask({
    ...counting,
    before: async (_, agent) => {
      await agent.call('graph_query', { connection, endpoint: '/users' });
    },
  });
  expect((await runTask(before, startInProcess)).calls).toBe(1);
});
