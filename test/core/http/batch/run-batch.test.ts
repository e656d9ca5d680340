import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import type { ApiClient, ApiRequest } from '../../../../src/core/http/api-client.ts';
import type { BatchEntry } from '../../../../src/core/http/batch/batch-item.ts';
import { type BatchRunOptions, runBatch } from '../../../../src/core/http/batch/run-batch.ts';
import { resolveSettings } from '../../../../src/core/http/settings.ts';
import { batchEntries, type EntryShape } from '../../../support/batch-entries.ts';
import { testCall } from '../../../support/call.ts';
import { fakeTime, passTime } from '../../../support/pass-time.ts';

interface WireItem {
  readonly id: string;
  readonly dependsOn?: readonly string[];
}

type ItemAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A service that answers each item as `answer` says; `attempt` counts per item, from 1. */
function service(answer: (id: string, attempt: number, at: number) => ItemAnswer, latencyMs = 20) {
  const envelopes: { readonly at: number; readonly ids: string[]; readonly items: readonly WireItem[] }[] = [];
  const attempts = new Map<string, number>();
  let inFlight = 0;
  let mostInFlight = 0;
  const client: ApiClient = {
    api: 'graph',
    resolveUrl: () => 'https://graph.example/v1.0/$batch',
    async send(request: ApiRequest) {
      const { requests } = request.body as { requests: WireItem[] };
      envelopes.push({ at: Date.now(), ids: requests.map(({ id }) => id), items: requests });
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
      inFlight -= 1;
      const responses = requests.map(({ id }) => {
        const attempt = (attempts.get(id) ?? 0) + 1;
        attempts.set(id, attempt);
        return { id: id.toUpperCase(), headers: {}, ...answer(id, attempt, Date.now()) };
      });
      const body = { responses: responses.toReversed() };
      return { status: 200, headers: {}, body, sizeBytes: 0, url: 'https://graph.example/v1.0/$batch', requestId: 'q' };
    },
  };
  return { client, envelopes, attempts, most: () => mostInFlight };
}

function options(client: ApiClient, more: Partial<BatchRunOptions> = {}): BatchRunOptions {
  return {
    client,
    settings: resolveSettings({}),
    clock: { now: () => Date.now() },
    random: () => 0,
    continueOnError: true,
    expectedStatuses: [],
    mapUntrue: () => undefined,
    mapFailure: (_entry, { status }, tooLongMs) =>
      new AppError(
        status === 429 ? 'throttled' : status === 503 ? 'outcome_unknown' : 'upstream_error',
        `It failed: ${status}.`,
        {
          status,
          ...(tooLongMs === undefined ? {} : { retryAfterMs: tooLongMs }),
        },
      ),
    isTransient: () => false,
    mapLostOutcome: (_entry, error) => error,
    sendAlone: () => Promise.reject(new Error('not expected')),
    ...more,
  };
}

const free = (count: number, shape: EntryShape = {}): EntryShape[] => Array.from({ length: count }, () => shape);
const ok: ItemAnswer = { status: 200, body: {} };

async function run(entries: readonly BatchEntry[], given: BatchRunOptions, call = testCall()): Promise<void> {
  fakeTime();
  await passTime(runBatch(entries, given, call));
}

describe('many envelopes', () => {
  test('go in parallel within the limit, and every item gets its own answer', async () => {
    const { client, envelopes, most } = service((id) => ({ status: 200, body: { id } }));
    const entries = batchEntries(free(400));
    await run(entries, options(client));
    expect(envelopes).toHaveLength(20);
    expect(most()).toBe(4);
    expect(entries.map(({ result }) => (result as { body: { id: string } }).body.id)).toEqual(
      entries.map(({ wire }) => wire.id),
    );
  });

  test('2,000 reads take as long as a hand-written loop with the same number of envelopes at once', async () => {
    const { client } = service(() => ok);
    const entries = batchEntries(free(2_000));
    fakeTime();
    const started = Date.now();
    await passTime(runBatch(entries, options(client), testCall()));
    // 100 envelopes, 4 at once, 20 ms each; passTime counts in steps of 25 ms.
    expect(Date.now() - started).toBeLessThanOrEqual(25 * 25 * 1.15);
  });

  test('at most four requests of a mailbox are on their way', async () => {
    const inFlight: number[] = [];
    let now = 0;
    const { client } = service(() => ok);
    const counting: ApiClient = {
      ...client,
      async send(request, call) {
        const { requests } = request.body as { requests: WireItem[] };
        now += requests.length;
        inFlight.push(now);
        const answer = await client.send(request, call);
        now -= requests.length;
        return answer;
      },
    };
    await run(batchEntries(free(20, { lane: 'users/ada' })), options(counting));
    expect(Math.max(...inFlight)).toBe(4);
  });
});

