import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { AgentTask } from './agent-tasks/agent-task.ts';
import { costOf, type TaskCosts, totalOf, writeCosts } from './agent-tasks/costs.ts';
import { runTask, type TaskCost } from './agent-tasks/run-task.ts';
import { openStage } from './agent-tasks/stage.ts';
import { startOverStdio } from './agent-tasks/stdio-product.ts';
import { agentTasks } from './agent-tasks/tasks.ts';
import type { Bench } from './support/bench.ts';
import type { Figure, Goal } from './support/figures.ts';

/** What everyday tasks of an administrator cost a model: one process and one sandbox for each. */
export const agentTasksBench: Bench = {
  name: 'agent-tasks',
  title: `Tasks: ${agentTasks.length} of an administrator, by what a model reads`,
  async run({ cli, say, keepsResults }) {
    const listingTokens = await countListing(cli);
    const tasks: TaskCosts['tasks'][number][] = [];
    const figures: Figure[] = [];
    for (const task of agentTasks) {
      say(task.asks);
      const cost = await runTask(task, (stage) => startOverStdio(cli, stage));
      tasks.push(costOf(task, cost));
      figures.push(figureOf(task, cost));
    }
    if (keepsResults) writeCosts({ listingTokens, tasks });
    return [...figures, figureOf({ name: 'all of them' }, totalOf(tasks)), listingFigure(listingTokens)];
  },
};

async function countListing(cli: string): Promise<number> {
  const stage = await openStage({});
  const product = await startOverStdio(cli, stage);
  const tokens = countTokens(await product.listing());
  await product.close();
  await stage.close();
  return tokens;
}

function figureOf({ name, mostTokens }: Pick<AgentTask, 'name' | 'mostTokens'>, cost: TaskCost): Figure {
  const { calls, tokensIn, tokensOut, bytesOut } = cost;
  const goal: Goal | undefined = mostTokens === undefined ? undefined : { atMost: mostTokens };
  return {
    what: `${name}: ${calls} ${calls === 1 ? 'call' : 'calls'}, ${bytesOut} bytes`,
    unit: 'tokens',
    measured: tokensOut,
    beside: { name: 'sent', value: tokensIn },
    compare: 'value',
    ...(goal && { goal }),
  };
}

function listingFigure(tokens: number): Figure {
  return {
    what: 'the tools themselves, once in a conversation',
    unit: 'tokens',
    measured: tokens,
    compare: 'value',
    goal: { atMost: 6_500 },
  };
}
