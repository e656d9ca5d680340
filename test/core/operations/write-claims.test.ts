import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { isAlive, WriteClaims } from '../../../src/core/operations/write-claims.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { handClock } from '../connections/support.ts';

const { process: ours } = new WriteClaims({
  store: createMemoryStorage(handClock()).openWrites,
  key: async () => new Uint8Array(32),
  clock: handClock(),
  onUnavailable: () => undefined,
}).newWrite({ digest: 'd', tool: 'arm_write' });

test.each([
  ['this process', ours, true],
  ['an earlier process with the same id, as after the restart of a container', { ...ours, since: 1 }, false],
  ['a process on another machine', { ...ours, host: `not-${hostname()}`, since: 1 }, true],
  ['the process that began this one', { ...ours, pid: process.ppid, since: 1 }, true],
  ['a process that said that it ends', { ...ours, pid: 0 }, false],
])('%s counts as there or not', (_, owner, isThere) => {
  expect(isAlive({ process: owner })).toBe(isThere);
});
