import { AppError } from '../base/errors.ts';

/** What a handler answers; `run-tool` wraps it as `{ response, connection, meta }`. */
export interface ToolOutcome {
  /** HTTP status of the decisive answer, or 200 for work done locally. */
  readonly status: number;
  readonly data: unknown;
  /** False when the work was done in part (a batch with failed items). Default true. */
  readonly success?: boolean;
  /** With `success: false`: whether the whole call is an error for the caller. Default true. */
  readonly isError?: boolean;
  /** The work goes on: `data` has the handle of an operation, and `meta.complete` is false. */
  readonly isUnfinished?: true;
  /** Present on lists; becomes `meta.count`, `total`, `complete`, `cursor`, `result` and `left_out`. */
  readonly list?: ListState;
  /** How the write is undone; becomes `meta.undo`. */
  readonly undo?: UndoAnswer;
  /** How the caller asks for single members, for what is left out of an answer that is too long. */
  readonly membersWith?: MembersWith;
}

/** The call that undoes a write, the command that does where its arguments are long, or why nothing does. */
export interface UndoAnswer {
  /** Id of what was kept. */
  readonly receipt: string;
  readonly tool?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly impossible?: string;
  /** What of the write stays. */
  readonly not_undone?: readonly string[];
}

/** The argument of a tool that names members. */
export type MembersWith = '$select' | 'project';

export interface ListState {
  /** Items in this answer; absent where the data is no list. */
  readonly count?: number;
  /** Items of the whole list, where the service says so or everything was read. */
  readonly total?: number;
  readonly complete: boolean;
  /** Opaque; leads to what is left. */
  readonly cursor?: string;
  /** `tenantry://results/{id}` of the whole list, when it was stored. */
  readonly result?: string;
  readonly leftOut?: LeftOut;
  /** What each of several connections gave. */
  readonly connections?: readonly ConnectionReport[];
  /** Lists or texts inside the items are cut; becomes a note. */
  readonly isShortened?: true;
}

/** What one of several connections gave to an answer. */
export interface ConnectionReport {
  readonly name: string;
  readonly tenant?: string;
  /** Where it is not the public one. */
  readonly cloud?: string;
  /** Items of it that were read for this answer. */
  readonly count: number;
  /** Items that it has, where it says so and not all of them were read. */
  readonly total?: number;
  /** False where something is missing; absent where nothing is. */
  readonly complete?: false;
  /** Why. */
  readonly error?: {
    readonly code: string;
    readonly message?: string;
    readonly hint?: string;
    readonly retry_after_seconds?: number;
  };
}

/** Members that are missing in all items, or in the object. */
export interface LeftOut {
  /** Percent of all bytes, by name. */
  readonly members?: Readonly<Record<string, number>>;
  /** How many more members are null or empty in all items here. */
  readonly empty?: number;
  /** What to pass to get them. */
  readonly bring_back?: string;
}

/** Whether a call has ended before the operation that it started: its answer, or its error, leads to that. */
export function isOperationOpen(ended: { readonly outcome: ToolOutcome } | { readonly error: unknown }): boolean {
  if ('outcome' in ended) return ended.outcome.isUnfinished === true;
  return ended.error instanceof AppError && ended.error.detail?.['operation'] !== undefined;
}
