import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EventLog } from '../../../src/server/http/event-log.ts';
import { call, type HttpLab, openHttpLab } from '../../support/http-lab.ts';

let lab: HttpLab;

beforeEach(async () => {
  lab = await openHttpLab();
});
afterEach(() => lab.close());

/** Reads a stream until something has come; resolves with all of it so far. */
async function readUntil(response: Response, pattern: RegExp): Promise<string> {
  const reader = response.body?.getReader();
  let text = '';
  while (!pattern.test(text)) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) throw new Error(`The stream ended after: ${text}`);
    text += new TextDecoder().decode(value);
  }
  reader?.releaseLock();
  return text;
}

const idsOf = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? '');
const headers = (session: string) => ({ 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' });

/** A call whose client has lost the stream after its progress; the call goes on. */
async function loseStream(session: string): Promise<string> {
  const stream = await lab.post('alice', call('hold', {}, 5, { progressToken: 'p' }), headers(session));
  const seen = await readUntil(stream, /notifications\/progress[\s\S]*\n\n/);
  await lab.holding(1);
  await stream.body?.cancel();
  return idsOf(seen).at(-1) ?? '';
}

/** Asks for the rest until the server has noticed that the first stream is gone. */
async function resume(as: string, session: string, lastEventId: string): Promise<Response> {
  for (;;) {
    const answer = await lab.ask('GET', as, { ...headers(session), 'last-event-id': lastEventId });
    if (answer.status !== 409) return answer;
  }
}

describe('a client that loses its stream within a call', () => {
  test('gets the answer on the stream that it asks the rest for', async () => {
    const session = await lab.openSession('alice');
    const last = await loseStream(session);
    const rest = await resume('alice', session, last);
    expect(rest.status).toBe(200);
    lab.release();
    const text = await rest.text();
    expect(text).toContain('"text":"released"');
    expect(text).not.toContain('notifications/progress');
  });

  test('gets an answer that came meanwhile', async () => {
    const session = await lab.openSession('alice');
    const last = await loseStream(session);
    lab.release();
    // Another call of the session shows that the first one has ended.
    await (await lab.post('alice', call('who'), headers(session))).text();
    const text = await (await resume('alice', session, last)).text();
    expect(text).toContain('"text":"released"');
    expect(text).toContain('"id":5');
  });

  test('gets also what it has not seen before the answer', async () => {
    const session = await lab.openSession('alice');
    const stream = await lab.post('alice', call('hold', {}, 5, { progressToken: 'p' }), headers(session));
    const [first = ''] = idsOf(await readUntil(stream, /^id: .*\n/m));
    await lab.holding(1);
    await stream.body?.cancel();
    const rest = await resume('alice', session, first);
    lab.release();
    expect(await rest.text()).toMatch(/notifications\/progress[\s\S]*"text":"released"/);
  });

  test('gets nothing of a stream of another session, of somebody else or of a guess', async () => {
    const session = await lab.openSession('alice');
    const last = await loseStream(session);
    expect((await resume('bob', session, last)).status).toBe(404);
    const bobs = await lab.openSession('bob');
    expect((await resume('bob', bobs, last)).status).toBe(400);
    const alices = await lab.openSession('alice');
    expect((await resume('alice', alices, last)).status).toBe(400);
    for (const guess of ['1', 'x.1.y', last.replace(/\.\d+\./, '.999999.'), last.replace(/^\w+/, 'abcdef01')]) {
      expect((await resume('alice', session, guess)).status).toBe(400);
    }
  });

  test('hears of changes that were told while it was away', async () => {
    const session = await lab.openSession('alice');
    const stream = await lab.ask('GET', 'alice', headers(session));
    lab.tell({ isListChanged: true, uris: [] });
    const [first = ''] = idsOf(await readUntil(stream, /list_changed[\s\S]*\n\n/));
    await stream.body?.cancel();
    lab.tell({ isListChanged: true, uris: [] });
    const rest = await resume('alice', session, first);
    expect(await readUntil(rest, /list_changed/)).not.toContain(first);
    await rest.body?.cancel();
  });
});

/** Fetches as usual, and cuts the first stream of a call after its first progress. */
function cuttingFetch() {
  let isCut = false;
  const resumed = Promise.withResolvers<void>();
  return {
    resumed: resumed.promise,
    async fetch(url: string | URL, init?: RequestInit): Promise<Response> {
      const response = await fetch(url, init);
      if (new Headers(init?.headers).has('last-event-id') && response.ok) resumed.resolve();
      if (isCut || !String(init?.body).includes('tools/call') || response.body === null) return response;
      isCut = true;
      const reader = response.body.getReader();
      let text = '';
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (text.includes('notifications/progress')) {
            await reader.cancel();
            controller.error(new Error('The network is gone.'));
            return;
          }
          const { value } = await reader.read();
          if (value === undefined) return;
          text += new TextDecoder().decode(value);
          controller.enqueue(value);
        },
      });
      return new Response(body, { status: response.status, headers: response.headers });
    },
  };
}

