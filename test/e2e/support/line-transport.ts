import type { Readable, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';

/** What a server in process reads from and writes to. */
export interface Streams {
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/** A client's side of stdio, over the streams of a server in the same process. */
export class LineTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #streams: Streams;
  #rest = '';

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  async start(): Promise<void> {
    this.#streams.stdout.on('data', (chunk: Buffer) => {
      const lines = `${this.#rest}${chunk}`.split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.onmessage?.(JSON.parse(line));
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#streams.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    this.#streams.stdin.end();
    this.onclose?.();
  }
}
