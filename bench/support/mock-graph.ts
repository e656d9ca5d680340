import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BucketOptions } from '../mock-graph/token-bucket.ts';
import { ask, type ChildProcesses, ended } from './child-processes.ts';

export interface MockOptions {
  /** Time until an answer, in milliseconds. Default 0. */
  readonly latencyMs?: number;
  /** Users in the list. Default 0. */
  readonly users?: number;
  /** Throttling of everything below `/v1.0`. Default: none. */
  readonly bucket?: BucketOptions;
}

/** Counted at the server, since the last reset (connections: since its start). */
export interface MockStats {
  readonly requests: number;
  readonly batches: number;
  readonly connections: number;
  /** Different users that were answered one by one. */
  readonly served: number;
  readonly refusals: number;
  readonly sentDuringPause: number;
}

/** Handle of the mock's process. */
export class MockGraph {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(processes: ChildProcesses): Promise<MockGraph> {
    const child = processes.fork(fileURLToPath(new URL('../mock-graph/main.ts', import.meta.url)));
    const [{ url }] = await once(child, 'message', { signal: AbortSignal.timeout(10_000) });
    return new MockGraph(child, url);
  }

  /** Sets behaviour and counters for the next measurement. */
  async reset(options: MockOptions): Promise<void> {
    await ask(this.#child, { reset: options }, 60_000);
  }

  async stats(): Promise<MockStats> {
    return (await ask(this.#child, {}, 10_000)) as MockStats; // the mock's only answer
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await ended(this.#child);
  }
}
