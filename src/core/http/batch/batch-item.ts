import type { HttpMethod, QueryParams } from '../api-client.ts';

/** One item of a batch of any size. */
export interface BatchItem {
  /** Unique ignoring case; its index from 1 when absent. */
  readonly id?: string;
  readonly method: HttpMethod;
  /** Relative to the version root. */
  readonly url: string;
  /** Query options besides those in `url`, not encoded. */
  readonly params?: QueryParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly dependsOn?: readonly string[];
}

export interface BatchItemResult {
  readonly id: string;
  /** 0 when the item was not sent. */
  readonly status: number;
  readonly success: boolean;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Present on every item that did not succeed, mapped like single requests are. */
  readonly error?: Readonly<Record<string, unknown>>;
  readonly notSent?: boolean;
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
