import { AppError } from './errors.ts';

/**
 * Why a call really ended: whatever waits answers `cancelled` when the time of the call is over as well, and only the
 * reason of its signal says which it was.
 */
export function endedBy(error: unknown, signal: AbortSignal): unknown {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return error instanceof AppError && error.code === 'cancelled' && reason instanceof AppError ? reason : error;
}
