import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { defaultHttpLimits } from '../../../src/runtime/config/http-rules.ts';
import { call, type HttpLab, listen, listenHeaders, nextOf, openHttpLab } from '../../support/http-lab.ts';

// Two callers on one server: what one does takes nothing from the other, and tells nothing of the other.

let lab: HttpLab;

beforeEach(async () => {
  lab = await openHttpLab({ limits: { ...defaultHttpLimits, mostRequestsPerCaller: 3, mostSessionsPerCaller: 2 } });
});
afterEach(() => lab.close());

const session = (id: string) => ({ 'mcp-session-id': id });

const textOf = async (response: Promise<Response>) => (await response).text();

describe('requests at once', () => {
  test('of one caller are bounded; the others go on', async () => {
    const running = [1, 2, 3].map((id) => lab.post('alice', call('hold', {}, id)));
    await lab.holding(3);
    const refused = await lab.post('alice', call('who'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ jsonrpc: '2.0', error: { message: expect.stringContaining('3 ') } });
    expect(await textOf(lab.post('bob', call('who')))).toContain('"text":"bob"');
    lab.release();
    for (const answer of await Promise.all(running)) expect(await answer.text()).toContain('released');
    expect(await textOf(lab.post('alice', call('who')))).toContain('"text":"alice"');
  });

  test('are free again when their client has gone', async () => {
    const body = JSON.stringify(call('hold'));
    const head = `POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const gone = [1, 2, 3].map(() => lab.raw(head));
    await lab.holding(3);
    expect((await lab.post('alice', call('who'))).status).toBe(429);
    for (const { socket } of gone) socket.destroy();
    await lab.gone(3);
    expect((await lab.post('alice', call('who'))).status).toBe(200);
  });

  test('of a client that has gone while it was being admitted take no place', async () => {
    await lab.close();
    let gone = 0;
    const all = Promise.withResolvers<void>();
    lab = await openHttpLab({
      limits: { ...defaultHttpLimits, mostRequestsPerCaller: 3 },
      gate: {
        // As one that has to ask the login host for its keys.
        async admit({ socket, headers }) {
          if (headers['x-goes'] !== undefined) {
            await once(socket, 'close');
            gone += 1;
            if (gone === 3) all.resolve();
          }
          return { caller: new Caller({ id: 'alice' }) };
        },
        refuse: () => undefined,
      },
    });
    const head = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Goes: yes\r\nContent-Length: 2\r\n\r\n{}';
    for (const { socket } of [1, 2, 3].map(() => lab.raw(head))) socket.end();
    await all.promise;
    expect((await lab.post('alice', call('who'))).status).toBe(200);
  });

  test('count the messages of a batch', async () => {
    const batch = (size: number) => Array.from({ length: size }, (_, id) => call('hold', {}, id + 10));
    const held = lab.post('alice', batch(2), { 'mcp-protocol-version': '2025-03-26' });
    await lab.holding(2);
    expect((await lab.post('alice', batch(2))).status).toBe(429);
    const third = lab.post('alice', call('hold'));
    await lab.holding(3);
    expect((await lab.post('alice', call('who'))).status).toBe(429);
    lab.release();
    expect((await (await held).text()).match(/released/g)).toHaveLength(2);
    expect(await textOf(third)).toContain('released');
  });

  test('that nobody was admitted for count for nobody', async () => {
    const refused = await Promise.all(Array.from({ length: 10 }, () => lab.post(undefined, call('who'))));
    expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 401));
    expect((await lab.post('alice', call('who'))).status).toBe(200);
  });
});

describe('event streams', () => {
  test('are bounded for each caller, and take no place of a request', async () => {
    const open = await Promise.all([1, 2, 3].map(() => lab.post('alice', listen, listenHeaders)));
    for (const stream of open) expect(await nextOf(stream)).toContain('acknowledged');
    const refused = await lab.post('alice', listen, listenHeaders);
    expect(refused.status).toBe(429);
    expect((await lab.post('alice', call('who'))).status).toBe(200);
    const other = await lab.post('bob', listen, listenHeaders);
    expect(await nextOf(other)).toContain('acknowledged');
    lab.tell({ isListChanged: true, uris: [] });
    for (const stream of [...open, other]) expect(await nextOf(stream)).toContain('list_changed');
    for (const stream of [...open, other]) await stream.body?.cancel();
  });

  test('of a session count too', async () => {
    const id = await lab.openSession('alice');
    const open = await Promise.all([1, 2, 3].map(() => lab.post('alice', listen, listenHeaders)));
    expect((await lab.ask('GET', 'alice', session(id))).status).toBe(429);
    for (const stream of open) expect(await nextOf(stream)).toContain('acknowledged');
    const before = lab.told();
    await open[0]?.body?.cancel();
    await lab.telling(before - 1);
    const stream = await lab.ask('GET', 'alice', session(id));
    expect(stream.status).toBe(200);
    for (const one of [stream, ...open.slice(1)]) await one.body?.cancel();
  });

  test.each([
    ['of the modern family', async () => lab.post('alice', listen, listenHeaders)],
    ['of a session', async () => lab.ask('GET', 'alice', session(await lab.openSession('alice')))],
    ['of a call', async () => lab.post('alice', call('who'), session(await lab.openSession('alice')))],
  ])('%s are kept and buffered by nobody', async (_, open) => {
    const stream = await open();
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await stream.body?.cancel();
  });
});

describe('a session', () => {
  test('is that of who opened it: for everybody else it is not there', async () => {
    const id = await lab.openSession('alice');
    expect(await textOf(lab.post('alice', call('who'), session(id)))).toContain('"text":"alice"');
    const probes = [
      (as: string, of: string) => lab.post(as, call('who'), session(of)),
      (as: string, of: string) => lab.ask('GET', as, session(of)),
      (as: string, of: string) => lab.ask('DELETE', as, session(of)),
      (as: string, of: string) => lab.post(as, { jsonrpc: '2.0', method: 'notifications/cancelled' }, session(of)),
    ];
    const facts = async (answer: Response) => {
      const { date: _date, ...headers } = Object.fromEntries(answer.headers);
      return { status: answer.status, headers, body: await answer.text() };
    };
    for (const probe of probes) {
      const foreign = await facts(await probe('bob', id));
      expect(foreign).toEqual(await facts(await probe('bob', '00000000-0000-4000-8000-000000000000')));
      expect(foreign.status).toBe(404);
    }
    expect(await textOf(lab.post('alice', call('who'), session(id)))).toContain('"text":"alice"');
  });

  test('wants a caller with each request', async () => {
    const id = await lab.openSession('alice');
    expect((await lab.post(undefined, call('who'), session(id))).status).toBe(401);
  });

  test('ends when it is deleted, and is told of nothing more', async () => {
    const before = lab.told();
    const id = await lab.openSession('alice');
    expect(lab.told()).toBe(before + 1);
    expect((await lab.ask('DELETE', 'alice', session(id))).status).toBe(200);
    expect((await lab.post('alice', call('who'), session(id))).status).toBe(404);
    expect(lab.told()).toBe(before);
  });

  test('that is not begun leaves nothing behind', async () => {
    const before = lab.told();
    const refused = await lab.post('alice', { ...call('who'), method: 'initialize' });
    expect(refused.status).toBe(400);
    const wrong = {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    };
    expect((await lab.post('alice', wrong, { 'content-type': 'text/plain' })).status).toBe(415);
    expect(lab.told()).toBe(before);
  });

  test('makes room for another of the same caller, the one idle longest first; nobody else loses one', async () => {
    const bobs = await lab.openSession('bob');
    const first = await lab.openSession('alice');
    const second = await lab.openSession('alice');
    expect((await lab.post('alice', call('who'), session(first))).status).toBe(200);
    for (let flood = 0; flood < 20; flood++) await lab.openSession('alice');
    expect((await lab.post('alice', call('who'), session(first))).status).toBe(404);
    expect((await lab.post('alice', call('who'), session(second))).status).toBe(404);
    expect((await lab.post('bob', call('who'), session(bobs))).status).toBe(200);
  });

  test('that is in use stays while an idle one can make room', async () => {
    const inUse = await lab.openSession('alice');
    const idle = await lab.openSession('alice');
    const running = lab.post('alice', call('hold'), session(inUse));
    await lab.holding(1);
    const third = await lab.openSession('alice');
    expect((await lab.post('alice', call('who'), session(idle))).status).toBe(404);
    expect((await lab.post('alice', call('who'), session(third))).status).toBe(200);
    lab.release();
    expect(await textOf(running)).toContain('released');
  });
});
