import { describe, expect, test } from 'vitest';
import { type AcquireToken, createTokenCache } from '../../../src/core/auth/token-cache.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import { failureOf, handClock } from '../connections/support.ts';

const audience = 'https://graph.example';
const minute = 60_000;

/** An authority that answers `token-1`, `token-2`, … each with the given life, when it is let. */
function authority(clock: { now(): number }, lifeMs = 60 * minute) {
  let asked = 0;
  const acquire: AcquireToken = async () => {
    asked += 1;
    return { token: `token-${asked}`, expiresAt: clock.now() + lifeMs };
  };
  return { acquire, asked: () => asked };
}

function deferred<T>() {
  return Promise.withResolvers<T>();
}

describe('a token that is cached', () => {
  test('is used until five minutes before its end', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire } = authority(clock);
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-1');
    clock.advance(55 * minute - 1);
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-1');
    clock.advance(1);
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-2');
  });

  test('is used for half of its life when that is short', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire } = authority(clock, 4 * minute);
    await cache.get('k', { audience }, acquire);
    clock.advance(2 * minute - 1);
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-1');
    clock.advance(1);
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-2');
  });

  test('belongs to its key', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire } = authority(clock);
    expect((await cache.get('a', { audience }, acquire)).token).toBe('token-1');
    expect((await cache.get('b', { audience }, acquire)).token).toBe('token-2');
  });

  test('is replaced when it was refused, once for all who were refused', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire, asked } = authority(clock);
    const { token } = await cache.get('k', { audience }, acquire);
    const refused = { audience, refused: token };
    const tokens = await Promise.all([cache.get('k', refused, acquire), cache.get('k', refused, acquire)]);
    expect(tokens.map((one) => one.token)).toEqual(['token-2', 'token-2']);
    expect((await cache.get('k', refused, acquire)).token).toBe('token-2');
    expect(asked()).toBe(2);
  });

  test('is passed over for claims and for a fresh one', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire } = authority(clock);
    await cache.get('k', { audience }, acquire);
    expect((await cache.get('k', { audience, claims: '{"access_token":{}}' }, acquire)).token).toBe('token-2');
    expect((await cache.get('k', { audience, fresh: true }, acquire)).token).toBe('token-3');
    expect((await cache.get('k', { audience }, acquire)).token).toBe('token-3');
  });

  test('is used on while the authority has trouble, to its very end', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    await cache.get('k', { audience }, authority(clock).acquire);
    const trouble: AcquireToken = () =>
      Promise.reject(new AppError('upstream_unavailable', 'down', { retryable: true }));
    clock.advance(56 * minute);
    expect((await cache.get('k', { audience }, trouble)).token).toBe('token-1');
    expect(await failureOf(cache.get('k', { audience, refused: 'token-1' }, trouble))).toMatchObject({
      message: 'down',
    });
    clock.advance(4 * minute);
    expect(await failureOf(cache.get('k', { audience }, trouble))).toMatchObject({ code: 'upstream_unavailable' });
  });
});

describe('a refresh', () => {
  test('is shared by all who ask meanwhile', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire, asked } = authority(clock);
    const tokens = await Promise.all(Array.from({ length: 50 }, () => cache.get('k', { audience }, acquire)));
    expect(new Set(tokens.map(({ token }) => token))).toEqual(new Set(['token-1']));
    expect(asked()).toBe(1);
  });

  test('goes on when one of its callers cancels', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const answer = deferred<{ token: string; expiresAt: number }>();
    let aborted = false;
    const acquire: AcquireToken = (signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return answer.promise;
    };
    const first = new AbortController();
    const cancelledCall = failureOf(cache.get('k', { audience, signal: first.signal }, acquire));
    const other = cache.get('k', { audience, signal: new AbortController().signal }, acquire);
    first.abort();
    expect(await cancelledCall).toMatchObject({ code: 'cancelled' });
    answer.resolve({ token: 'token-1', expiresAt: clock.now() + 60 * minute });
    expect((await other).token).toBe('token-1');
    expect(aborted).toBe(false);
  });

  test('ends when all of its callers cancel, and the next caller starts anew', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    let aborted = 0;
    const hanging: AcquireToken = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
          reject(new AppError('cancelled', 'gone'));
        });
      });
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => failureOf(cache.get('k', { audience, signal }, hanging)));
    for (const controller of controllers) {
      controller.abort();
    }
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['cancelled', 'cancelled']);
    expect(aborted).toBe(1);
    expect((await cache.get('k', { audience }, authority(clock).acquire)).token).toBe('token-1');
  });

  test('is not started for a caller that has cancelled already', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const { acquire, asked } = authority(clock);
    const signal = AbortSignal.abort();
    expect(await failureOf(cache.get('k', { audience, signal }, acquire))).toMatchObject({ code: 'cancelled' });
    expect(asked()).toBe(0);
  });
});

describe('a failure', () => {
  const refuse = (asked: { count: number }, options: { retryAfterMs?: number } = {}): AcquireToken => {
    return () => {
      asked.count += 1;
      return Promise.reject(new AppError('unauthenticated', 'no', { hint: 'Do it right.', ...options }));
    };
  };

  test('is remembered for five seconds', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const asked = { count: 0 };
    for (let call = 0; call < 10; call++) {
      expect(await failureOf(cache.get('k', { audience, fresh: true }, refuse(asked)))).toMatchObject({
        hint: 'Do it right.',
      });
    }
    expect(asked.count).toBe(1);
    clock.advance(5_000);
    expect((await cache.get('k', { audience }, authority(clock).acquire)).token).toBe('token-1');
  });

  test('is remembered as long as the authority asks to wait, and says what is left', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    const asked = { count: 0 };
    await failureOf(cache.get('k', { audience }, refuse(asked, { retryAfterMs: 30_000 })));
    clock.advance(20_000);
    expect(await failureOf(cache.get('k', { audience }, refuse(asked)))).toMatchObject({ retryAfterMs: 10_000 });
    expect(asked.count).toBe(1);
  });

  test('belongs to its key', async () => {
    const clock = handClock();
    const cache = createTokenCache({ clock });
    await failureOf(cache.get('old secret', { audience }, refuse({ count: 0 })));
    expect((await cache.get('new secret', { audience }, authority(clock).acquire)).token).toBe('token-1');
  });
});
