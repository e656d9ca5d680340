import type { Authority } from './authority.ts';
import type { Caller } from './caller.ts';
import type { Patience } from './patience.ts';

/** One step of a long call, as shown by MCP progress notifications and the CLI's bar. */
export interface ProgressUpdate {
  /** Strictly increasing within a call: items, or steps, done so far. */
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** A request as the audit log names it: below root and version, without query. */
export interface TrailRequest {
  /** Name of the API: `graph`, `arm`, `devops`. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** What happened on the wire during one call; becomes the `meta` of its result. */
export interface CallRecord {
  /** HTTP requests that reached a socket, all attempts included. */
  requests: number;
  /** Attempts of the request that needed most. */
  attempts: number;
  pages: number;
  /** The service's `request-id` of the last answer. */
  requestId: string | undefined;
  /** Id of what the call kept so that it can be undone. */
  receipt?: string;
  /** What the call sent or would have sent, for the audit log: writes, and the first read. Absent where nobody asks. */
  readonly trail?: TrailRequest[];
  /** What Tenantry filled in or noticed, in the order it happened, without repeats. */
  readonly notes: string[];
}

/** Everything that belongs to one tool call and outlives a single request. Passed down explicitly. */
export interface CallContext {
  /** Who calls: an `on_behalf_of` connection signs in with what they signed in with. It lives as long as the call. */
  readonly caller: Caller;
  /** Aborts on cancellation by the caller and at the deadline. Reaches every queue, sleep and socket. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds by the process clock, after which nothing new starts. */
  readonly deadlineAt: number;
  /** How long requests may wait for the clock, where that is less than the call's time. */
  readonly patience?: Patience;
  /** A write that is on the wire when the signal aborts is waited for: its answer tells what became of it. */
  readonly awaitsWrites?: boolean;
  /** Sent as `client-request-id` on every request of the call: the caller's `correlation_id`, or a fresh GUID. */
  readonly clientRequestId: string;
  /** Who speaks, and how to get a person's yes. */
  readonly authority: Authority;
  /** What a yes of this call covers, as `core/policy` writes it down before the first change. Empty at the start. */
  readonly covered: Set<string>;
  readonly record: CallRecord;
  /** Adds to `record.notes`, once. */
  note(text: string): void;
  /** Reports to the waiting person; does nothing when nobody asked for progress. */
  progress(update: ProgressUpdate): void;
}
