import type { ApiRequest } from '../api-client.ts';
import type { Answer, Repeatability } from '../exchange.ts';

/** One item of a batch of any size. */
export interface BatchItem extends Pick<ApiRequest, 'method' | 'params' | 'headers' | 'body'> {
  /** Unique ignoring case; its index from 1 when absent. */
  readonly id?: string;
  /** Relative to the version root. */
  readonly url: string;
  readonly dependsOn?: readonly string[];
  /** `url` is a link of the service: used byte for byte. */
  readonly verbatim?: boolean;
}

export interface BatchItemResult {
  readonly id: string;
  /** 0 when the item was not sent. */
  readonly status: number;
  readonly success: boolean;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** See `ApiResponse.links`. */
  readonly links?: Readonly<Record<string, string>>;
  /** Present on every item that did not succeed, mapped like single requests are. */
  readonly error?: Readonly<Record<string, unknown>>;
  readonly notSent?: boolean;
  /** A list inside `body` was cut by the service, and could not be completed. */
  readonly isTruncated?: boolean;
}

export interface BatchOptions {
  readonly apiVersion?: string;
  readonly prefer?: string;
  readonly continueOnError?: boolean;
  /** Follow `nextLink`s inside items until their lists are complete. */
  readonly followPages?: boolean;
  /** Statuses that count as success for an item. */
  readonly expectedStatuses?: readonly number[];
}

export interface BatchOutcome {
  readonly success: boolean;
  /** In request order. */
  readonly responses: readonly BatchItemResult[];
}

/** An item as it stands in the `requests` of an envelope. */
export interface WireItem extends Pick<ApiRequest, 'method' | 'headers' | 'body'> {
  readonly id: string;
  /** Relative to the version root, encoded. */
  readonly url: string;
}

/** One item of a batch inside the executor. */
export interface BatchEntry {
  /** Position among the caller's items. */
  readonly index: number;
  readonly wire: WireItem;
  /** The same request for sending alone. */
  readonly request: ApiRequest;
  readonly repeatability: Repeatability;
  /** Items that must succeed first, by index; all of them smaller than `index`. */
  readonly dependsOn: readonly number[];
  /** Version of the API: an envelope holds items of one. */
  readonly apiVersion: string;
  /** What takes few requests at a time (a mailbox), where that is known. */
  readonly lane: string | undefined;
  /** How often it was sent while no item succeeded. */
  attempts: number;
  /** How many items had succeeded when it was sent last. */
  progressSeen: number;
  /** Epoch milliseconds before which it is not sent again. */
  notBefore: number;
  /** The refusal after which it waits for another attempt. */
  lastAnswer: Answer | undefined;
  result: BatchItemResult | undefined;
}
