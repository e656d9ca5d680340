import { cancelled } from './errors.ts';

/**
 * Waits `ms` milliseconds, or rejects with `cancelled` as soon as `signal` aborts. The only place that waits: it uses the
 * global timer, which tests can fake. Closing the server aborts every signal, so no wait outlives it.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled(signal.reason));
      return;
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(cancelled(signal?.reason));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
