import type { Clock } from '../base/clock.ts';
import { Alarm, type JobQueue } from './alarm.ts';
import { FairQueue } from './fair-queue.ts';
import type { Slot, SlotRequest } from './limiter-registry.ts';
import { Pace } from './pace.ts';

/** Somebody who waits for a slot. */
export interface Waiter {
  readonly request: SlotRequest;
  admit(slot: Slot): void;
  refuse(error: Error): void;
}

/** What pauses together: one service of one key, reading or writing (and one mailbox, where it has limits of its own). */
export class Lane {
  readonly name: string;
  readonly queue = new FairQueue<Waiter>();
  readonly pace = new Pace();
  readonly alarm: Alarm;
  pausedUntil = 0;
  inFlight = 0;

  constructor(name: string, clock: Clock, createJobs: () => Promise<JobQueue>, onRing: () => void) {
    this.name = name;
    this.alarm = new Alarm(clock, createJobs, onRing);
  }

  pauseLeftMs(now: number): number {
    return Math.max(0, this.pausedUntil - now);
  }

  /** Nothing is going on: it can be forgotten. */
  isIdle(now: number): boolean {
    return this.queue.size === 0 && this.inFlight === 0 && this.pausedUntil <= now && this.pace.perSecond === undefined;
  }
}
