import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError, invalidArgument, isPassing } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { Page } from '../http/page.ts';
import { asItems, causeOf, emptyIntake, type Intake, isLate, notePage, reportIntake } from './intake.ts';
import type { Projection } from './projection.ts';

/** A projection that needs the whole list works on at most this much JSON. */
const wholeListBytes = 64 * 1024 * 1024;

export interface WholeListOptions {
  readonly projection: Projection | undefined;
  /** The argument that needs the whole list, for errors and notes. */
  readonly argument: 'project' | 'count_by' | 'save_as';
  readonly clock: Clock;
  /**
   * Gets the items, after the projection: page by page where it works that way, else all at the end. `json` is the page
   * that they are the `value` of, where there is one. Resolves true where no more are wanted.
   */
  take(items: readonly unknown[], json?: Buffer): Promise<boolean>;
}

/** Reads a list to its end. What is made of a part of it would be wrong, so time and network make that an error. */
export async function readWholeList(
  pages: AsyncIterable<Page>,
  { projection, argument, clock, take }: WholeListOptions,
  call: CallContext,
): Promise<Intake> {
  const intake = emptyIntake();
  const whole = projection?.perPage === false ? new WholeList() : undefined;
  let isEnough = false;
  try {
    for await (const page of pages) {
      notePage(intake, page);
      if (whole !== undefined) {
        whole.add(page.items);
      } else {
        isEnough = await (projection === undefined
          ? take(page.items, page.json)
          : take(asItems(projection.apply(page.items))));
      }
      reportIntake(intake, call);
      if (isEnough) break;
      if (isLate(page, clock, call)) throw new AppError('timeout', 'The time of the call is up.');
    }
  } catch (error) {
    const cause = causeOf(error, call);
    throw isPassing(cause) && intake.pages > 0 ? unfinished(cause, intake, argument) : error;
  }
  if (intake.nextLink !== undefined && !isEnough) {
    intake.isPart = true;
    call.note(
      `${argument} was applied to the first ${counted(intake.read, 'item')} only, which is not the whole list.`,
    );
  }
  if (whole === undefined || projection === undefined) return intake;
  const value = projection.apply(whole.items);
  if (Array.isArray(value)) {
    await take(value);
  } else {
    intake.bare = { value };
  }
  return intake;
}

function unfinished(cause: AppError, { read, pages }: Intake, argument: string): AppError {
  const { retryAfterMs } = cause;
  return new AppError(
    'timeout',
    `${argument} needs the whole list, and reading stopped after ${counted(read, 'item')} in ${counted(pages, 'page')} (${cause.code}): ${cause.message}`,
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
