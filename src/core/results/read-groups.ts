import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { invalidArgument } from '../base/errors.ts';
import type { Page } from '../http/page.ts';
import type { Intake } from './intake.ts';
import type { Group, ItemCounter } from './item-counter.ts';
import type { ItemSink } from './item-sink.ts';
import { noteUnseen } from './note-projection.ts';
import type { Projection } from './projection.ts';
import { readWholeList } from './read-whole-list.ts';
import type { MembersWith } from './tool-outcome.ts';

export interface GroupOptions {
  /** A fresh one. */
  readonly counter: ItemCounter;
  /** What is counted are the items that it gives. */
  readonly projection: Projection | undefined;
  readonly clock: Clock;
  readonly membersWith?: MembersWith | undefined;
}

/** Counts the items of a list. `intake` is about the groups: nothing in it leads to pages that were not read. */
export async function readGroups(
  pages: AsyncIterable<Page>,
  { counter, projection, clock, membersWith }: GroupOptions,
  call: CallContext,
): Promise<{ readonly groups: readonly Group[]; readonly intake: Intake }> {
  const take = async (items: readonly unknown[]) => {
    counter.add(items);
    return false;
  };
  const intake = await readWholeList(pages, { projection, argument: 'count_by', clock, take }, call);
  if (intake.bare !== undefined) {
    throw invalidArgument(
      'count_by: what project gives is no list.',
      'Leave project out, or use one that gives the items to count, such as value[?accountEnabled].',
    );
  }
  const groups = counter.groups();
  noteCounted(counter, groups.length, call);
  noteUnseen({ argument: 'count_by', names: counter.unseen(), read: intake.read, membersWith }, call);
  const isPart = intake.isPart === true || counter.uncounted() > 0;
  return { groups, intake: { ...intake, count: undefined, deltaLink: undefined, nextLink: undefined, isPart } };
}

/** The same as the intake of an answer. */
export async function takeInGroups(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  { limit = Number.POSITIVE_INFINITY, ...options }: GroupOptions & { readonly limit: number | undefined },
  call: CallContext,
): Promise<Intake> {
  const { groups, intake } = await readGroups(pages, options, call);
  await sink.add(groups.slice(0, limit));
  return { ...intake, beyond: groups.slice(limit) };
}

function noteCounted(counter: ItemCounter, groups: number, { note }: CallContext): void {
  const uncounted = counter.uncounted();
  note(`${counted(counter.counted(), 'item')} counted.`);
  if (uncounted === 0) return;
  note(
    `${counted(uncounted, 'item')} with other keys had no room: only the first ${counted(groups, 'group')} were kept. ` +
      'Count by something that has fewer values.',
  );
}
