import { expect, test } from 'vitest';
import { createJobs } from '../../../src/core/operations/create-jobs.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { handClock } from '../connections/support.ts';

function openJobs(most: number) {
  const clock = handClock();
  return createJobs<string>({
    store: createMemoryStorage(clock).openWrites,
    key: async () => new Uint8Array(32),
    clock,
    onUnavailable: () => undefined,
    isOperationOpen: () => false,
    most,
  });
}

/** A read whose call was answered before it ended; resolves with its handle once it has ended. */
async function leaveJob(jobs: ReturnType<typeof openJobs>, caller: string, outcome: string): Promise<string> {
  const begun = await jobs.begin({ tool: 'graph_query', caller, connectionId: 'c', checkWith: 'Repeat it.' });
  if (begun.kind !== 'new') throw new Error('The job is a new one.');
  begun.job.run(async () => outcome, {
    progress: () => undefined,
    notes: [],
    isCancelled: () => false,
    abort: () => undefined,
  });
  const handle = await begun.job.goOn();
  await begun.job.settled;
  return handle ?? '';
}

test('of what one caller left behind the latest is remembered; nobody else loses any of theirs', async () => {
  const jobs = openJobs(3);
  const bobs = await leaveJob(jobs, 'bob', 'of bob');
  const all: string[] = [];
  for (let nth = 0; nth < 10; nth++) all.push(await leaveJob(jobs, 'ada', `of ada ${nth}`));
  await jobs.begin({ tool: 'graph_query', caller: 'ada', connectionId: 'c', checkWith: '' });
  const endOf = async (handle: string, caller: string) => (await jobs.open(handle, caller, 'c'))?.job?.ended;
  const known = await Promise.all(all.map((handle) => endOf(handle, 'ada')));
  expect(known.filter((ended) => ended !== undefined)).toEqual(
    ['of ada 7', 'of ada 8', 'of ada 9'].map((outcome) => ({ outcome })),
  );
  expect(await endOf(bobs, 'bob')).toEqual({ outcome: 'of bob' });
});
