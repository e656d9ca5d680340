import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMCPClient } from '@ai-sdk/mcp';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { MCPServerStreamableHttp } from '@openai/agents';
import { isRecord } from '../../../src/core/base/guards.ts';

/** What a program shows of one call: the text of the answer, or that of what it throws. */
export interface Shown {
  readonly text: string;
  /** Whether it comes as a failure of the program, and not as an answer. */
  readonly isThrown: boolean;
}

/** Somebody else's program that has been told the address of our server and a token for it. */
export interface Stranger {
  tools(): Promise<readonly string[]>;
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<Shown>;
  close(): Promise<void>;
}

/** Begins to talk; throws what the program throws where nobody lets it in. */
export type Connect = (url: string, token: string) => Promise<Stranger>;

function textOf(answer: unknown): string {
  return JSON.stringify(isRecord(answer) ? answer['content'] : answer);
}

/** What a program shows of an answer or of a failure. */
async function shown(answer: () => Promise<string>): Promise<Shown> {
  try {
    return { text: await answer(), isThrown: false };
  } catch (error) {
    return { text: error instanceof Error ? error.message : String(error), isThrown: true };
  }
}

const info = { name: 'stranger', version: '1' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const connectOld: Connect = async (url, token) => {
  const client = new OldClient(info);
  const transport = new OldTransport(new URL(url), { requestInit: { headers: bearer(token) } });
  // The transport's own optional fields lack `undefined` where the interface has it.
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args) => shown(async () => textOf(await client.callTool({ name, arguments: { ...args } }))),
    close: () => client.close(),
  };
};

function connectModern(mode: 'legacy' | 'auto' | { readonly pin: string }): Connect {
  return async (url, token) => {
    const client = new ModernClient(info, { versionNegotiation: { mode } });
    await client.connect(new ModernTransport(new URL(url), { requestInit: { headers: bearer(token) } }));
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: (name, args) => shown(async () => textOf(await client.callTool({ name, arguments: { ...args } }))),
      close: () => client.close(),
    };
  };
}

const connectAiSdk: Connect = async (url, token) => {
  const client = await createMCPClient({ transport: { type: 'http', url, headers: bearer(token) } });
  const tools = await client.tools();
  return {
    tools: async () => Object.keys(tools),
    call: (name, args) =>
      shown(async () => {
        const tool = tools[name];
        if (tool === undefined) throw new Error(`The program knows no tool ${name}.`);
        const answer = await tool.execute({ ...args }, { toolCallId: '1', messages: [], context: {} });
        return textOf(answer);
      }),
    close: () => client.close(),
  };
};

const connectOpenAi: Connect = async (url, token) => {
  const server = new MCPServerStreamableHttp({ url, requestInit: { headers: bearer(token) } });
  await server.connect();
  return {
    tools: async () => (await server.listTools()).map(({ name }) => name),
    call: (name, args) => shown(async () => JSON.stringify(await server.callTool(name, { ...args }))),
    close: () => server.close(),
  };
};

const connectLangchain: Connect = async (url, token) => {
  const client = new MultiServerMCPClient({
    mcpServers: { tenantry: { transport: 'http', url, headers: bearer(token), automaticSSEFallback: false } },
    throwOnLoadError: true,
  });
  const tools = await client.getTools();
  return {
    tools: async () => tools.map(({ name }) => name),
    call: (name, args) =>
      shown(async () => {
        const tool = tools.find((one) => one.name === name);
        if (tool === undefined) throw new Error(`The program knows no tool ${name}.`);
        return JSON.stringify(await tool.invoke({ ...args }));
      }),
    close: () => client.close(),
  };
};

/** What a command line program printed, and how it ended. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const modules = new URL('../../../node_modules/', import.meta.url);
const inspector = fileURLToPath(new URL('@modelcontextprotocol/inspector/clients/launcher/build/index.js', modules));
export const mcporter = fileURLToPath(new URL('mcporter/dist/cli.js', modules));

/** Runs a program in a home folder of its own. */
export function runProgram(script: string, args: readonly string[], home: string): Promise<Printed> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CONFIG_HOME: home, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env, cwd: home, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** A program that is started for every call. `listed` reads the names of the tools in what it printed. */
async function commandLine(
  run: (home: string, ...words: readonly string[]) => Promise<Printed>,
  words: { readonly list: readonly string[]; call(tool: string, args: string): readonly string[] },
  listed: (stdout: string) => readonly string[],
): Promise<Stranger> {
  const home = await mkdtemp(join(tmpdir(), 'tenantry-stranger-'));
  const printed = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(home, ...args);
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
    return stdout;
  };
  const first = await shown(() => printed(...words.list));
  if (first.isThrown) {
    await rm(home, { recursive: true, force: true });
    throw new Error(first.text);
  }
  return {
    tools: async () => listed(first.text),
    call: (tool, args) => shown(() => printed(...words.call(tool, JSON.stringify(args)))),
    close: () => rm(home, { recursive: true, force: true }),
  };
}

interface Tools {
  readonly tools: readonly { readonly name: string }[];
}

function namesIn({ tools }: Tools): readonly string[] {
  return tools.map(({ name }) => name);
}

function connectInspector(era: 'legacy' | 'modern'): Connect {
  return (url, token) => {
    const common = ['--server-url', url, '--transport', 'http', '--protocol-era', era, '--stored-auth-only'];
    const more = ['--header', `Authorization: Bearer ${token}`, '--format', 'json', '-q'];
    return commandLine(
      (home, ...words) => runProgram(inspector, ['--cli', ...common, ...more, ...words], home),
      {
        list: ['--method', 'tools/list'],
        call: (tool, args) => ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', args],
      },
      (stdout) => namesIn((JSON.parse(stdout) as { readonly result: Tools }).result),
    );
  };
}

const connectMcporter: Connect = (url, token) => {
  const server = ['--http-url', url, '--allow-http', '--name', 'tenantry'];
  const header = ['--header', `Authorization=Bearer ${token}`];
  return commandLine(
    (home, ...words) => runProgram(mcporter, [...words, ...server, ...header], home),
    {
      list: ['list', '--json', '--schema'],
      call: (tool, args) => ['call', `tenantry.${tool}`, '--args', args, '--output', 'json'],
    },
    (stdout) => namesIn(JSON.parse(stdout)),
  );
};

/** Every program that the tests let in, by name. */
export const strangers: Readonly<Record<string, Connect>> = {
  'the v1 client': connectOld,
  'the v2 client, legacy': connectModern('legacy'),
  'the v2 client, auto': connectModern('auto'),
  'the v2 client, pinned': connectModern({ pin: '2026-07-28' }),
  'the AI SDK': connectAiSdk,
  'the OpenAI Agents SDK': connectOpenAi,
  "LangChain's adapter": connectLangchain,
  'the Inspector, legacy': connectInspector('legacy'),
  'the Inspector, modern': connectInspector('modern'),
  mcporter: connectMcporter,
};
