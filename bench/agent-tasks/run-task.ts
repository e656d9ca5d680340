import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import type { Agent, AgentTask, Answer } from './agent-task.ts';
import { openStage, type Stage } from './stage.ts';

/** What a task cost a model. */
export interface TaskCost {
  readonly calls: number;
  /** Tokens of the names and arguments of the calls. */
  readonly tokensIn: number;
  /** Tokens of the texts of the answers. */
  readonly tokensOut: number;
  /** Bytes of the texts of the answers. */
  readonly bytesOut: number;
}

/** A product on a stage, in a process of its own or in this one. */
export interface Product {
  /** Calls a tool; resolves with the text of the answer. */
  call(
    tool: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly isError: boolean; readonly text: string }>;
  close(): Promise<void>;
}

export type StartProduct = (stage: Stage) => Promise<Product>;

/** Does a task from an empty home to its end. Throws when the outcome is not the truth or the calls are too many. */
export async function runTask(task: AgentTask, start: StartProduct): Promise<TaskCost> {
  const stage = await openStage(task);
  try {
    const product = await start(stage);
    try {
      await task.before?.(stage.world, new Recorder(product, stage));
      const recorder = new Recorder(product, stage);
      const outcome = await task.work(recorder, stage.world);
      check(task, outcome, await task.truth(stage.world), recorder);
      return recorder.cost;
    } finally {
      await product.close();
    }
  } finally {
    await stage.close();
  }
}

function check(task: AgentTask, outcome: unknown, truth: unknown, { cost, transcript }: Recorder): void {
  const fail = (problem: string) => {
    throw new Error(`${task.name}: ${problem}\n${transcript}`);
  };
  if (!isDeepStrictEqual(outcome, truth)) {
    fail(`the agent says ${JSON.stringify(outcome)}, but the truth is ${JSON.stringify(truth)}.`);
  }
  if (cost.calls > task.mostCalls) fail(`${cost.calls} calls instead of ${task.mostCalls}.`);
  if (task.mostTokens !== undefined && cost.tokensOut > task.mostTokens) {
    fail(`${cost.tokensOut} tokens of answers instead of ${task.mostTokens}.`);
  }
}

/** An agent that keeps account of what it sends and reads. */
class Recorder implements Agent {
  readonly #product: Product;
  readonly #stage: Stage;
  readonly #lines: string[] = [];
  cost: TaskCost = { calls: 0, tokensIn: 0, tokensOut: 0, bytesOut: 0 };

  constructor(product: Product, stage: Stage) {
    this.#product = product;
    this.#stage = stage;
  }

  /** The conversation, for whoever has to find out what went wrong. */
  get transcript(): string {
    return this.#lines.join('\n');
  }

  async call<Data>(tool: string, args: Readonly<Record<string, unknown>>): Promise<Answer<Data>> {
    const { isError, text } = await this.#product.call(tool, args);
    const sent = `${tool} ${JSON.stringify(args)}`;
    this.#lines.push(`> ${sent}`, `< ${text}`);
    const { calls, tokensIn, tokensOut, bytesOut } = this.cost;
    const seen = asAnywhere(text, this.#stage);
    this.cost = {
      calls: calls + 1,
      tokensIn: tokensIn + countTokens(sent),
      tokensOut: tokensOut + countTokens(seen),
      bytesOut: bytesOut + Buffer.byteLength(seen),
    };
    if (isError) throw new Error(`A call failed.\n${this.transcript}`);
    // Each tool documents the shape of its data; a wrong one fails the comparison with the truth.
    const { response, meta } = JSON.parse(text) as { response: { data: Data }; meta: Answer<Data>['meta'] };
    return { data: response.data, meta };
  }

  open(path: string): Promise<string> {
    return readFile(path, 'utf8');
  }
}

/** A text without what differs from run to run: the folder of the home, the port of the sandbox, random handles. */
function asAnywhere(text: string, { home, address }: Stage): string {
  return text
    .replaceAll(home, '/home/ada/.tenantry')
    .replaceAll(address, 'https://graph.microsoft.com')
    .replace(/(?<="(?:cursor|operation|confirm)":")[^"]{12,}/g, 'kXv3pQ8sT0bYwZ7mNc4rHd2L')
    .replace(/(?<="fingerprint":")\w+/g, '0a1b2c3d');
}
