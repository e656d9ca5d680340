import 'bottleneck';
import { describe, expect, test } from 'vitest';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { testCall } from '../../support/call.ts';
import { fail, settle } from './client-fixture.ts';
import { get, post, serveEachTest, until } from './served-client.ts';

const served = serveEachTest();

describe('silence of the service', () => {
  test('longer than timeouts.read is a timeout of a read, after its repetitions', async () => {
    served.server.react({ silent: true }, { silent: true });
    const settings = { timeouts: { read: 2 }, retry: { max_attempts: 2 } };
    expect(await fail(served.client({ settings }).send(get, testCall()))).toMatchObject({
      code: 'timeout',
      retryable: true,
    });
    expect(served.server.seen).toHaveLength(2);
  });

  test('after a POST leaves its outcome unknown', async () => {
    served.server.react({ silent: true });
    const settings = { timeouts: { read: 2 } };
    expect(await fail(served.client({ settings }).send(post, testCall()))).toMatchObject({ code: 'outcome_unknown' });
    expect(served.server.seen).toHaveLength(1);
  });
});

describe('cancellation', () => {
  test('before anything is sent sends nothing', async () => {
    const signal = AbortSignal.abort();
    expect(await fail(served.client().send(get, testCall({ signal })))).toMatchObject({ code: 'cancelled' });
    expect(served.server.seen).toHaveLength(0);
  });

  test('during the wait for a repetition sends nothing more', async () => {
    const controller = new AbortController();
    served.server.react({ status: 500 });
    const sending = settle(served.client().send(get, testCall({ signal: controller.signal })));
    await until(() => !(served.server.seen.length === 0));
    controller.abort();
    expect(await sending).toMatchObject({ reason: { code: 'cancelled' } });
    expect(served.server.seen).toHaveLength(1);
  });

  test('during a pause of the key sends nothing more', async () => {
    const controller = new AbortController();
    const limiter = createLimiterRegistry();
    served.server.react({ status: 429, headers: { 'retry-after': '5' } });
    const sending = served.client({ limiter }).send(get, testCall({ signal: controller.signal }));
    const outcome = expect(sending).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => !(limiter.snapshot().lanes[0]?.waiting !== 1));
    controller.abort();
    await outcome;
    expect(limiter.snapshot().lanes[0]).toMatchObject({ waiting: 0, inFlight: 0 });
    expect(served.server.seen).toHaveLength(1);
  });

  test('closes the socket of a request on its way', async () => {
    const controller = new AbortController();
    served.server.react({ silent: true });
    const sending = served.client().send(get, testCall({ signal: controller.signal }));
    const outcome = expect(sending).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => !(served.server.seen.length === 0));
    controller.abort();
    await outcome;
    expect(served.server.seen).toHaveLength(1);
  });

  test('at the deadline is a timeout of a read and an unknown outcome of a write', async () => {
    for (const [request, code] of [
      [get, 'timeout'],
      [post, 'outcome_unknown'],
    ] as const) {
      const controller = new AbortController();
      served.server.react({ silent: true });
      const before = served.server.seen.length;
      const sending = served.client().send(request, testCall({ signal: controller.signal, deadlineAt: Date.now() }));
      const outcome = expect(sending).rejects.toMatchObject({ code });
      await until(() => !(served.server.seen.length === before));
      controller.abort();
      await outcome;
    }
  });
});
