/**
 * A budget that a service publishes for an app in a tenant.
 *
 * - `bucket`: tokens flow in steadily and may be saved up to `capacity` (resource units, ARM).
 * - `window`: never more than `capacity` in any `windowMs` (audit logs: 5 in 10 s).
 * - `concurrency`: never more than `capacity` requests on their way (one mailbox: 4).
 */
export interface BucketDefinition {
  /** Unique within its API: `directory.units`. Budgets with the same id are the same budget. */
  readonly id: string;
  readonly kind: 'bucket' | 'window' | 'concurrency';
  readonly capacity: number;
  /** Time in which `capacity` comes back; 0 for `concurrency`. */
  readonly windowMs: number;
  /** `x-ms-resource-unit` tells the real cost of a request in units of this budget. Default false. */
  readonly inResourceUnits?: boolean;
  /** Lower-case name of the header that tells what is left: `x-ms-ratelimit-remaining-subscription-reads`. */
  readonly remainingHeader?: string;
  /**
   * Part of the capacity of a `bucket` that is not spent: what network and clocks may shift between our count and the
   * service's. Default 0.
   */
  readonly reserve?: number;
  /**
   * Whether a refusal (429) with these headers means this budget: then everything that draws on it waits as long as the
   * service asks, whatever lane it is in. Lower-case names. Default: never, the refused lane alone waits.
   */
  isRefusal?(headers: Readonly<Record<string, string>>): boolean;
  /** Page where the service publishes the numbers. */
  readonly source: string;
}

/** What one request takes from one budget. */
export interface Charge {
  readonly bucket: BucketDefinition;
  /** In units of the budget; 1 for `concurrency`. */
  readonly cost: number;
  /** Splits the budget by object, e.g. the mailbox: each value has the whole capacity. */
  readonly scope?: string;
}
