import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type ChildProcesses, ended } from './child-processes.ts';

export interface StdioServerOptions {
  /** Script and its arguments. */
  readonly args: readonly string[];
  /** The whole environment of the process, besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Pending {
  resolve(result: Record<string, unknown>): void;
  reject(error: Error): void;
}

const requestTimeoutMs = 180_000;

/**
 * A bare JSON-RPC client over stdio, the same for every server, so that what is measured is the server. It speaks the
 * initialize handshake, which all servers know.
 */
export class StdioSession {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #partialLine = '';

  constructor(processes: ChildProcesses, server: StdioServerOptions) {
    const env = { PATH: process.env['PATH'] ?? '', ...server.env };
    this.#child = processes.spawn(server.args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout, pid } = this.#child;
    if (stdin === null || stdout === null || pid === undefined) throw new Error('The server did not start.');
    this.pid = pid;
    this.#stdin = stdin;
    stdin.on('error', () => {}); // a server that died is reported through `exit`
    this.#read(stdout);
    this.#watch();
    this.#child.once('exit', (code) => this.#failAll(new Error(`The server ended with code ${code}.`)));
  }

  async initialize(): Promise<void> {
    await this.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    });
    this.#send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  }

  /** Sends a request; resolves to its result, rejects on a JSON-RPC error. */
  request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ jsonrpc: '2.0', id, method, params });
    });
  }

  /** Calls a tool; an answer marked as an error is a wrong result. */
  async callTool(name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
    const result = await this.request('tools/call', { name, arguments: args });
    if (result['isError'] === true) throw new Error(`Wrong result: ${name} answered ${JSON.stringify(result)}`);
    return result;
  }

  async close(): Promise<void> {
    this.#stdin.end();
    await ended(this.#child);
  }

  /** Rejects everything that is under way when the oldest request has waited for too long. */
  #watch(): void {
    let seen = -1;
    const timer = setInterval(() => {
      const oldest = this.#pending.keys().next().value;
      if (oldest !== undefined && oldest === seen) this.#failAll(new Error('The server does not answer.'));
      seen = oldest ?? -1;
    }, requestTimeoutMs).unref();
    this.#child.once('exit', () => clearInterval(timer));
  }

  #send(message: Record<string, unknown>): void {
    this.#stdin.write(`${JSON.stringify(message)}\n`);
  }

  #read(stdout: Readable): void {
    stdout.setEncoding('utf8');
    stdout.on('data', (chunk: string) => {
      const lines = chunk.split('\n');
      lines[0] = this.#partialLine + (lines[0] ?? '');
      this.#partialLine = lines.pop() ?? '';
      for (const line of lines) this.#receive(line);
    });
  }

  #receive(line: string): void {
    const message: { id?: number; result?: Record<string, unknown>; error?: unknown } = JSON.parse(line);
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id);
    if (pending === undefined || message.id === undefined) return;
    this.#pending.delete(message.id);
    if (message.result !== undefined) {
      pending.resolve(message.result);
    } else {
      pending.reject(new Error(`Wrong result: ${JSON.stringify(message.error)}`));
    }
  }

  #failAll(error: Error): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
