import type { BareServers } from './bare-servers.ts';
import type { ChildProcesses } from './child-processes.ts';
import type { Figure } from './figures.ts';

/** What a bench works with. One per run of `npm run bench`. */
export interface BenchContext {
  /** Fewer repetitions and smaller amounts: for a look, not for figures to quote. */
  readonly quick: boolean;
  /** The built command line that is measured. */
  readonly cli: string;
  /** Whether figures of this run may replace committed ones: not those of a look, nor of another build. */
  readonly keepsResults: boolean;
  /** Folder for homes, configurations and bundles; removed at the end. */
  readonly tempDir: string;
  /** Every process of the run; all are ended with it. */
  readonly processes: ChildProcesses;
  readonly bareServers: BareServers;
  /** Tells the person waiting what is being measured. */
  say(text: string): void;
}

/** One subject, measured beside its limit. Throws on a wrong result, and only then. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<readonly Figure[]>;
}

/** A measurement is worth nothing when the answer was wrong. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) {
    throw new Error(`Wrong result: ${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}.`);
  }
}

/** Runs each of `sides` once per round, in turn, so that a busy moment of the machine hits all of them. */
export async function interleave<T>(rounds: number, sides: readonly (() => Promise<T>)[]): Promise<T[][]> {
  const results: T[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) results[index]?.push(await side());
  }
  return results;
}
