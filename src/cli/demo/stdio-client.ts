import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isRecord } from '../../core/base/guards.ts';

/** The parts of a tool's answer that the demo reads. */
export interface ToolAnswer {
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
  /** How the answer came about. */
  readonly diagnostics: Readonly<Record<string, unknown>>;
}

export interface StdioClientOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line of the server's stderr. */
  readonly onLog?: (line: string) => void;
}

interface RpcMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly progress?: number; readonly total?: number; readonly message?: string };
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const protocolVersion = '2025-11-25';

/**
 * The smallest MCP client: newline-delimited JSON-RPC over a child process. The demo uses it to show exactly what goes over
 * the pipe. Any other client works the same way.
 */
export class StdioClient {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #onProgress: ((text: string) => void) | undefined;

  constructor(options: StdioClientOptions) {
    this.#process = spawn(options.command, options.args, {
      env: { ...options.env },
      stdio: 'pipe',
      // Ctrl-C is for this process, which then closes the server's stdin: it must not lose its server first.
      detached: process.platform !== 'win32',
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#receive(line));
    createInterface({ input: this.#process.stderr }).on('line', (line) => options.onLog?.(line));
    // A write to a server that has just died fails with EPIPE; `exit` below reports that it died.
    this.#process.stdin.on('error', () => undefined);
    this.#process.on('error', (error) => this.#failAll(error));
    this.#process.on('exit', (code) => this.#failAll(new Error(`The server ended with code ${code ?? 'none'}.`)));
  }

  async initialize(): Promise<void> {
    await this.#request('initialize', {
      protocolVersion,
      capabilities: {},
      clientInfo: { name: 'tenantry-demo', version: '1' },
    });
    this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** Names of the tools that the server offers, in its order. */
  async listTools(): Promise<string[]> {
    const result = await this.#request('tools/list', {});
    const tools = isRecord(result) && Array.isArray(result['tools']) ? result['tools'] : [];
    return tools.map((tool: unknown) => (isRecord(tool) ? String(tool['name']) : ''));
  }

  async callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    onProgress?: (text: string) => void,
  ): Promise<ToolAnswer> {
    this.#onProgress = onProgress;
    const meta = onProgress ? { _meta: { progressToken: `demo-${this.#nextId}` } } : {};
    const result = await this.#request('tools/call', { name, arguments: args, ...meta });
    this.#onProgress = undefined;
    if (!isRecord(result) || !isRecord(result['structuredContent'])) {
      throw new Error(`${name} answered without structured content.`);
    }
    const own = isRecord(result['_meta']) ? result['_meta']['tenantry/diagnostics'] : undefined;
    return {
      isError: result['isError'] === true,
      structured: result['structuredContent'],
      diagnostics: isRecord(own) ? own : {},
    };
  }

  /** Closes the server's stdin, which ends it, and resolves when it is gone. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        resolve();
        return;
      }
      this.#process.once('exit', () => resolve());
      this.#process.stdin.end();
    });
  }

  #request(method: string, params: unknown): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  #send(message: unknown): void {
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const message: RpcMessage = JSON.parse(line);
    if (message.method === 'notifications/progress') {
      this.#onProgress?.(message.params?.message ?? `${message.params?.progress}`);
      return;
    }
    const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (!waiting || message.id === undefined) return;
    this.#waiting.delete(message.id);
    if (message.error) {
      waiting.reject(new Error(message.error.message));
      return;
    }
    waiting.resolve(message.result);
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) {
      waiting.reject(error);
    }
    this.#waiting.clear();
  }
}
