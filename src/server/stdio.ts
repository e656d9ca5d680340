import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { buildServer } from './build-server.ts';
import type { Surface } from './surface.ts';

export interface StdioServer {
  /** Resolves when the client has closed our stdin, or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Sends answers of the same turn of the event loop with one write: under load, writing is the main cost. */
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
  // When stdin ends, the SDK aborts the calls in flight; ending the process is up to us.
  process.stdin.once('end', ended.resolve).once('close', ended.resolve);
  // Writing fails when the client no longer reads: nobody is left to serve.
  process.stdout.once('error', () => ended.resolve());
  return {
    closed: ended.promise,
    async close() {
      await handle.close();
      ended.resolve();
    },
  };
}
