import type { BucketDefinition } from '../../../src/core/throttle/budget.ts';
import type { SlotRequest } from '../../../src/core/throttle/limiter-registry.ts';

export function slotRequest(overrides: Partial<SlotRequest> = {}): SlotRequest {
  return {
    key: 'app tenant',
    lane: 'graph directory read',
    caller: 'call-1',
    maxConcurrent: 4,
    charges: [],
    isReplay: false,
    signal: new AbortController().signal,
    deadlineAt: Number.POSITIVE_INFINITY,
    poolMs: undefined,
    ...overrides,
  };
}

export function bucket(overrides: Partial<BucketDefinition> = {}): BucketDefinition {
  return {
    id: 'units',
    kind: 'bucket',
    capacity: 10,
    windowMs: 1000,
    source: 'https://learn.microsoft.com/graph/throttling-limits',
    ...overrides,
  };
}