describe('throttled items', () => {
  test('wait for the longest delay together; nothing is sent in between', async () => {
    const waits = new Map([
      ['r3', '4'],
      ['r25', '9'],
      ['r47', '2.5'],
    ]);
    const { client, envelopes } = service((id, attempt) =>
      waits.has(id) && attempt === 1 ? { status: 429, headers: { 'Retry-After': waits.get(id) ?? '' } } : ok,
    );
    const entries = batchEntries(free(200));
    await run(entries, options(client));
    const [first] = envelopes;
    const pausedUntil = (first?.at ?? 0) + 20 + 9_000;
    const started = envelopes.filter(({ at }) => at > (first?.at ?? 0) && at < pausedUntil);
    expect(started).toEqual([]);
    expect(envelopes.find(({ ids }) => ids.length === 3)?.ids).toEqual(['r3', 'r25', 'r47']);
    expect(entries.every(({ result }) => result?.success)).toBe(true);
  });

  test('are not given up while others get through', async () => {
    let budget = 20;
    let refilledAt = 0;
    const { client } = service((_id, _attempt, at) => {
      if (at - refilledAt >= 1_000) {
        budget = 20;
        refilledAt = at;
      }
      budget -= 1;
      return budget >= 0 ? ok : { status: 429, headers: { 'Retry-After': '1' } };
    });
    const entries = batchEntries(free(200));
    await run(entries, options(client));
    expect(entries.filter(({ result }) => !result?.success)).toEqual([]);
  });

  test('are given up after the allowed attempts when nothing gets through', async () => {
    const { client, attempts } = service(() => ({ status: 429, headers: { 'Retry-After': '1' } }));
    const entries = batchEntries(free(3));
    await run(entries, options(client));
    expect([...attempts.values()]).toEqual([4, 4, 4]);
    expect(entries[0]?.result).toMatchObject({ success: false, status: 429, error: { code: 'throttled' } });
  });

  test('a wait beyond the deadline fails at once and says how long it is', async () => {
    const { client, envelopes } = service(() => ({ status: 429, headers: { 'Retry-After': '300' } }));
    fakeTime();
    const entries = batchEntries(free(1));
    await run(entries, options(client), testCall({ deadlineAt: Date.now() + 60_000 }));
    expect(envelopes).toHaveLength(1);
    expect(entries[0]?.result?.error).toMatchObject({ retry_after_seconds: 300 });
  });

  test('of one mailbox do not hold up the others', async () => {
    const shapes = [...free(4, { lane: 'users/ada' }), ...free(80, { lane: 'users/bob' })];
    const { client, envelopes } = service((id, attempt) =>
      id === 'r0' && attempt === 1 ? { status: 429, headers: { 'Retry-After': '30' } } : ok,
    );
    await run(batchEntries(shapes), options(client));
    const first = envelopes[0]?.at ?? 0;
    const others = envelopes.filter(({ ids }) => !ids.includes('r0'));
    expect(others.every(({ at }) => at - first < 5_000)).toBe(true);
    expect((envelopes.at(-1)?.at ?? 0) - first).toBeGreaterThanOrEqual(30_000);
  });
});

