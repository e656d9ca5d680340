import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { buildServer } from './build-server.ts';
import type { Surface } from './surface.ts';

export interface StdioServer {
  /** Resolves when the client has closed our stdin, or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves MCP of both protocol families on stdin and stdout of this process. */
export function startStdio(surface: Surface, onError: (error: Error) => void): StdioServer {
  const ended = Promise.withResolvers<void>();
  const handle = serveStdio(() => buildServer(surface), { onerror: onError });
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
