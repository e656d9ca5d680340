import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { isPassing } from '../base/errors.ts';
import type { Page } from '../http/page.ts';
import { asItems, causeOf, emptyIntake, type Intake, isLate, notePage, reportIntake } from './intake.ts';
import type { ItemSink } from './item-sink.ts';
import type { Projection } from './projection.ts';
import { readWholeList } from './read-whole-list.ts';

export interface TakeInOptions {
  readonly projection: Projection | undefined;
  /** Most items that are answered: after the projection. */
  readonly limit: number | undefined;
  readonly clock: Clock;
}

/** Reads pages into the sink until they end, the limit is reached, the time is up, or the stored result is full. */
export async function takeIn(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  options: TakeInOptions,
  call: CallContext,
): Promise<Intake> {
  const { projection } = options;
  return projection && !projection.perPage
    ? takeInWhole(pages, sink, { ...options, projection }, call)
    : takeInItems(pages, sink, options, call);
}

async function takeInItems(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  { projection, limit = Number.POSITIVE_INFINITY, clock }: TakeInOptions,
  call: CallContext,
): Promise<Intake> {
  const intake = emptyIntake();
  try {
    for await (const page of pages) {
      const items = projection ? asItems(projection.apply(page.items)) : page.items;
      const room = limit - sink.count;
      const wanted = items.length > room ? items.slice(0, room) : items;
      if (!(await sink.add(wanted, wanted === page.items ? page.json : undefined))) {
        call.note(
          `A stored result has no room for more than ${counted(sink.count, 'item')}; the cursor goes on at the service.`,
        );
        break;
      }
      notePage(intake, page);
      intake.beyond = items.slice(wanted.length);
      reportIntake(intake, call);
      if (sink.count >= limit) break;
      if (isLate(page, clock, call)) {
        call.note(`Time ran out after ${counted(intake.pages, 'page')}; use the cursor to get the rest.`);
        break;
      }
    }
  } catch (error) {
    const cause = causeOf(error, call);
    if (!isPassing(cause) || intake.nextLink === undefined) throw error;
    call.note(
      `Stopped after ${counted(intake.pages, 'page')} (${cause.code}): ${cause.message} The cursor leads to the rest.`,
    );
  }
  return intake;
}

/** For a projection that sees the whole list. */
async function takeInWhole(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  { projection, limit = Number.POSITIVE_INFINITY, clock }: TakeInOptions & { readonly projection: Projection },
  call: CallContext,
): Promise<Intake> {
  let beyond: readonly unknown[] = [];
  const take = async (items: readonly unknown[]) => {
    await sink.add(items.slice(0, limit));
    beyond = items.slice(limit);
    return true;
  };
  const intake = await readWholeList(pages, { projection, argument: 'project', clock, take }, call);
  return { ...intake, beyond, isPart: false };
}
