import type { ProgressUpdate } from '../base/call-context.ts';
import type { OpenWrite } from '../storage/storage.ts';

/** How work has ended. */
export type Ended<Outcome> = { readonly outcome: Outcome } | { readonly error: unknown };

/** What is begun. */
export interface JobRequest {
  readonly tool: string;
  readonly caller: string;
  readonly connectionId: string;
  /** Ids of the connections that are read together: who looks at the work must still be allowed to use all of them. */
  readonly reads?: readonly string[];
  /** A sentence of ours that names what shows how the work has ended, where nobody remembers it. */
  readonly checkWith: string;
  /** Caller, connection, tool and arguments of a write, as JSON; absent for work that changes nothing. */
  readonly sameAs?: unknown;
}

/** How the work of a job is looked at and ended from outside. */
export interface JobControl {
  readonly progress: () => ProgressUpdate | undefined;
  readonly notes: readonly string[];
  /** Whether its caller has ended it. */
  readonly isCancelled: () => boolean;
  /** Ends the work: nothing more is sent. */
  abort(): void;
}

/** The work of one call, which may go on when the call has been answered. Lives in this process. */
export interface Job<Outcome> extends Omit<JobRequest, 'sameAs'> {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Never rejects. */
  readonly settled: Promise<Ended<Outcome>>;
  /** How it has ended; undefined while it runs. */
  readonly ended: Ended<Outcome> | undefined;
  /** Handle of the operation that its write has become. */
  readonly operation: string | undefined;
  /** Its own handle, once its call was answered with that. */
  readonly handle: string | undefined;
  /** Whether its caller knows how it ended, or has that handle. */
  readonly isAnswered: boolean;
  /** Resolves when there is an `operation`; stays open where there never is one. */
  readonly becameOperation: Promise<string>;
  readonly progress: ProgressUpdate | undefined;
  readonly notes: readonly string[];
  /** Whether its caller ended it, so that its outcome may be a part of the work. */
  readonly isCancelled: boolean;
  run(work: () => Promise<Outcome>, control: JobControl): void;
  /** Remembers, for other processes too, that its write is now this operation. */
  became(operation: string): Promise<void>;
  /** Its caller knows now: the same write is a new one after the end. */
  answered(): Promise<void>;
  /** Its call was answered before it ended. Undefined where too many go on already. */
  goOn(): Promise<string | undefined>;
}

/** What a repeated write finds, or that it is the first. */
export type Begun<Outcome> =
  | { readonly kind: 'new'; readonly job: Job<Outcome> }
  /** Under way, or not told yet, in this process. */
  | { readonly kind: 'here'; readonly job: Job<Outcome> }
  /** Under way in another process, or begun by one that has ended. */
  | { readonly kind: 'elsewhere'; readonly write: OpenWrite; readonly isAlive: boolean };

/** What the handle of a job leads to. */
export interface OpenedJob<Outcome> extends Omit<JobRequest, 'sameAs' | 'caller' | 'connectionId'> {
  readonly startedAt: number;
  /** Absent where this process does not know it. */
  readonly job?: Job<Outcome>;
  /** Where another process runs it. */
  readonly write?: OpenWrite;
}

/** The jobs of a process. */
export interface Jobs<Outcome> {
  /** Begins work, unless it is a write that is under way. */
  begin(request: JobRequest): Promise<Begun<Outcome>>;
  /** The handle of another process's job, for the same caller and connection. */
  handleOf(write: OpenWrite, request: JobRequest): Promise<string>;
  /** The caller has been given the handle of this write's operation. */
  answered(write: OpenWrite): Promise<void>;
  /** Forgets a write, so that it can be begun again. */
  forget(id: string): Promise<void>;
  /**
   * Undefined where the text is no handle of a job. Throws `invalid_argument` when it has expired or belongs to another
   * caller or connection.
   */
  open(handle: string, caller: string, connectionId: string): Promise<OpenedJob<Outcome> | undefined>;
  /** Ends all work; what is on the wire may still be answered for a moment. */
  close(): Promise<void>;
}
