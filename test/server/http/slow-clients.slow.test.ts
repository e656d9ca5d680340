import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { defaultHttpLimits } from '../../../src/runtime/config/http-rules.ts';
import { call, type HttpLab, type HttpLabOptions, openHttpLab } from '../../support/http-lab.ts';

// Clients that begin and do not go on, that send too much, or that do not read: each is ended, and the others are served.

let lab: HttpLab;
afterEach(() => lab.close());

const quick = { headersMs: 150, requestMs: 300, keepAliveMs: 150, stallMs: 300, checkMs: 20 };

async function open(options: HttpLabOptions = {}): Promise<HttpLab> {
  lab = await openHttpLab(options);
  return lab;
}

const head = (...lines: string[]) =>
  ['POST /mcp HTTP/1.1', 'Host: localhost', 'Authorization: Bearer alice', 'Content-Type: application/json', ...lines]
    .map((line) => `${line}\r\n`)
    .join('');
const whole = (message: unknown) => {
  const body = JSON.stringify(message);
  return `${head(`Content-Length: ${Buffer.byteLength(body)}`)}\r\n${body}`;
};

async function stillServes(): Promise<void> {
  expect(await (await lab.post('bob', call('who'))).text()).toContain('"text":"bob"');
}

describe('a client that does not go on is ended', () => {
  test.each([
    ['after it has connected', ''],
    ['within the first line', 'POST /mc'],
    ['within its headers', head()],
    ['before its body', `${head('Content-Length: 100')}\r\n`],
    ['within its body', `${head('Content-Length: 100')}\r\n{"jsonrpc":`],
    ['within a chunked body', `${head('Transfer-Encoding: chunked')}\r\n5\r\n{"jso\r\n`],
  ])('%s', async (_, text) => {
    await open({ timeouts: quick });
    const { ended, socket } = lab.raw(text);
    socket.on('end', () => undefined);
    expect(await ended).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    await stillServes();
    expect(lab.built()).toBe(1);
    expect(lab.errors).toEqual([]);
  });

  test.each([
    ['headers', head(), 'X-Slow: 1\r\n'],
    ['a body', `${head('Content-Length: 1000000')}\r\n`, ' '],
    ['chunks of a body', `${head('Transfer-Encoding: chunked')}\r\n`, '1\r\n \r\n'],
  ])('also while %s trickles', async (_, text, drop) => {
    await open({ timeouts: quick });
    const { ended, socket } = lab.raw(text);
    const trickle = setInterval(() => socket.write(drop), 10);
    onTestFinished(() => clearInterval(trickle));
    expect(await ended).toMatch(/^(?:HTTP\/1\.1 408 |$)/);
    await stillServes();
  });

  test('between two requests', async () => {
    await open({ timeouts: quick });
    const { ended } = lab.raw(whole(call('who')));
    expect(await ended).toContain('HTTP/1.1 200');
  });

  test('and one that has said all and waits is not', async () => {
    await open({ timeouts: { ...quick, stallMs: 50 } });
    const waiting = lab.raw(whole(call('hold')));
    await lab.holding(1);
    // Its connection is quiet for longer than any of the limits: others are ended meanwhile.
    for (let round = 0; round < 3; round++) await lab.raw(head()).ended;
    lab.release();
    expect(await waiting.until(/released/)).toContain('HTTP/1.1 200');
  });
});

