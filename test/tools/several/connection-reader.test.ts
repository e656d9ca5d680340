import { expect, test } from 'vitest';
import type { Page } from '../../../src/core/http/page.ts';
import { ConnectionReader } from '../../../src/tools/several/connection-reader.ts';
import { Bell, mergeLists } from '../../../src/tools/several/merge-lists.ts';
import { ReadAhead } from '../../../src/tools/several/read-ahead.ts';
import { testCall } from '../../support/call.ts';

const item = { text: 'x'.repeat(88) };
const itemBytes = JSON.stringify(item).length;

/** Pages of one item; `gate` lets them come. */
function list(pages: number, gate: Promise<void> = Promise.resolve()) {
  const read = { pages: 0 };
  async function* open(): AsyncGenerator<Page, void> {
    await gate;
    for (let page = 1; page <= pages; page++) {
      read.pages = page;
      const rest = page < pages ? { nextLink: `https://example.com/${page}` } : {};
      yield { items: [item], status: 200, requestId: undefined, ...rest };
    }
  }
  return { read, open };
}

test('later connections are read ahead only as far as there is room, until the earlier ones are done', async () => {
  const gate = Promise.withResolvers<void>();
  const lists = [list(3, gate.promise), list(50), list(50)];
  const call = testCall();
  const bell = new Bell();
  const room = new ReadAhead(10 * itemBytes);
  const readers = lists.map(
    ({ open }, index) =>
      new ConnectionReader({
        connection: `c${index}`,
        from: { kind: 'start' },
        room,
        call,
        note: call.note,
        open,
        continuation: () => ({}),
        onChange: () => bell.ring(),
      }),
  );
  const pages = mergeLists({
    readers,
    bell,
    call,
    isWhole: false,
    allFailed: () => expect.unreachable(),
  });
  const first = pages.next();
  while (!readers.slice(1).every(({ isHeld }) => isHeld)) await new Promise((resolve) => setImmediate(resolve));
  const ahead = lists.slice(1).reduce((sum, { read }) => sum + read.pages, 0);
  // What has room, and the page that each holds in its hand.
  expect(ahead).toBeLessThanOrEqual(12);
  gate.resolve();
  const all = [...((await first).value?.items ?? [])];
  for await (const page of pages) all.push(...page.items);
  const names = all.map((one) => (one as { connection: string }).connection);
  expect(names).toHaveLength(103);
  expect(names).toEqual([...names].sort());
});
