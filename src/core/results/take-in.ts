import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError, invalidArgument, isPassing } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { Page } from '../http/page.ts';
import type { ItemSink } from './item-sink.ts';
import type { Projection } from './projection.ts';

/** Before the deadline: time to answer with what is there. */
const reserveMs = 1_500;
/** A projection that needs the whole list works on at most this much JSON. */
const wholeListBytes = 64 * 1024 * 1024;

/** What one pass over pages found. */
export interface Intake {
  /** Items read from the service, before any projection. */
  read: number;
  status: number;
  pages: number;
  count: number | undefined;
  deltaLink: string | undefined;
  /** Leads to what the service has left. */
  nextLink: string | undefined;
  /** Items that were read and that the limit leaves for the cursor. */
  beyond: readonly unknown[];
  /** Answer of a projection that is not a list. */
  bare: { readonly value: unknown } | undefined;
}

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
      const items = projection ? asList(projection.apply(page.items)) : page.items;
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
      report(intake, call);
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

/** For a projection that sees the whole list: part of one would be a wrong answer, so time and network make it an error. */
async function takeInWhole(
  pages: AsyncIterable<Page>,
  sink: ItemSink,
  { projection, limit = Number.POSITIVE_INFINITY, clock }: TakeInOptions & { readonly projection: Projection },
  call: CallContext,
): Promise<Intake> {
  const intake = emptyIntake();
  const whole = new WholeList();
  try {
    for await (const page of pages) {
      whole.add(page.items);
      notePage(intake, page);
      report(intake, call);
      if (isLate(page, clock, call)) throw new AppError('timeout', 'The time of the call is up.');
    }
  } catch (error) {
    const cause = causeOf(error, call);
    throw isPassing(cause) && intake.pages > 0 ? unfinished(cause, intake) : error;
  }
  if (intake.nextLink !== undefined) {
    call.note(`project was applied to the first ${counted(intake.read, 'item')} only, which is not the whole list.`);
  }
  const value = projection.apply(whole.items);
  if (Array.isArray(value)) {
    await sink.add(value.slice(0, limit));
    intake.beyond = value.slice(limit);
  } else {
    intake.bare = { value };
  }
  return intake;
}

function emptyIntake(): Intake {
  return {
    read: 0,
    status: 200,
    pages: 0,
    count: undefined,
    deltaLink: undefined,
    nextLink: undefined,
    beyond: [],
    bare: undefined,
  };
}

function notePage(intake: Intake, page: Page): void {
  intake.read += page.items.length;
  intake.pages += 1;
  intake.status = page.status;
  intake.count ??= page.count;
  intake.deltaLink = page.deltaLink;
  intake.nextLink = page.nextLink;
}

function report(intake: Intake, call: CallContext): void {
  const { read, count, pages } = intake;
  const total = count !== undefined && count >= read ? count : undefined;
  const message = `${counted(read, 'item')} in ${counted(pages, 'page')}`;
  call.progress({ progress: read, message, ...withoutUndefined({ total }) });
}

function isLate({ nextLink }: Page, clock: Clock, { deadlineAt }: CallContext): boolean {
  return nextLink !== undefined && clock.now() >= deadlineAt - reserveMs;
}

/** Everything that waits fails with `cancelled` when the signal aborts; the reason says why. */
function causeOf(error: unknown, { signal }: CallContext): unknown {
  return signal.aborted && signal.reason instanceof AppError ? signal.reason : error;
}

function unfinished(cause: AppError, { read, pages }: Intake): AppError {
  const { retryAfterMs } = cause;
  return new AppError(
    'timeout',
    `project needs the whole list, and reading stopped after ${counted(read, 'item')} in ${counted(pages, 'page')} (${cause.code}): ${cause.message}`,
    {
      hint: 'Narrow the list with $filter, read less of each item with $select and more per page with $top: 999, or pass a longer timeout. A number of directory objects is one request: /users/$count.',
      retryable: true,
      cause,
      ...withoutUndefined({ retryAfterMs }),
    },
  );
}

/** Collects the items for a projection that cannot be applied page by page. */
class WholeList {
  readonly items: unknown[] = [];
  #bytes = 0;

  add(items: readonly unknown[]): void {
    // The first item stands for its page: good enough for a bound.
    this.#bytes += (JSON.stringify(items[0])?.length ?? 0) * items.length;
    if (this.#bytes > wholeListBytes) {
      throw invalidArgument(
        `project: this expression needs the whole list in memory, and the list is over ${wholeListBytes / 1024 / 1024} MiB.`,
        'Use an expression that begins with value[] or value[?…], or narrow the list with $select and $filter.',
      );
    }
    for (const item of items) this.items.push(item);
  }
}

/** A projection's answer for one page as items. */
function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
