import type { Readable, Writable } from 'node:stream';
import type { McpRequestContext } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { localCaller } from '../core/base/caller.ts';
import { buildServer } from './build-server.ts';
import { tellLegacyClient, tellModernClient } from './resource-changes.ts';
import { StdioTransport } from './stdio-transport.ts';
import type { Surface } from './surface.ts';

export interface StdioServer {
  /** Resolves when the client has closed our stdin, or `close` was called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Where the client is. Default: stdin and stdout of this process. */
export interface StdioStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** Serves MCP of both protocol families on two streams. */
export function startStdio(
  surface: Surface,
  onError: (error: Error) => void,
  { stdin, stdout }: StdioStreams = process,
): StdioServer {
  const ended = Promise.withResolvers<void>();
  const { changes } = surface;
  const transport = new StdioTransport(stdin, stdout, { onListen: () => void changes.begin(localCaller) });
  const build = ({ era }: McpRequestContext) => {
    const server = buildServer(surface);
    (era === 'modern' ? tellModernClient : tellLegacyClient)(server, changes, localCaller);
    return server;
  };
  const handle = serveStdio(build, { onerror: onError, transport });
  // When stdin ends, the SDK aborts the calls in flight; ending the process is up to us.
  stdin.once('end', ended.resolve).once('close', ended.resolve);
  // Writing fails when the client no longer reads: nobody is left to serve.
  stdout.once('error', () => ended.resolve());
  return {
    closed: ended.promise,
    async close() {
      await handle.close();
      ended.resolve();
    },
  };
}
