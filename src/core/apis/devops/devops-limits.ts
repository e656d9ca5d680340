import type { BucketDefinition, Charge } from '../../throttle/bucket.ts';

/**
 * Throughput units of one identity: 200 in any five minutes. What a request costs is not published, so nothing is
 * reserved for it; the answers tell what is left. The last twentieth is left alone, because the service begins to hold
 * requests back for up to half a minute each before it refuses any.
 */
const throughputUnits: BucketDefinition = {
  id: 'devops.throughput-units',
  kind: 'bucket',
  capacity: 200,
  windowMs: 5 * 60_000,
  remainingHeader: 'x-ratelimit-remaining',
  reserve: 10,
  isRefusal: () => true,
  source: 'https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits',
};

export const devopsCharges: readonly Charge[] = [{ bucket: throughputUnits, cost: 0 }];
