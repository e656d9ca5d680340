import type { CallContext } from '../../core/base/call-context.ts';
import { AppError } from '../../core/base/errors.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { Page } from '../../core/http/page.ts';
import type { ConnectionReader } from './connection-reader.ts';
import { linkTo } from './places.ts';

/** Wakes who waits for anything to change. */
export class Bell {
  #rung = Promise.withResolvers<void>();

  ring(): void {
    this.#rung.resolve();
  }

  /** Resolves with the next ring after this. */
  next(): Promise<void> {
    this.#rung = Promise.withResolvers<void>();
    return this.#rung.promise;
  }
}

export interface MergeOptions {
  /** In the order of the answer. */
  readonly readers: readonly ConnectionReader[];
  readonly bell: Bell;
  readonly call: CallContext;
  /** Waits for all of them, as long as the call may take: a part of the list would be a false answer. */
  readonly isWhole: boolean;
  /** The error where no connection could answer. */
  allFailed(): AppError;
}

/**
 * The lists of several connections as one, in the order of the connections. All are read at once; the pages of later ones wait
 * for those of earlier ones. One that only waits is given up once all others are read, and so is what fails: neither stops the
 * others, and the places say where they can be read on.
 */
export async function* mergeLists({
  readers,
  bell,
  call,
  isWhole,
  allFailed,
}: MergeOptions): AsyncGenerator<Page, void> {
  for (const reader of readers) void reader.run();
  let last: { readonly nextLink: string | undefined } | undefined;
  try {
    for (;;) {
      const change = bell.next();
      const items = takeInOrder(readers);
      rethrow(readers, call);
      const isOver = readers.every(({ isDone }) => isDone);
      if (isOver && isFailure(readers)) throw allFailed();
      const nextLink = linkTo(readers.map(({ place }) => place));
      if (items.length > 0 || (isOver && (last === undefined || last.nextLink !== nextLink))) {
        last = { nextLink };
        yield { items, status: statusOf(readers), requestId: undefined, ...withoutUndefined({ nextLink }) };
      }
      if (isOver) return;
      if (items.length > 0) continue;
      if (!isWhole) giveUpWaiting(readers);
      await change;
    }
  } finally {
    for (const reader of readers) reader.stop();
  }
}

/** None of those that had something to read could answer. */
function isFailure(readers: readonly ConnectionReader[]): boolean {
  const asked = readers.filter(({ hadAll }) => !hadAll);
  return asked.length > 0 && asked.every(({ failure, count }) => failure !== undefined && count === 0);
}

/** All that can be handed on: of the first that is not done, and of those before it. */
function takeInOrder(readers: readonly ConnectionReader[]): readonly unknown[] {
  const items: unknown[] = [];
  for (const reader of readers) {
    for (const item of reader.take()) items.push(item);
    if (!reader.isDone) break;
    reader.settle();
  }
  return items;
}

/** A fault of ours, and the end of the call by its caller, are no failures of a connection. */
function rethrow(readers: readonly ConnectionReader[], { signal }: CallContext): void {
  const crashed = readers.find(({ crash }) => crash !== undefined);
  if (crashed !== undefined) throw crashed.crash;
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  if (reason instanceof AppError && reason.code === 'cancelled') throw reason;
}

/** Nobody who could answer is kept waiting: what only waits fails now, where the others are done or wait for it. */
function giveUpWaiting(readers: readonly ConnectionReader[]): void {
  const isBusy = readers.some(({ isOver, isWaiting, isHeld }) => !isOver && !isWaiting && !isHeld);
  if (isBusy || !readers.some(({ hasAnswered }) => hasAnswered)) return;
  for (const reader of readers) if (!reader.isOver && reader.isWaiting) reader.giveUp();
}

function statusOf(readers: readonly ConnectionReader[]): number {
  return readers.find(({ status }) => status !== undefined)?.status ?? 200;
}
