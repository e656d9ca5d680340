import { describe, expect, onTestFinished, test } from 'vitest';
import type { Clock } from '../../../src/core/base/clock.ts';
import type { Approval, Storage } from '../../../src/core/storage/storage.ts';
import { handClock } from '../connections/support.ts';

const hour = 3_600_000;

/**
 * What the approvals of every storage do. `openStorage` gives a new, empty one. Another implementation calls this in a test
 * of its own folder.
 */
export function approvalsContract(name: string, openStorage: (clock: Clock) => Storage): void {
  const open = () => {
    const clock = handClock();
    const storage = openStorage(clock);
    onTestFinished(() => storage.close());
    const add = (changes: Partial<Approval> = {}, most = 20) =>
      storage.approvals.insert(approval(clock, changes), most);
    return { approvals: storage.approvals, clock, add };
  };

  describe(`${name} as a store of approvals`, () => {
    test('gives back what waits, oldest first, to its owner', async () => {
      const { approvals, clock, add } = open();
      expect(await approvals.list('local')).toEqual([]);
      await add({ code: 'BBBB', digest: 'b', createdAt: clock.now() + 1 });
      await add({ code: 'AAAA', digest: 'a' });
      await add({ code: 'CCCC', digest: 'c', owner: 'other' });
      expect((await approvals.list('local')).map(({ code }) => code)).toEqual(['AAAA', 'BBBB']);
      expect(await approvals.find('a', 'local')).toEqual(approval(clock, { code: 'AAAA', digest: 'a' }));
      expect(await approvals.find('a', 'other')).toBeUndefined();
    });

    test('an answer is given once, by the owner, with the right code', async () => {
      const { approvals, add } = open();
      await add();
      expect(await approvals.answer('K7F3', 'other', 'approved')).toBe(false);
      expect(await approvals.answer('K7F4', 'local', 'approved')).toBe(false);
      expect(await approvals.answer('K7F3', 'local', 'declined')).toBe(true);
      expect(await approvals.answer('K7F3', 'local', 'approved')).toBe(false);
      expect(await approvals.spend('digest', 'local')).toBeUndefined();
      expect(await approvals.find('digest', 'local')).toMatchObject({ state: 'declined' });
      expect(await approvals.list('local')).toEqual([]);
    });

    test('an approved one is spent once, however many ask at the same time', async () => {
      const { approvals, add } = open();
      await add();
      expect(await approvals.spend('digest', 'local')).toBeUndefined();
      await approvals.answer('K7F3', 'local', 'approved');
      expect(await approvals.spend('digest', 'other')).toBeUndefined();
      const spent = await Promise.all(Array.from({ length: 8 }, () => approvals.spend('digest', 'local')));
      expect(spent.filter((one) => one !== undefined)).toMatchObject([{ code: 'K7F3', state: 'approved' }]);
      expect(await approvals.find('digest', 'local')).toBeUndefined();
    });

    test('nothing is left of it after its hour', async () => {
      const { approvals, clock, add } = open();
      await add();
      await add({ code: 'AAAA', digest: 'a' });
      await approvals.answer('AAAA', 'local', 'approved');
      clock.advance(hour);
      expect(await approvals.list('local')).toEqual([]);
      expect(await approvals.find('digest', 'local')).toBeUndefined();
      expect(await approvals.answer('K7F3', 'local', 'approved')).toBe(false);
      expect(await approvals.spend('a', 'local')).toBeUndefined();
      expect(await add()).toBe('inserted');
    });

    test('refuses a code or a request that is there already, and more than may wait', async () => {
      const { add } = open();
      expect(await add()).toBe('inserted');
      expect(await add({ digest: 'b' })).toBe('taken');
      expect(await add({ code: 'BBBB' })).toBe('taken');
      expect(await add({ code: 'BBBB', digest: 'b' }, 1)).toBe('full');
      expect(await add({ code: 'BBBB', digest: 'b', owner: 'other' }, 1)).toBe('inserted');
      // What is given back waits for nobody.
      expect(await add({ code: 'CCCC', digest: 'c', state: 'approved' }, 0)).toBe('inserted');
    });

    test('of many that ask for the same at once, one waits', async () => {
      const { approvals, add } = open();
      const outcomes = await Promise.all(['AAAA', 'BBBB', 'CCCC', 'DDDD'].map((code) => add({ code })));
      expect(outcomes.filter((outcome) => outcome === 'inserted')).toHaveLength(1);
      expect(await approvals.list('local')).toHaveLength(1);
    });

    test('a handle is used up once, and forgotten when it would have expired', async () => {
      const { approvals, clock } = open();
      const until = clock.now() + 1_000;
      const used = await Promise.all(Array.from({ length: 8 }, () => approvals.useUp('h', until)));
      expect(used.filter(Boolean)).toHaveLength(1);
      expect(await approvals.useUp('other', until)).toBe(true);
      expect(await approvals.list('')).toEqual([]);
      clock.advance(1_000);
      expect(await approvals.useUp('h', until + 5_000)).toBe(true);
    });
  });
}

function approval(clock: Clock, changes: Partial<Approval>): Approval {
  return {
    code: 'K7F3',
    owner: 'local',
    digest: 'digest',
    tool: 'graph_write',
    connection: 'prod',
    summary: 'Do it',
    details: ['a', 'b'],
    state: 'waiting',
    createdAt: clock.now(),
    expiresAt: clock.now() + hour,
    ...changes,
  };
}