describe('too much', () => {
  test('in the headers is refused', async () => {
    await open();
    const { until } = lab.raw(head(...Array.from({ length: 40 }, (_, at) => `X-${at}: ${'x'.repeat(1_000)}`), ''));
    expect(await until(/\r\n/)).toMatch(/^HTTP\/1\.1 431 /);
    await stillServes();
  });

  test('is no token with many groups', async () => {
    await open();
    expect((await lab.post('alice', call('who'), { 'x-padding': 'x'.repeat(24_000) })).status).toBe(200);
  });

  test.each([
    ['declared', (bytes: number) => `${head(`Content-Length: ${bytes}`)}\r\n${' '.repeat(bytes)}`],
    [
      'in chunks',
      (bytes: number) =>
        `${head('Transfer-Encoding: chunked')}\r\n${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n0\r\n\r\n`,
    ],
  ])('in the body, %s, is refused in JSON', async (_, request) => {
    await open({ limits: { ...defaultHttpLimits, mostBodyBytes: 2_000 } });
    const { until } = lab.raw(request(2_001));
    const answer = await until(/\}$/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('larger than 2000 bytes');
    expect(lab.built()).toBe(0);
  });

  test('in the body is read to no end: the connection is cut', async () => {
    await open({ limits: { ...defaultHttpLimits, mostBodyBytes: 2_000 } });
    const { ended, socket } = lab.raw(`${head('Content-Length: 100000000')}\r\n`);
    const pour = setInterval(() => socket.write(' '.repeat(5_000)), 1);
    onTestFinished(() => clearInterval(pour));
    await ended;
    expect(lab.errors).toEqual([]);
    await stillServes();
  });

  test('of a body that nobody was admitted for is not read', async () => {
    await open();
    const { until } = lab.raw('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n');
    expect(await until(/\r\n/)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('requests behind one another on one connection', () => {
  test('are answered in their order', async () => {
    await open();
    const { until } = lab.raw([1, 2, 3].map((id) => whole(call('who', {}, id))).join(''));
    const answers = await until(/(?:"id":\d[\s\S]*){3}/);
    expect([...answers.matchAll(/"id":(\d)/g)].map(([, id]) => id)).toEqual(['1', '2', '3']);
  });

  test('of a client that reads nothing are no more than the limit of a caller', async () => {
    await open({ limits: { ...defaultHttpLimits, mostRequestsPerCaller: 2 } });
    const { socket, until } = lab.raw(Array.from({ length: 10 }, (_, id) => whole(call('hold', {}, id))).join(''));
    await lab.holding(2);
    expect(lab.built()).toBe(2);
    lab.release();
    expect(await until(/429 Too Many Requests/)).toContain('released');
    socket.destroy();
  });

  test('cannot hide in a body: lengths that contradict are refused', async () => {
    await open();
    const smuggled = `${head('Content-Length: 4', 'Transfer-Encoding: chunked')}\r\n0\r\n\r\n${whole(call('who'))}`;
    expect(await lab.raw(smuggled).ended).toMatch(/^HTTP\/1\.1 400 /);
    expect(lab.built()).toBe(0);
  });
});

test('a client that does not read its answer is ended, and what waits for it is given up', async () => {
  await open({ timeouts: quick });
  const { socket, ended } = lab.raw(whole(call('big', { bytes: 24_000_000 })));
  socket.pause();
  // Nothing is read; that the connection was cut shows when something is written.
  const write = setInterval(() => socket.write(' '), 20);
  onTestFinished(() => clearInterval(write));
  expect((await ended).length).toBeLessThan(24_000_000);
  await stillServes();
});

describe('open sockets', () => {
  test('are bounded: another one is closed at once, which is told once, and there is room again', async () => {
    await open({ limits: { ...defaultHttpLimits, mostSockets: 3 } });
    const open3 = [1, 2, 3].map((id) => lab.raw(whole(call('hold', {}, id))));
    await lab.holding(3);
    for (let flood = 0; flood < 5; flood++) expect(await lab.raw(whole(call('who'))).ended).toBe('');
    expect(lab.errors.map(({ message }) => message)).toEqual([expect.stringContaining('http.limits.max_sockets')]);
    lab.release();
    for (const one of open3) await one.until(/released/);
    for (const one of open3) one.socket.destroy();
    await Promise.all(open3.map((one) => one.ended));
    for (;;) {
      const next = lab.raw(whole(call('who')).replace('Host:', 'Connection: close\r\nHost:'));
      if ((await next.ended).includes('"text":"alice"')) break;
    }
  });
});
