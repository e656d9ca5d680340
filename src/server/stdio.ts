import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { buildServer } from './build-server.ts';
import type { Surface } from './surface.ts';

export interface StdioServer {
  /** Resolves when the client has closed our stdin, or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Answers that are ready in the same turn of the event loop leave with one write: under load, writing is what costs. */
class GatheringTransport extends StdioServerTransport {
  #isGathering = false;

  override send(message: Parameters<StdioServerTransport['send']>[0]): Promise<void> {
    if (!this.#isGathering) {
      this.#isGathering = true;
      process.stdout.cork();
      setImmediate(() => {
        this.#isGathering = false;
        process.stdout.uncork();
      });
    }
    return super.send(message);
  }
}

/** Serves MCP of both protocol families on stdin and stdout of this process. */
export function startStdio(surface: Surface, onError: (error: Error) => void): StdioServer {
  const ended = Promise.withResolvers<void>();
  const handle = serveStdio(() => buildServer(surface), { onerror: onError, transport: new GatheringTransport() });
  // The SDK aborts the calls in flight when stdin ends; the process is ours to end.
  process.stdin.once('end', ended.resolve).once('close', ended.resolve);
  // A client that no longer reads makes writing fail; without it there is nobody to serve.
  process.stdout.once('error', () => ended.resolve());
  return {
    closed: ended.promise,
    async close() {
      await handle.close();
      ended.resolve();
    },
  };
}
