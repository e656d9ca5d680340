import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { readCosts } from '../../bench/agent-tasks/costs.ts';
import { startInProcess } from '../../bench/agent-tasks/in-process-product.ts';
import { runTask } from '../../bench/agent-tasks/run-task.ts';
import { agentTasks } from '../../bench/agent-tasks/tasks.ts';
import { listTools } from '../../src/server/list-tools.ts';
import { tools } from '../../src/tools/registry.ts';

// `runTask` throws where the outcome is not the truth, or where a task takes more calls or tokens than it may.
// The figures of bench/agent-tasks.json were taken over stdio: the answers are the same here.

const { listingTokens, tasks: committed } = readCosts();

/** Handles and expiry dates are random and may be cut into a few more or fewer tokens. */
const tolerance = 0.03;
const slack = 6;
const help = 'If the new figures are meant, run `npm run bench -- --only agent-tasks` and review the difference.';

function expectNear(what: string, now: number, then = 0): void {
  const isNear = Math.abs(now - then) <= slack + tolerance * then;
  expect(isNear, `${what}: ${now} tokens instead of ${then}. ${help}`).toBe(true);
}

test('the committed figures are those of the tasks', () => {
  expect(committed.map(({ name, asks }) => ({ name, asks }))).toEqual(
    agentTasks.map(({ name, asks }) => ({ name, asks })),
  );
});

test('the tools themselves cost what the committed figures say', () => {
  const seen = listTools(tools).map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
  expectNear('listing', countTokens(JSON.stringify(seen)), listingTokens);
});

describe('a task comes out right, and costs what bench/agent-tasks.json says', () => {
  test.each(agentTasks)('$name: $asks', async (task) => {
    const { calls, tokensIn, tokensOut } = await runTask(task, startInProcess);
    const before = committed.find(({ name }) => name === task.name);
    expect({ calls }).toEqual({ calls: before?.calls });
    expectNear('answers', tokensOut, before?.tokensOut);
    expectNear('calls', tokensIn, before?.tokensIn);
  });
});
