import type { ConnectionRecord } from '../../record/connection.ts';

/**
 * - `done`: seen to be so.
 * - `open`: still to be done.
 * - `attention`: done, with something to look at.
 * - `unchecked`: nobody has looked yet, or it could not be looked at.
 */
export type StepState = 'done' | 'open' | 'attention' | 'unchecked';

/** One step of setting a connection up. */
export interface ChecklistStep {
  readonly step: string;
  readonly title: string;
  readonly state: StepState;
  /** What is known about it. */
  readonly detail?: string;
  /** How to do it, mostly a command: what the last check advised, where it did. Left out when it is done. */
  readonly how?: string;
  /** Where in the Azure portal. Left out when it is done. */
  readonly portal?: string;
}

export interface Checklist {
  readonly connection: string;
  readonly status: ConnectionRecord['status'];
  readonly health: ConnectionRecord['health'];
  /** Time of the last checks, ISO 8601. */
  readonly checked_at?: string;
  readonly done: number;
  readonly open: number;
  /** Title of the first step that is not done. */
  readonly next?: string;
  readonly steps: readonly ChecklistStep[];
}
