import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, type Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { Caller } from '../../core/base/caller.ts';
import type { Clock } from '../../core/base/clock.ts';
import { lengthOf } from '../caller-of.ts';
import { type ResourceChanges, tellLegacyClient } from '../resource-changes.ts';
import { refuse } from './answer.ts';
import { EventLog, type EventLogOptions } from './event-log.ts';
import { asSent } from './event-stream.ts';

export interface LegacySessionsOptions {
  readonly build: () => Server;
  readonly changes: ResourceChanges;
  readonly clock: Clock;
  /** Sessions idle for this long end. Default 30 minutes. */
  readonly idleMs?: number;
  /** Sessions of one caller; the one idle longest makes room for another. Default 32. */
  readonly mostPerCaller?: number | undefined;
  /** What is kept of each session for clients that lose a stream. */
  readonly log?: EventLogOptions;
}

/** A request that has passed the gate. The SDK passes `auth` on to our handlers. */
export type Admitted = IncomingMessage & { auth: AuthInfo };

type Handle = ReturnType<typeof toNodeHandler>;

interface Session {
  readonly id: string;
  /** Who opened it: nobody else can use it, or learn that it is there. */
  readonly owner: string;
  readonly server: Server;
  readonly handle: Handle;
  /** Requests and streams that are open. */
  open: number;
  usedAt: number;
}

/**
 * Sessions of clients of the 2025 family and older. They begin with `initialize` and live on between requests:
 * a cancellation arrives in a request of its own, a question to the person goes out on another stream, and a client that
 * lost its stream asks for the rest of it. A session is no sign-in: each request comes with its own caller.
 */
export class LegacySessions {
  readonly #sessions = new Map<string, Session>();
  readonly #options: LegacySessionsOptions;

  constructor(options: LegacySessionsOptions) {
    this.#options = options;
  }

  async open(caller: Caller, request: Admitted, response: ServerResponse, body: unknown): Promise<void> {
    const { build, changes, log } = this.#options;
    const server = build();
    tellLegacyClient(server, changes, caller);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new EventLog(log),
      onsessioninitialized: (id) => this.#add({ id, owner: caller.id, server, handle, open: 0, usedAt: 0 }, response),
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    const handle = toNodeHandler({
      fetch: async (asked, options) => {
        const served = await transport.handleRequest(asked, options);
        return asSent(served, { gone: asked.signal, ...lengthOf(options?.authInfo) });
      },
    });
    await server.connect(transport);
    await serve(handle, request, response, body);
    // What was refused has begun no session, and would be told of changes for ever.
    if (transport.sessionId === undefined) await server.close();
  }

  /** Serves a request of a running session of the caller; 404 tells the client to initialize again. */
  async handle(id: string, caller: Caller, request: Admitted, response: ServerResponse, body: unknown): Promise<void> {
    const session = this.#sessions.get(id);
    if (session?.owner !== caller.id) {
      const error = { code: -32001, message: 'Session not found' };
      refuse(response, { status: 404, body: { jsonrpc: '2.0', error, id: null } });
      return;
    }
    this.#options.changes.renew(caller);
    this.#use(session, response);
    await serve(session.handle, request, response, body);
  }

  /** Ends what has been idle for too long. */
  async sweep(): Promise<void> {
    const { clock, idleMs = 30 * 60_000 } = this.#options;
    const until = clock.now() - idleMs;
    await this.#end([...this.#sessions.values()].filter(({ open, usedAt }) => open === 0 && usedAt < until));
  }

  async close(): Promise<void> {
    await this.#end([...this.#sessions.values()]);
  }

  #add(session: Session, response: ServerResponse): void {
    this.#use(session, response);
    this.#sessions.set(session.id, session);
    const { mostPerCaller = 32 } = this.#options;
    const others = [...this.#sessions.values()].filter((one) => one.owner === session.owner && one !== session);
    // Those that are in use go last.
    others.sort((a, b) => Math.sign(a.open) - Math.sign(b.open) || a.usedAt - b.usedAt);
    void this.#end(others.slice(0, Math.max(0, others.length + 1 - mostPerCaller)));
  }

  #use(session: Session, response: ServerResponse): void {
    const { clock } = this.#options;
    session.open += 1;
    session.usedAt = clock.now();
    response.once('close', () => {
      session.open -= 1;
      session.usedAt = clock.now();
    });
  }

  async #end(sessions: readonly Session[]): Promise<void> {
    for (const { id } of sessions) this.#sessions.delete(id);
    await Promise.all(sessions.map(({ server }) => server.close()));
  }
}

async function serve(handle: Handle, request: Admitted, response: ServerResponse, body: unknown): Promise<void> {
  // The same object: only the SDK's type lacks `undefined` where Node's has it.
  await handle(request as Parameters<Handle>[0], response, body);
}
