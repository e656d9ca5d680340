import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ask, type ChildProcesses, ended } from './child-processes.ts';

export type RawTask =
  | { readonly kind: 'list'; readonly base: string }
  | { readonly kind: 'batch'; readonly base: string; readonly requests: number; readonly atOnce: number };

export interface RawResult {
  /** Items or answers received. */
  readonly count: number;
  readonly elapsedMs: number;
}

/** Handle of the process with the hand-written loops. */
export class RawClient {
  readonly #child: ChildProcess;

  constructor(processes: ChildProcesses) {
    this.#child = processes.fork(fileURLToPath(new URL('../raw/main.ts', import.meta.url)));
  }

  async run(task: RawTask): Promise<RawResult> {
    return (await ask(this.#child, task, 120_000)) as RawResult; // the process's only answer
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await ended(this.#child);
  }
}
