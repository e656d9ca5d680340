import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttpTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdioTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { HttpAccess, Lab } from './product.ts';

export const clientKinds = ['v1 client', 'v2 legacy', 'v2 auto', 'v2 pinned'] as const;
export type ClientKind = (typeof clientKinds)[number];

/** How to reach the server: a command to start, or an address and the header that it wants. */
export type Target = { readonly lab: Pick<Lab, 'args' | 'env'> } | HttpAccess;

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
  prompts(): Promise<readonly string[]>;
  complete(prompt: string, argument: string, value: string): Promise<readonly string[]>;
  close(): Promise<void>;
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
  const transport =
    'url' in target
      ? new OldHttpTransport(new URL(target.url), { requestInit: { headers: target.headers } })
      : new OldStdioTransport(command(target));
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
    prompts: async () => (await client.listPrompts()).prompts.map((prompt) => prompt.name),
    async complete(name, argument, value) {
      const ref = { type: 'ref/prompt' as const, name };
      return (await client.complete({ ref, argument: { name: argument, value } })).completion.values;
    },
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
  const transport =
    'url' in target
      ? new ModernHttpTransport(new URL(target.url), { requestInit: { headers: target.headers } })
      : new ModernStdioTransport(command(target));
  await client.connect(transport);
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
    prompts: async () => (await client.listPrompts()).prompts.map((prompt) => prompt.name),
    async complete(name, argument, value) {
      const ref = { type: 'ref/prompt' as const, name };
      return (await client.complete({ ref, argument: { name: argument, value } })).completion.values;
    },
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
