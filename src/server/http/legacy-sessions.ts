import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import type { Server } from '@modelcontextprotocol/server';
import type { Clock } from '../../core/base/clock.ts';
import { type ResourceChanges, tellLegacyClient } from '../resource-changes.ts';

export interface LegacySessionsOptions {
  readonly build: () => Server;
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  /** Sessions idle for this long end when another one opens. Default 30 minutes. */
  readonly idleMs?: number;
  /** Beyond this number, the sessions idle longest end. Default 256. */
  readonly maxSessions?: number;
}

interface Session {
  readonly server: Server;
  readonly transport: NodeStreamableHTTPServerTransport;
  usedAt: number;
}

/**
 * Sessions of clients of the 2025 family and older. They begin with `initialize` and live on between requests:
 * a cancellation arrives in a request of its own, and a question to the person goes out on another stream.
 */
export class LegacySessions {
  readonly #sessions = new Map<string, Session>();
  readonly #options: LegacySessionsOptions;

  constructor(options: LegacySessionsOptions) {
    this.#options = options;
  }

  async open(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    await this.#makeRoom();
    const { build, changes } = this.#options;
    const server = build();
    tellLegacyClient(server, changes);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { server, transport, usedAt: this.#options.clock.now() });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await server.connect(transport);
    await transport.handleRequest(request, response, body);
  }

  /** Serves a request of a running session; 404 tells the client to initialize again. */
  async handle(id: string, request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}');
      return;
    }
    session.usedAt = this.#options.clock.now();
    await session.transport.handleRequest(request, response, body);
  }

  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map(({ server }) => server.close()));
  }

  async #makeRoom(): Promise<void> {
    const { clock, idleMs = 30 * 60_000, maxSessions = 256 } = this.#options;
    const byUse = [...this.#sessions].sort(([, a], [, b]) => b.usedAt - a.usedAt);
    const ended = byUse.filter(([, { usedAt }], index) => index >= maxSessions - 1 || usedAt < clock.now() - idleMs);
    for (const [id, { server }] of ended) {
      this.#sessions.delete(id);
      await server.close();
    }
  }
}
