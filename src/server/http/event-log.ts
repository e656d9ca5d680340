import { randomUUID } from 'node:crypto';
import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

export interface EventLogOptions {
  /** Most events that are kept. Default 1,000. */
  readonly mostEvents?: number;
  /** Most bytes of JSON that are kept. Default 1 MiB. */
  readonly mostBytes?: number;
}

interface LoggedEvent {
  readonly streamId: string;
  readonly place: number;
  readonly message: JSONRPCMessage;
  readonly bytes: number;
}

/**
 * What one session was last told, so that a client whose stream broke can ask for the rest. The oldest events go first. A
 * client that has missed an answer which is gone is refused, and does not wait for it.
 */
export class EventLog implements EventStore {
  #events: LoggedEvent[] = [];
  #bytes = 0;
  #last = 0;
  /** Streams whose answer is gone, with its place. Their number is that of the answers that were given up. */
  readonly #lost = new Map<string, number>();
  readonly #mostEvents: number;
  readonly #mostBytes: number;
  /** Ids of another session, or of this one's predecessor, mean nothing here. */
  readonly #mark = randomUUID().slice(0, 8);

  constructor({ mostEvents = 1_000, mostBytes = 1024 * 1024 }: EventLogOptions = {}) {
    this.#mostEvents = mostEvents;
    this.#mostBytes = mostBytes;
  }

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    this.#last += 1;
    const event = { streamId, place: this.#last, message, bytes: Buffer.byteLength(JSON.stringify(message)) };
    this.#events.push(event);
    this.#bytes += event.bytes;
    this.#makeRoom();
    return `${this.#mark}.${event.place}.${streamId}`;
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.#find(eventId)?.streamId;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const { streamId, place } = this.#find(lastEventId) ?? {};
    if (streamId === undefined || place === undefined) throw new Error('The event is of another session.');
    for (const event of this.#events.filter((one) => one.streamId === streamId && one.place > place)) {
      // What only opens a stream is no message.
      if ('jsonrpc' in event.message) await send(`${this.#mark}.${event.place}.${streamId}`, event.message);
    }
    return streamId;
  }

  #find(eventId: string): { readonly streamId: string; readonly place: number } | undefined {
    const [, mark, digits, streamId] = /^(\w+)\.(\d{1,15})\.(.+)$/.exec(eventId) ?? [];
    const place = Number(digits);
    if (streamId === undefined || mark !== this.#mark || place > this.#last) return undefined;
    return place < (this.#lost.get(streamId) ?? 0) ? undefined : { streamId, place };
  }

  #makeRoom(): void {
    let gone = 0;
    while (this.#events.length - gone > this.#mostEvents || this.#bytes > this.#mostBytes) {
      const event = this.#events[gone];
      if (event === undefined) break;
      gone += 1;
      this.#bytes -= event.bytes;
      if ('result' in event.message || 'error' in event.message) this.#noteLost(event);
    }
    if (gone > 0) this.#events = this.#events.slice(gone);
  }

  #noteLost({ streamId, place }: LoggedEvent): void {
    this.#lost.set(streamId, place);
    const [oldest] = this.#lost.keys();
    if (this.#lost.size > this.#mostEvents && oldest !== undefined) this.#lost.delete(oldest);
  }
}
