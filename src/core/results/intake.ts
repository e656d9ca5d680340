import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { counted } from '../base/counted.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { needsAfter, type Page, type PageNeeds } from '../http/page.ts';

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
  /** What the request for it wants again. */
  nextNeeds: PageNeeds;
  /** Items that were read and that the limit leaves for the cursor. */
  beyond: readonly unknown[];
  /** Answer of a projection that is not a list. */
  bare: { readonly value: unknown } | undefined;
  /** What was made of the list lacks a part of it, to which no cursor leads. */
  isPart?: boolean;
}

export function emptyIntake(): Intake {
  return {
    read: 0,
    status: 200,
    pages: 0,
    count: undefined,
    deltaLink: undefined,
    nextLink: undefined,
    nextNeeds: {},
    beyond: [],
    bare: undefined,
  };
}

export function notePage(intake: Intake, page: Page): void {
  intake.read += page.items.length;
  intake.pages += 1;
  intake.status = page.status;
  intake.count ??= page.count;
  intake.deltaLink = page.deltaLink;
  intake.nextLink = page.nextLink;
  intake.nextNeeds = needsAfter(page);
}

/** Tells how far the reading is. */
export function reportIntake(intake: Intake, call: CallContext): void {
  const { read, count, pages } = intake;
  const total = count !== undefined && count >= read ? count : undefined;
  const message = `${counted(read, 'item')} in ${counted(pages, 'page')}`;
  call.progress({ progress: read, message, ...withoutUndefined({ total }) });
}

/** Before the deadline: time to answer with what is there. */
const reserveMs = 1_500;

/** Whether there is no time for the page after this one. */
export function isLate({ nextLink }: Page, clock: Clock, { deadlineAt }: CallContext): boolean {
  return nextLink !== undefined && clock.now() >= deadlineAt - reserveMs;
}

/** Everything that waits fails with `cancelled` when the signal aborts; the reason says why. */
export function causeOf(error: unknown, { signal }: CallContext): unknown {
  return signal.aborted && signal.reason instanceof AppError ? signal.reason : error;
}

/** A projection's answer for one page as items. */
export function asItems(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
