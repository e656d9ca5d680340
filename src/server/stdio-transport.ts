import { PassThrough, type Readable, type Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { LineReader } from './line-reader.ts';
import { protocolErrors, readMessage, refusal, withoutByteOrderMark } from './read-message.ts';

type Message = Parameters<StdioServerTransport['send']>[0];

/** Requests of one array, whose answers go out together. https://modelcontextprotocol.io/specification/2025-03-26/basic */
interface Batch {
  readonly waiting: Set<string | number>;
  readonly answers: unknown[];
}

/** As many as the SDK takes over HTTP. */
const mostInBatch = 100;

/**
 * The SDK's transport, with a reader of our own in front of it: whatever a line holds, it is answered or it needs no
 * answer, and the next line is served. Answers of the same turn of the event loop go out with one write: under load,
 * writing is the main cost.
 */
export class StdioTransport extends StdioServerTransport {
  readonly #stdin: Readable;
  readonly #stdout: Writable;
  /** Tells the SDK that the client has gone; carries nothing. */
  readonly #lifeline: PassThrough;
  readonly #lines: LineReader;
  readonly #batches = new Map<string | number, Batch>();
  #isGathering = false;

  readonly #onListen: () => void;

  /** `onListen` is called when the client asks to be told of changes: the SDK answers that without a server of ours. */
  constructor(stdin: Readable, stdout: Writable, { onListen }: { readonly onListen: () => void }) {
    const lifeline = new PassThrough();
    super(lifeline, stdout);
    this.#lifeline = lifeline;
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.#onListen = onListen;
    this.#lines = new LineReader({
      onLine: (line) => this.#readLine(line),
      onTooLong: (head, most) => {
        const message = `Invalid request: a line is longer than ${most} bytes`;
        this.#write(refusal(protocolErrors.request, message, idAtStart(head)));
      },
    });
  }

  override async start(): Promise<void> {
    await super.start();
    this.#stdin.on('data', this.#onData);
    this.#stdin.on('error', this.#onError);
    this.#stdin.once('end', this.#onEnd).once('close', this.#onEnd);
    if (this.#stdin.readableEnded || this.#stdin.destroyed) this.#onEnd();
  }

  override async close(): Promise<void> {
    this.#stdin.off('data', this.#onData).off('error', this.#onError);
    if (this.#stdin.listenerCount('data') === 0) this.#stdin.pause();
    await super.close();
  }

  override send(message: Message): Promise<void> {
    const id = 'id' in message && !('method' in message) ? message.id : undefined;
    const batch = id === undefined ? undefined : this.#batches.get(id);
    if (id === undefined || batch === undefined) {
      this.#gather();
      return super.send(message);
    }
    batch.answers.push(message);
    this.#settle(id, batch);
    return Promise.resolve();
  }

  readonly #onData = (chunk: Buffer | string) =>
    this.#lines.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  readonly #onError = (error: Error) => this.onerror?.(error);
  readonly #onEnd = () => void this.#lifeline.end();

  #readLine(line: Buffer): void {
    const text = withoutByteOrderMark(line.toString('utf8')).trim();
    if (text === '') return;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#write(refusal(protocolErrors.parse, 'Parse error: the line is not JSON'));
      return;
    }
    if (Array.isArray(value)) {
      this.#readBatch(value);
    } else {
      const { message, refusal: refused } = readMessage(value);
      if (refused !== undefined) this.#write(refused);
      if (message !== undefined) this.#serve(message);
    }
  }

  #readBatch(values: readonly unknown[]): void {
    if (values.length === 0 || values.length > mostInBatch) {
      const message = `Invalid request: a batch has 1 to ${mostInBatch} messages`;
      this.#write(refusal(protocolErrors.request, message));
      return;
    }
    const batch: Batch = { waiting: new Set(), answers: [] };
    const messages = values.map(readMessage);
    // All are known before the first is served, so that the answers go out once.
    for (const { message } of messages) {
      if (message === undefined || !('method' in message) || !('id' in message)) continue;
      batch.waiting.add(message.id);
      this.#batches.set(message.id, batch);
    }
    // What refuses itself is answered before anything of the batch can end it.
    for (const { refusal: refused } of messages) if (refused !== undefined) batch.answers.push(refused);
    if (batch.waiting.size === 0) this.#sendBatch(batch);
    for (const { message } of messages) if (message !== undefined) this.#serve(message);
  }

  #serve(message: Message): void {
    if ('method' in message && message.method === 'notifications/cancelled') {
      this.#forget(message.params?.['requestId']);
    }
    if ('method' in message && message.method === 'subscriptions/listen') this.#onListen();
    this.onmessage?.(message);
  }

  /** A cancelled request gets no answer that a batch could wait for. */
  #forget(id: unknown): void {
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const batch = this.#batches.get(id);
    if (batch !== undefined) this.#settle(id, batch);
  }

  #settle(id: string | number, batch: Batch): void {
    this.#batches.delete(id);
    batch.waiting.delete(id);
    if (batch.waiting.size === 0) this.#sendBatch(batch);
  }

  #sendBatch({ answers }: Batch): void {
    if (answers.length > 0) this.#write(answers);
  }

  #write(value: unknown): void {
    this.#gather();
    this.#stdout.write(`${JSON.stringify(value)}\n`);
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#stdout.cork();
    setImmediate(() => {
      this.#isGathering = false;
      this.#stdout.uncork();
    });
  }
}

/** The id of a line that is not read, where it stands in front, as most clients write it. */
function idAtStart(head: Buffer): string | number | null {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?(?:"method"\s*:\s*"[\w./-]*"\s*,\s*)?"id"\s*:\s*(-?\d{1,15}|"[\w.:-]{1,200}")\s*,/;
  const text = found.exec(withoutByteOrderMark(head.toString('utf8')))?.[1];
  if (text === undefined) return null;
  return text.startsWith('"') ? text.slice(1, -1) : Number(text);
}
