import { delay } from '../../core/base/delay.ts';

/** A comment. Node sends the headers with the first byte, and a client waits for them. */
const opening = new TextEncoder().encode(': open\n\n');

/**
 * So long an answer to a call may take until its stream is opened without a word. Until then it can still become one that
 * has no stream, as a claims challenge is; after that, clients and proxies want to see that somebody is there.
 */
const patienceMs = 10_000;

export interface Sending {
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
  /** Aborts when the answer has to end, since its sign-in is over. */
  readonly ends?: AbortSignal | undefined;
  /** Whether the client listens to what may come: then it is told at once that it does. */
  readonly isListening: boolean;
}

/**
 * An answer of the SDK as it leaves: kept by nobody, and its stream ended as soon as the client has gone, or its sign-in
 * is over. The SDK would learn that from the next thing that it writes, and refuse until then the client that comes back
 * for the rest.
 */
export async function asSent(response: Response, { gone, ends, isListening }: Sending): Promise<Response> {
  const signal = ends === undefined ? gone : AbortSignal.any([gone, ends]);
  response.headers.set('cache-control', 'no-store, no-transform');
  // Node decides it, by what the client asked for and by whether we are ending.
  response.headers.delete('connection');
  const { body, status, headers } = response;
  if (body === null || headers.get('content-type')?.startsWith('text/event-stream') !== true) return response;
  const reader = body.getReader();
  const end = async () => reader.cancel().catch(() => undefined);
  if (signal.aborted) void end();
  signal.addEventListener('abort', end, { once: true });
  let next: ReturnType<typeof reader.read> | undefined = reader.read();
  if (!isListening) await soon(next, patienceMs, signal);
  const sent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(opening),
    async pull(controller) {
      const reading = next ?? reader.read();
      next = undefined;
      const { done, value } = await reading;
      if (!done) {
        controller.enqueue(value);
        return;
      }
      signal.removeEventListener('abort', end);
      controller.close();
    },
    cancel: end,
  });
  return new Response(sent, { status, headers });
}

/** Waits for something, but not for long. Never fails. */
async function soon(work: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  const limit = delay(ms, AbortSignal.any([enough.signal, signal]));
  await Promise.race([work, limit]).catch(() => undefined);
  enough.abort();
  limit.catch(() => undefined);
}
