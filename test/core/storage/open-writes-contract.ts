import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import type { OpenWrite, Storage } from '../../../src/core/storage/storage.ts';
import { handClock } from '../connections/support.ts';

/** What the open writes of every storage do. `openStorage` gives a new, empty one. */
export function openWritesContract(name: string, openStorage: (clock: Clock) => Storage): void {
  const open = () => {
    const clock = handClock();
    const storage = openStorage(clock);
    onTestFinished(() => storage.close());
    const write = (id: string, digest: string): OpenWrite => ({
      id,
      digest,
      tool: 'arm_write',
      process: { pid: 7, host: 'here', since: 1 },
      isAnswered: false,
      startedAt: clock.now(),
      expiresAt: clock.now() + 600_000,
    });
    return { writes: storage.openWrites, clock, write };
  };

  describe(`${name} as a store of open writes`, () => {
    test('has one of a kind, however many ask at once', async () => {
      const { writes, write } = open();
      const found = await Promise.all(['a', 'b', 'c', 'd'].map((id) => writes.add(write(id, 'same'))));
      expect(found.filter((one) => one === undefined)).toHaveLength(1);
      const winner = found.find((one) => one !== undefined);
      expect(winner).toEqual(await writes.find(winner?.id ?? ''));
      expect(await writes.add(write('e', 'other'))).toBeUndefined();
    });

    test('shows what a write has become, and takes it away', async () => {
      const { writes, write } = open();
      await writes.add(write('a', 'same'));
      const changed = { ...write('a', 'same'), operation: 'handle', isAnswered: true };
      await writes.update(changed);
      expect(await writes.add(write('b', 'same'))).toEqual(changed);
      await writes.remove('a');
      await writes.remove('a');
      expect(await writes.find('a')).toBeUndefined();
      await writes.update(changed);
      expect(await writes.add(write('b', 'same'))).toBeUndefined();
    });

    test('forgets what has expired', async () => {
      const { writes, clock, write } = open();
      await writes.add(write('a', 'same'));
      await writes.update({ ...write('a', 'same'), expiresAt: clock.now() + 700_000 });
      clock.advance(600_001);
      expect(await writes.find('a')).toBeDefined();
      clock.advance(100_000);
      expect(await writes.find('a')).toBeUndefined();
      expect(await writes.add(write('b', 'same'))).toBeUndefined();
    });
  });
}
