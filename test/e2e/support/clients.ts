import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttpTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdioTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { LineTransport, type Streams } from './line-transport.ts';
import type { HttpAccess, Lab } from './product.ts';

export const clientKinds = ['v1 client', 'v2 legacy', 'v2 auto', 'v2 pinned'] as const;
export type ClientKind = (typeof clientKinds)[number];

/** How to reach the server: a command to start, an address and the header that it wants, or the streams of one in process. */
export type Target =
  | { readonly lab: Pick<Lab, 'args' | 'env'> }
  | Pick<HttpAccess, 'url' | 'headers'>
  | { readonly streams: Streams };

/** A message of a prompt: its text, or what is attached to it. */
export interface PromptMessage {
  readonly content: Readonly<Record<string, unknown>>;
}

/** The answer of a tool as every client sees it. */
export interface CallAnswer {
  readonly isError?: boolean | undefined;
  readonly content: ReadonlyArray<Readonly<Record<string, unknown>>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields
  readonly structured: any;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { progress: number; total?: number | undefined }) => void;
}

/** What the tests do with a client, whichever version it is. */
export interface TestClient {
  tools(): Promise<ReadonlyArray<{ readonly name: string; readonly inputSchema: unknown }>>;
  call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<CallAnswer>;
  readResource(uri: string): Promise<string>;
  /** Addresses. */
  resources(): Promise<readonly string[]>;
  prompts(): Promise<readonly string[]>;
  prompt(name: string, args: Record<string, string>): Promise<readonly PromptMessage[]>;
  /** Of a prompt by its name, or of a resource by its template; `given` are the other arguments. */
  complete(of: string, argument: string, value: string, given?: Record<string, string>): Promise<readonly string[]>;
  capabilities(): unknown;
  /** Asks to be told of changes to the list of resources and to these resources. */
  listen(uris: readonly string[]): Promise<void>;
  /** Asks no longer. */
  unlisten(uris: readonly string[]): Promise<void>;
  /** What the server has told of since `forget`: an address, `resources` or `tools`. */
  told(): readonly string[];
  forget(): void;
  /** Resolves when it has told of that. */
  untilTold(change: string): Promise<void>;
  close(): Promise<void>;
}

/** Keeps what a server tells of, and wakes who waits for it. */
class Told {
  readonly changes: string[] = [];
  readonly #waiting = new Set<() => void>();

  forget(): void {
    this.changes.length = 0;
  }

  add(change: string): void {
    this.changes.push(change);
    for (const look of [...this.#waiting]) look();
  }

  until(change: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.changes.includes(change)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Fetches as usual, and says when the stream is open on which a session of the older family hears of changes. */
function watchingFetch() {
  const opened = Promise.withResolvers<void>();
  return {
    opened: opened.promise,
    async fetch(url: string | URL, init?: RequestInit): Promise<Response> {
      const response = await fetch(url, init);
      if ((init?.method ?? 'GET') === 'GET' && response.ok) opened.resolve();
      return response;
    },
  };
}

function refOf(of: string) {
  return of.includes('://') ? { type: 'ref/resource' as const, uri: of } : { type: 'ref/prompt' as const, name: of };
}

function completeParams(of: string, argument: string, value: string, given?: Record<string, string>) {
  return {
    ref: refOf(of),
    argument: { name: argument, value },
    ...(given === undefined ? {} : { context: { arguments: given } }),
  };
}

/** A question to the person, as the server sent it. */
export type Question = Readonly<Record<string, unknown>>;

/** What the person answers; a client with it declares that it can ask. */
export type AnswerQuestion = (
  question: Question,
) => Promise<{ action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> }>;

/** Forms and pages. */
const canAsk = { elicitation: { form: {}, url: {} } };

const info = { name: 'interop', version: '1' };

export async function connectClient(kind: ClientKind, target: Target, person?: AnswerQuestion): Promise<TestClient> {
  return kind === 'v1 client' ? connectOld(target, person) : connectModern(kind, target, person);
}

async function connectOld(target: Target, person?: AnswerQuestion): Promise<TestClient> {
  const client = new OldClient(info, person ? { capabilities: canAsk } : {});
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params));
  const { opened, fetch } = watchingFetch();
  const transport =
    'streams' in target
      ? new LineTransport(target.streams)
      : 'url' in target
        ? new OldHttpTransport(new URL(target.url), { requestInit: { headers: target.headers }, fetch })
        : new OldStdioTransport(command(target));
  const told = new Told();
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => told.add('resources'));
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => told.add('tools'));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => told.add(params.uri));
  // The transport's own optional fields lack `undefined` where the interface has it.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    tools: async () => (await client.listTools()).tools,
    async call(name, args, { signal, onProgress } = {}) {
      const result = await client.callTool({ name, arguments: args }, undefined, {
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onprogress: onProgress } : {}),
      });
      return toAnswer(result);
    },
    readResource: async (uri) => textOf((await client.readResource({ uri })).contents),
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    prompts: async () => (await client.listPrompts()).prompts.map((prompt) => prompt.name),
    prompt: async (name, args) => (await client.getPrompt({ name, arguments: args })).messages,
    complete: async (...words) => (await client.complete(completeParams(...words))).completion.values,
    capabilities: () => client.getServerCapabilities(),
    async listen(uris) {
      if ('url' in target) await opened;
      for (const uri of uris) await client.subscribeResource({ uri });
    },
    async unlisten(uris) {
      for (const uri of uris) await client.unsubscribeResource({ uri });
    },
    told: () => [...told.changes],
    forget: () => told.forget(),
    untilTold: (change) => told.until(change),
    close: () => client.close(),
  };
}

