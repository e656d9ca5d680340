import type { BatchEntry } from './batch-item.ts';

/** https://learn.microsoft.com/graph/json-batching#batch-size-limitations */
const maxItemsPerEnvelope = 20;

/**
 * Items of one mailbox in one envelope. The service works on four at a time and answers 429 beyond.
 * https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
 */
export const maxItemsPerLane = 4;

export interface EnvelopePlan {
  readonly envelopes: readonly (readonly BatchEntry[])[];
  /** Items that wait for others: planned again once these are done. */
  readonly later: readonly BatchEntry[];
}

/**
 * How the members of a group of dependent items depend on each other. The service takes `star` (all that depend, depend
 * on the same item) and `chain` (each depends on the one before); it refuses everything else.
 * https://learn.microsoft.com/graph/json-batching#sequencing-requests-with-the-dependson-property
 */
type Shape = 'star' | 'chain' | 'mixed';

/** Dependencies of an item that are still open. */
function openDependencies(entry: BatchEntry, byIndex: ReadonlyMap<number, BatchEntry>): number[] {
  return entry.dependsOn.filter((index) => byIndex.has(index));
}

function shapeOf(group: readonly BatchEntry[], byIndex: ReadonlyMap<number, BatchEntry>): Shape {
  if (group.length > maxItemsPerEnvelope) return 'mixed';
  if (group.some(({ apiVersion }) => apiVersion !== group[0]?.apiVersion)) return 'mixed';
  const open = group.map((entry) => openDependencies(entry, byIndex));
  const [first, ...others] = open;
  if (first === undefined || first.length > 0) return 'mixed';
  if (others.every((needs) => needs.length === 1 && needs[0] === group[0]?.index)) return 'star';
  return others.every((needs, at) => needs.length === 1 && needs[0] === group[at]?.index) ? 'chain' : 'mixed';
}

/** Puts items that depend on each other, directly or not, into groups; each in order. */
function groupDependents(entries: readonly BatchEntry[], byIndex: ReadonlyMap<number, BatchEntry>): BatchEntry[][] {
  const parent = new Map<number, number>();
  const rootOf = (index: number): number => {
    let root = index;
    for (let above = parent.get(root); above !== undefined; above = parent.get(root)) {
      root = above;
    }
    return root;
  };
  const join = (one: number, other: number) => {
    const [low, high] = [rootOf(one), rootOf(other)].toSorted((a, b) => a - b);
    if (low !== undefined && high !== undefined && low !== high) parent.set(high, low);
  };
  for (const entry of entries) {
    for (const needed of openDependencies(entry, byIndex)) {
      join(entry.index, needed);
    }
  }
  return [...Map.groupBy(entries, ({ index }) => rootOf(index)).values()];
}

/** How many items each lane has. */
export function countLanes(entries: readonly BatchEntry[]): Map<string, number> {
  const lanes = new Map<string, number>();
  for (const { lane } of entries) {
    if (lane !== undefined) lanes.set(lane, (lanes.get(lane) ?? 0) + 1);
  }
  return lanes;
}

/** Envelopes that are being filled. */
class Packer {
  readonly envelopes: BatchEntry[][] = [];
  readonly #lanes: Map<string, number>[] = [];
  /** Envelopes that take nothing more. */
  readonly #closed = new Set<number>();
  /** First envelope that may have room, for each version and lane, and for items without a lane. */
  readonly #firstOpen = new Map<string, number>();

  /** Opens an envelope with a whole group; `closed` keeps it for the group alone. */
  open(group: readonly BatchEntry[], closed: boolean): void {
    if (closed) this.#closed.add(this.envelopes.length);
    this.envelopes.push([...group]);
    this.#lanes.push(countLanes(group));
  }

  add(entry: BatchEntry): void {
    const { lane = '', apiVersion } = entry;
    const kind = `${apiVersion} ${lane}`;
    for (let at = this.#firstOpen.get(kind) ?? 0; ; at++) {
      const envelope = this.envelopes[at];
      if (envelope === undefined) {
        this.open([entry], false);
        this.#firstOpen.set(kind, at);
        return;
      }
      const lanes = this.#lanes[at];
      const used = lanes?.get(lane) ?? 0;
      const hasRoom = !this.#closed.has(at) && envelope.length < maxItemsPerEnvelope;
      const isSameVersion = envelope[0]?.apiVersion === apiVersion;
      if (hasRoom && isSameVersion && (lane === '' || used < maxItemsPerLane)) {
        envelope.push(entry);
        if (lane !== '') lanes?.set(lane, used + 1);
        this.#firstOpen.set(kind, at);
        return;
      }
    }
  }
}

/**
 * Divides items into envelopes. Dependent items stay together where the service accepts their shape: one star to an
 * envelope, filled up with independent items, or one chain alone. Groups of other shapes, and groups beyond the number
 * of envelopes that the items need anyway, go in waves: an item is sent once those it needs have succeeded.
 */
export function planEnvelopes(entries: readonly BatchEntry[]): EnvelopePlan {
  const byIndex = new Map(entries.map((entry) => [entry.index, entry]));
  const hasDependencies = entries.some((entry) => openDependencies(entry, byIndex).length > 0);
  const groups = hasDependencies ? groupDependents(entries, byIndex) : entries.map((entry) => [entry]);
  const packer = new Packer();
  const free: BatchEntry[] = [];
  const later: BatchEntry[] = [];
  let allowance = Math.ceil(entries.length / maxItemsPerEnvelope);
  for (const group of groups) {
    const [only] = group;
    if (group.length === 1 && only !== undefined) {
      free.push(only);
      continue;
    }
    const shape = shapeOf(group, byIndex);
    if (shape !== 'mixed' && allowance > 0) {
      allowance -= 1;
      packer.open(group, shape === 'chain');
      continue;
    }
    for (const entry of group) {
      (openDependencies(entry, byIndex).length === 0 ? free : later).push(entry);
    }
  }
  for (const entry of free.toSorted((a, b) => a.index - b.index)) {
    packer.add(entry);
  }
  const envelopes = packer.envelopes.map((envelope) => envelope.toSorted((a, b) => a.index - b.index));
  return { envelopes: envelopes.toSorted((a, b) => (a[0]?.index ?? 0) - (b[0]?.index ?? 0)), later };
}
