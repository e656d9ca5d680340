import type { ApiRequest } from '../api-client.ts';
import type { Answer, Repeatability } from '../exchange.ts';
import type { BatchItemResult } from './batch-item.ts';

/** An item as it stands in the `requests` of an envelope. */
export interface WireItem {
  readonly id: string;
  readonly method: string;
  /** Relative to the version root, encoded. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One item of a batch on its way through the executor. */
export interface BatchEntry {
  /** Position among the caller's items. */
  readonly index: number;
  readonly wire: WireItem;
  /** The same request for sending alone. */
  readonly request: ApiRequest;
  readonly repeatability: Repeatability;
  /** Items that must succeed first, by index; all of them smaller than `index`. */
  readonly dependsOn: readonly number[];
  /** What takes few requests at a time (a mailbox); undefined where nothing is known. */
  readonly lane: string | undefined;
  /** How often it was sent without anything getting through. */
  attempts: number;
  /** How many items had succeeded when it was sent last. */
  progressSeen: number;
  /** Epoch milliseconds before which it is not sent again. */
  notBefore: number;
  /** The refusal after which it waits for another attempt. */
  lastAnswer: Answer | undefined;
  result: BatchItemResult | undefined;
}
