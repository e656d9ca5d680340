import { describe, expect, test } from 'vitest';
import { readCosts } from '../../bench/agent-tasks/costs.ts';
import { startInProcess } from '../../bench/agent-tasks/in-process-product.ts';
import { runTask } from '../../bench/agent-tasks/run-task.ts';
import { agentTasks } from '../../bench/agent-tasks/tasks.ts';

// `runTask` throws where the outcome is not the truth, or where a task takes more calls or tokens than it may.
// The figures of bench/agent-tasks.json were taken over stdio: the answers are the same here.

const { tasks: committed } = readCosts();

/** Handles and expiry dates are random and may be cut into a few more or fewer tokens. */
const tolerance = 0.03;
const slack = 6;

test('the committed figures are those of the tasks', () => {
  expect(committed.map(({ name, asks }) => ({ name, asks }))).toEqual(
    agentTasks.map(({ name, asks }) => ({ name, asks })),
  );
});

describe('a task comes out right, and costs what bench/agent-tasks.json says', () => {
  test.each(agentTasks)('$name: $asks', async (task) => {
    const { calls, tokensIn, tokensOut } = await runTask(task, startInProcess);
    const before = committed.find(({ name }) => name === task.name);
    expect({ calls }).toEqual({ calls: before?.calls });
    const isNear = (now: number, then = 0) => Math.abs(now - then) <= slack + tolerance * then;
    const help = 'If the new figures are meant, run `npm run bench -- --only agent-tasks` and review the difference.';
    expect(isNear(tokensOut, before?.tokensOut), `${tokensOut} tokens instead of ${before?.tokensOut}. ${help}`).toBe(
      true,
    );
    expect(isNear(tokensIn, before?.tokensIn), `${tokensIn} tokens sent instead of ${before?.tokensIn}. ${help}`).toBe(
      true,
    );
  });
});