describe('real clients', () => {
  const reconnectionOptions = {
    initialReconnectionDelay: 1,
    maxReconnectionDelay: 10,
    reconnectionDelayGrowFactor: 1,
    maxRetries: 100,
  };
  const requestInit = { headers: { authorization: 'Bearer alice' } };
  const info = { name: 'test', version: '1' };

  test('of v1 get the answer of a call whose stream broke', async () => {
    const { fetch, resumed } = cuttingFetch();
    const client = new OldClient(info);
    const transport = new OldTransport(lab.url, { requestInit, reconnectionOptions, fetch });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    const answer = client.callTool({ name: 'hold' }, undefined, { onprogress: () => undefined });
    await lab.holding(1);
    await resumed;
    lab.release();
    expect(await answer).toMatchObject({ content: [{ text: 'released' }] });
    await client.close();
  });

  test('of v2 do as well', async () => {
    const { fetch, resumed } = cuttingFetch();
    const client = new ModernClient(info, { versionNegotiation: { mode: 'legacy' } });
    await client.connect(new ModernTransport(lab.url, { requestInit, reconnectionOptions, fetch }));
    const answer = client.callTool({ name: 'hold', arguments: {} }, { onprogress: () => undefined });
    await lab.holding(1);
    await resumed;
    lab.release();
    expect(await answer).toMatchObject({ content: [{ text: 'released' }] });
    await client.close();
  });
});

describe('what is kept of a session', () => {
  const note = (progress: number) => ({
    jsonrpc: '2.0' as const,
    method: 'notifications/progress',
    params: { progress },
  });
  const result = (id: number) => ({ jsonrpc: '2.0' as const, id, result: {} });

  async function replayed(log: EventLog, after: string): Promise<unknown[]> {
    const sent: unknown[] = [];
    await log.replayEventsAfter(after, { send: async (_, message) => void sent.push(message) });
    return sent;
  }

  test('is the last of each stream, and only of that stream', async () => {
    const log = new EventLog();
    const first = await log.storeEvent('a', {} as never);
    await log.storeEvent('b', note(1));
    await log.storeEvent('a', note(2));
    await log.storeEvent('a', result(3));
    expect(await log.getStreamIdForEventId(first)).toBe('a');
    expect(await replayed(log, first)).toEqual([note(2), result(3)]);
  });

  test('is bounded in events and in bytes', async () => {
    const few = new EventLog({ mostEvents: 3 });
    const start = await few.storeEvent('a', note(0));
    for (let at = 1; at <= 100; at++) await few.storeEvent('a', note(at));
    expect(await replayed(few, start)).toEqual([98, 99, 100].map(note));
    const small = new EventLog({ mostBytes: 1_000 });
    const begin = await small.storeEvent('a', note(0));
    for (let at = 1; at <= 100; at++) await small.storeEvent('a', note(at));
    const kept = await replayed(small, begin);
    expect(JSON.stringify(kept).length).toBeLessThanOrEqual(1_100);
    expect(kept.at(-1)).toEqual(note(100));
    await small.storeEvent('a', { ...note(101), params: { progress: 101, message: 'x'.repeat(2_000) } });
    expect(await replayed(small, begin)).toEqual([]);
  });

  test('says so where an answer is gone: its client would wait for ever', async () => {
    const log = new EventLog({ mostEvents: 2 });
    const before = await log.storeEvent('a', note(1));
    const answered = await log.storeEvent('a', result(1));
    await log.storeEvent('b', note(2));
    await log.storeEvent('b', note(3));
    expect(await log.getStreamIdForEventId(before)).toBeUndefined();
    // It has seen the answer.
    expect(await log.getStreamIdForEventId(answered)).toBe('a');
  });
});
