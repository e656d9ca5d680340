import { readFileSync, writeFileSync } from 'node:fs';
import type { AgentTask } from './agent-task.ts';
import type { TaskCost } from './run-task.ts';

/** The committed figures: what each task costs a model, and what the tools cost it before the first task. */
export interface TaskCosts {
  /** Tokens of names, descriptions and input schemas of all tools, once in a conversation. */
  readonly listingTokens: number;
  readonly tasks: readonly (TaskCost & { readonly name: string; readonly asks: string })[];
}

const file = new URL('../agent-tasks.json', import.meta.url);

export function readCosts(): TaskCosts {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Replaces the committed figures. They hold no time and no machine: a run writes what the one before wrote. */
export function writeCosts(costs: TaskCosts): void {
  writeFileSync(file, `${JSON.stringify(costs, null, 2)}\n`);
}

export function costOf({ name, asks }: AgentTask, cost: TaskCost): TaskCosts['tasks'][number] {
  return { name, asks, ...cost };
}

/** The sum over all tasks, for the last line of a table. */
export function totalOf(tasks: readonly TaskCost[]): TaskCost {
  const sum = (of: (cost: TaskCost) => number) => tasks.reduce((total, cost) => total + of(cost), 0);
  return {
    calls: sum(({ calls }) => calls),
    tokensIn: sum(({ tokensIn }) => tokensIn),
    tokensOut: sum(({ tokensOut }) => tokensOut),
    bytesOut: sum(({ bytesOut }) => bytesOut),
  };
}