async function connectModern(
  kind: Exclude<ClientKind, 'v1 client'>,
  target: Target,
  person?: AnswerQuestion,
): Promise<TestClient> {
  const modes = { 'v2 legacy': 'legacy', 'v2 auto': 'auto', 'v2 pinned': { pin: '2026-07-28' } } as const;
  const capabilities = person ? canAsk : {};
  const client = new ModernClient(info, { capabilities, versionNegotiation: { mode: modes[kind] } });
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params));
  const { opened, fetch } = watchingFetch();
  const transport =
    'streams' in target
      ? new LineTransport(target.streams)
      : 'url' in target
        ? new ModernHttpTransport(new URL(target.url), { requestInit: { headers: target.headers }, fetch })
        : new ModernStdioTransport(command(target));
  const told = new Told();
  client.setNotificationHandler('notifications/resources/list_changed', () => told.add('resources'));
  client.setNotificationHandler('notifications/tools/list_changed', () => told.add('tools'));
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => told.add(params.uri));
  await client.connect(transport);
  let subscription: Awaited<ReturnType<typeof client.listen>> | undefined;
  return {
    tools: async () => (await client.listTools()).tools,
    async call(name, args, { signal, onProgress } = {}) {
      const result = await client.callTool(
        { name, arguments: args },
        { ...(signal ? { signal } : {}), ...(onProgress ? { onprogress: onProgress } : {}) },
      );
      return toAnswer(result);
    },
    readResource: async (uri) => textOf((await client.readResource({ uri })).contents),
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    prompts: async () => (await client.listPrompts()).prompts.map((prompt) => prompt.name),
    prompt: async (name, args) => (await client.getPrompt({ name, arguments: args })).messages,
    complete: async (...words) => (await client.complete(completeParams(...words))).completion.values,
    capabilities: () => client.getServerCapabilities(),
    async listen(uris) {
      if (kind !== 'v2 legacy') {
        const filter = { resourcesListChanged: true, toolsListChanged: true, resourceSubscriptions: [...uris] };
        subscription = await client.listen(filter);
        return;
      }
      if ('url' in target) await opened;
      for (const uri of uris) await client.subscribeResource({ uri });
    },
    async unlisten(uris) {
      await subscription?.close();
      if (kind === 'v2 legacy') for (const uri of uris) await client.unsubscribeResource({ uri });
    },
    told: () => [...told.changes],
    forget: () => told.forget(),
    untilTold: (change) => told.until(change),
    close: () => client.close(),
  };
}

function command({ lab }: Extract<Target, { readonly lab: unknown }>) {
  return { command: process.execPath, args: lab.args('stdio'), env: { ...lab.env }, stderr: 'ignore' as const };
}

function toAnswer(result: Readonly<Record<string, unknown>>): CallAnswer {
  return {
    isError: result['isError'] as boolean | undefined,
    content: result['content'] as CallAnswer['content'],
    structured: result['structuredContent'],
  };
}

function textOf(contents: ReadonlyArray<Readonly<Record<string, unknown>>>): string {
  return String(contents[0]?.['text']);
}
