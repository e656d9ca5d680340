import { setImmediate } from 'node:timers/promises';

// Loaded into the product with `--import`, in a process that has `--expose-gc` and a channel to the test: answers every
// message with what is left after full collections.

/** What a process holds. */
export interface Held {
  readonly heapBytes: number;
  /** Open handles and requests by kind, and how many of each. */
  readonly resources: Readonly<Record<string, number>>;
}

async function look(): Promise<Held> {
  // What a finalizer lets go of is collected by the next one.
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heapBytes: process.memoryUsage().heapUsed, resources };
}

process.on('message', () => {
  void look().then((held) => process.send?.(held));
});
// The channel is no reason to stay.
process.channel?.unref();
