import { hostname } from 'node:os';

/** Names a process beyond its end: ids come again, and every container has the same ones. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** When it began, in epoch milliseconds. */
  readonly since: number;
}

export function thisProcess(): ProcessMark {
  return { pid: process.pid, host: hostname(), since: Math.round(performance.timeOrigin) };
}

/** Whether a process may still be there. One on another machine counts as there. */
export function isProcessAlive({ pid, host, since }: ProcessMark): boolean {
  if (pid <= 0) return false;
  if (host !== hostname()) return true;
  // In a container every process has the same id, so a restarted one is told apart by its start.
  if (pid === process.pid) return since === thisProcess().since;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
