import type { BatchEntry } from '../../src/core/http/batch/batch-item.ts';

export interface EntryShape {
  readonly dependsOn?: readonly number[];
  readonly lane?: string;
  readonly apiVersion?: string;
  readonly method?: 'GET' | 'POST' | 'PATCH';
}

/** Entries as `prepareBatch` creates them, with ids `r0`, `r1`, … */
export function batchEntries(shapes: readonly EntryShape[]): BatchEntry[] {
  return shapes.map(({ dependsOn = [], lane, method = 'GET', apiVersion = 'v1.0' }, index) => ({
    index,
    wire: { id: `r${index}`, method, url: `/things/${index}` },
    request: { method, path: `/things/${index}` },
    repeatability: method === 'GET' ? 'safe' : method === 'POST' ? 'once' : 'idempotent',
    dependsOn,
    apiVersion,
    lane,
    attempts: 0,
    progressSeen: 0,
    notBefore: 0,
    lastAnswer: undefined,
    result: undefined,
  }));
}
