import { exitCodes } from './exit-codes.ts';

/** Ends the process with `interrupted` while no command listens for itself: before one has begun, and after it has ended. */
export function endOnInterrupt(target: Pick<NodeJS.Process, 'on' | 'listenerCount' | 'exit'>): void {
  target.on('SIGINT', () => {
    if (target.listenerCount('SIGINT') === 1) target.exit(exitCodes.interrupted);
  });
}
