/** A comment. Node sends the headers with the first byte, and a client waits for them. */
const opening = new TextEncoder().encode(': open\n\n');

/**
 * An answer of the SDK as it leaves: kept by nobody, and its stream ended as soon as the client has gone, or its sign-in
 * is over (`ends`). The SDK would learn that from the next thing that it writes, and refuse until then the client that
 * comes back for the rest.
 */
export function asSent(response: Response, gone: AbortSignal, ends?: AbortSignal): Response {
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
  const sent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(opening),
    async pull(controller) {
      const { done, value } = await reader.read();
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