describe('writes', () => {
  test('a creation with a doubtful answer is not repeated, an absolute change is', async () => {
    const { client, attempts } = service((_id, attempt) => (attempt === 1 ? { status: 503 } : ok));
    const entries = batchEntries([{ method: 'POST' }, { method: 'PATCH' }, {}]);
    await run(entries, options(client));
    expect(Object.fromEntries(attempts)).toEqual({ r0: 1, r1: 2, r2: 2 });
    expect(entries.map(({ result }) => result?.success)).toEqual([false, true, true]);
  });

  test.each([
    ['is missing in the answer', []],
    ['has no status', [{ id: 'r0' }]],
    ['has no status of an answer', [{ id: 'r0', status: 100 }]],
    ['has words as its status', [{ id: 'r0', status: 'OK' }]],
  ])('an item that %s may have happened', async (_, responses) => {
    const { client } = service(() => ok);
    const silent: ApiClient = {
      ...client,
      send: async (request, call) => ({ ...(await client.send(request, call)), body: { responses } }),
    };
    const entries = batchEntries([{ method: 'POST' }]);
    await run(entries, options(silent));
    expect(entries[0]?.result).toMatchObject({ success: false, error: { code: 'outcome_unknown' } });
  });

  test('what depends on a creation with a lost answer may have happened too and is left alone', async () => {
    const { client, attempts } = service(() => ok);
    let sent = 0;
    const lossy: ApiClient = {
      ...client,
      send: (request, call) =>
        ++sent === 1 ? Promise.reject(new AppError('outcome_unknown', 'Lost.')) : client.send(request, call),
    };
    const entries = batchEntries([{ method: 'POST' }, { method: 'PATCH', dependsOn: [0] }, { method: 'PATCH' }, {}]);
    await run(entries, options(lossy));
    expect([...attempts.keys()]).toEqual(['r2', 'r3']);
    expect(entries.map(({ result }) => result?.success)).toEqual([false, false, true, true]);
  });

  test('those that depend on a throttled one are sent again with it', async () => {
    const { client, envelopes } = service((id, attempt) =>
      attempt > 1
        ? ok
        : id === 'r0'
          ? { status: 429, headers: { 'Retry-After': '1' } }
          : id === 'r1'
            ? { status: 424 }
            : ok,
    );
    const entries = batchEntries([{ method: 'POST' }, { method: 'PATCH', dependsOn: [0] }, {}]);
    await run(entries, options(client));
    expect(envelopes[1]?.items).toEqual([
      expect.objectContaining({ id: 'r0' }),
      expect.objectContaining({ id: 'r1', dependsOn: ['r0'] }),
    ]);
    expect(entries.every(({ result }) => result?.success)).toBe(true);
  });

  test('those that depend on a failed one are not sent in a later wave', async () => {
    const diamond = [{}, { dependsOn: [0] }, { dependsOn: [0] }, { dependsOn: [1, 2] }];
    const { client, attempts } = service((id) => (id === 'r1' ? { status: 400 } : ok));
    const entries = batchEntries(diamond);
    await run(entries, options(client));
    expect(attempts.has('r3')).toBe(false);
    expect(entries[3]?.result).toMatchObject({
      status: 424,
      success: false,
      error: { message: expect.stringContaining('r1') },
    });
  });

  test('without continueOnError nothing is sent after a failure', async () => {
    const { client, envelopes } = service((id) => (id === 'r25' ? { status: 400 } : ok));
    const entries = batchEntries(free(100, { method: 'PATCH' }));
    await run(entries, options(client, { continueOnError: false }));
    expect(envelopes).toHaveLength(2);
    expect(entries.slice(40).every(({ result }) => result?.notSent === true && result.status === 0)).toBe(true);
  });
});

describe('the end of the time', () => {
  test('tells what is done and what was not sent', async () => {
    const { client } = service(() => ok, 400);
    fakeTime();
    const entries = batchEntries(free(400));
    await run(entries, options(client), testCall({ deadlineAt: Date.now() + 1_000 }));
    const done = entries.filter(({ result }) => result?.success).length;
    const unsent = entries.filter(({ result }) => result?.notSent && result.error?.['code'] === 'timeout').length;
    expect(done).toBeGreaterThanOrEqual(160);
    expect(unsent).toBe(400 - done);
    expect(unsent).toBeGreaterThan(0);
  });

  test('a cancelled call ends with an error, and nothing is sent afterwards', async () => {
    const controller = new AbortController();
    const { client, envelopes } = service((id) => {
      if (id === 'r10') controller.abort();
      return ok;
    });
    const entries = batchEntries(free(400));
    const running = run(entries, options(client), testCall({ signal: controller.signal }));
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(envelopes.length).toBeLessThanOrEqual(8);
  });
});

test('a failure of the only envelope is the failure of the call', async () => {
  const error = new AppError('unauthenticated', 'No token.', { status: 401 });
  const client: ApiClient = { ...service(() => ok).client, send: () => Promise.reject(error) };
  await expect(run(batchEntries(free(3)), options(client))).rejects.toBe(error);
});

test('a failure of a later envelope does not hide what is done', async () => {
  let sent = 0;
  const { client } = service(() => ok);
  const failing: ApiClient = {
    ...client,
    send: (request, call) =>
      ++sent > 1
        ? Promise.reject(new AppError('permission_denied', 'No more.', { status: 403 }))
        : client.send(request, call),
  };
  const entries = batchEntries(free(60, { method: 'PATCH' }));
  await run(entries, options(failing, { continueOnError: false }));
  expect(entries.map(({ result }) => result?.status)).toEqual([
    ...Array(20).fill(200),
    ...Array(20).fill(403),
    ...Array(20).fill(0),
  ]);
});
