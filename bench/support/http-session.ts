import type { ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import type { Readable } from 'node:stream';
import { type ChildProcesses, ended } from './child-processes.ts';
import type { StdioServerOptions } from './stdio-session.ts';

/** What a server answered: its status, and the message in it, of an event stream as well. */
export interface HttpAnswer {
  readonly status: number;
  readonly message: { readonly result?: Record<string, unknown>; readonly error?: unknown };
}

const modern = '2026-07-28';

/** A bare client of the modern family over HTTP with keep-alive, the same for every server. */
export class HttpSession {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #authorization = 'Bearer none';
  #lastId = 0;

  private constructor(child: ChildProcess, url: string) {
    if (child.pid === undefined) throw new Error('The server did not start.');
    this.pid = child.pid;
    this.#child = child;
    this.#url = new URL(url);
  }

  /** Starts a server and waits for the line on stderr that has its address. */
  static async start(processes: ChildProcesses, server: StdioServerOptions): Promise<HttpSession> {
    const env = { PATH: process.env['PATH'] ?? '', ...server.env };
    const child = processes.spawn(server.args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const { stderr } = child;
    if (stderr === null) throw new Error('The server did not start.');
    return new HttpSession(child, await addressIn(stderr));
  }

  /** Whose calls the next ones are. */
  use(token: string): void {
    this.#authorization = `Bearer ${token}`;
  }

  /** Calls a tool; an answer marked as an error is a wrong result. */
  async callTool(name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { status, message } = await this.#send(name, args);
    const { result } = message;
    if (status !== 200 || result === undefined || result['isError'] === true) {
      throw new Error(`Wrong result: ${name} answered ${status} ${JSON.stringify(message)}`);
    }
    return result;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    this.#child.kill('SIGTERM');
    await ended(this.#child);
  }

  #send(name: string, args: Record<string, unknown>): Promise<HttpAnswer> {
    const params = { name, arguments: args, _meta: envelope };
    const body = JSON.stringify({ jsonrpc: '2.0', id: ++this.#lastId, method: 'tools/call', params });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json, text/event-stream',
      authorization: this.#authorization,
      'mcp-protocol-version': modern,
      'mcp-method': 'tools/call',
      'mcp-name': name,
    };
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, message: messageIn(text) }));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

const envelope = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

function messageIn(text: string): HttpAnswer['message'] {
  const json = text.startsWith('{') ? text : (/^data: (.+)$/m.exec(text)?.[1] ?? '{}');
  return JSON.parse(json);
}

function addressIn(stderr: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let written = '';
    stderr.setEncoding('utf8');
    stderr.on('data', (chunk: string) => {
      written += chunk;
      const found = /(http:\/\/\S+\/mcp)\b.*\n/.exec(written)?.[1];
      if (found !== undefined) resolve(found);
    });
    stderr.once('end', () => reject(new Error(`The server did not start: ${written}`)));
  });
}
