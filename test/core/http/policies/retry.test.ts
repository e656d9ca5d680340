import { describe, expect, test } from 'vitest';
import type { Repeatability } from '../../../../src/core/http/exchange.ts';
import { type AttemptOutcome, retryDelay } from '../../../../src/core/http/policies/retry.ts';
import { resolveSettings } from '../../../../src/core/http/settings.ts';
import { WireFailure } from '../../../../src/core/http/wire-failure.ts';

const { retry: settings } = resolveSettings({});
const answer = (status: number, headers: Record<string, string> = {}): AttemptOutcome => ({
  kind: 'answer',
  answer: { status, headers },
  transient: false,
});
const failure = (kind: 'reset' | 'timeout' | 'unreachable' | 'tls', sent: boolean): AttemptOutcome => ({
  kind: 'failure',
  failure: new WireFailure(kind, 'CODE', sent),
});

function delayOf(outcome: AttemptOutcome, repeatability: Repeatability, attempt = 1) {
  return retryDelay({ outcome, repeatability, attempt, settings, now: 0, random: () => 0.5 });
}

const table: readonly (readonly [string, AttemptOutcome, Record<Repeatability, boolean>])[] = [
  ['429', answer(429), { safe: true, idempotent: true, once: true }],
  ['509', answer(509), { safe: true, idempotent: true, once: true }],
  ['503 with Retry-After', answer(503, { 'retry-after': '1' }), { safe: true, idempotent: true, once: true }],
  ['503', answer(503), { safe: true, idempotent: true, once: false }],
  ['500', answer(500), { safe: true, idempotent: true, once: false }],
  ['502', answer(502), { safe: true, idempotent: true, once: false }],
  ['504', answer(504), { safe: true, idempotent: true, once: false }],
  ['408', answer(408), { safe: true, idempotent: true, once: false }],
  ['425', answer(425), { safe: true, idempotent: true, once: false }],
  ['423', answer(423), { safe: true, idempotent: true, once: true }],
  ['400', answer(400), { safe: false, idempotent: false, once: false }],
  ['404', answer(404), { safe: false, idempotent: false, once: false }],
  ['412', answer(412), { safe: false, idempotent: false, once: false }],
  ['a reset after sending', failure('reset', true), { safe: true, idempotent: true, once: false }],
  ['a timeout after sending', failure('timeout', true), { safe: true, idempotent: true, once: false }],
  ['an unreachable host', failure('unreachable', false), { safe: true, idempotent: true, once: true }],
  ['an untrusted certificate', failure('tls', false), { safe: false, idempotent: false, once: false }],
];

describe.each(table)('after %s', (_name, outcome, expected) => {
  test.each(['safe', 'idempotent', 'once'] as const)('a %s request is repeated as the table says', (repeatability) => {
    expect(delayOf(outcome, repeatability) !== undefined).toBe(expected[repeatability]);
  });

  test('nothing is repeated after the last attempt', () => {
    expect(delayOf(outcome, 'safe', settings.maxAttempts)).toBeUndefined();
  });
});

test('a locked object is tried three times, not more', () => {
  expect(delayOf(answer(423), 'safe', 2)).toBeDefined();
  expect(delayOf(answer(423), 'safe', 3)).toBeUndefined();
});

test('an answer that names no time doubles the pause, by backoff_base and backoff_factor, plus jitter', () => {
  expect([1, 2, 3].map((attempt) => delayOf(answer(503), 'safe', attempt))).toEqual([550, 1050, 2050]);
});

test('our own pauses end at 60 s; the pauses of the service do not', () => {
  const patient = { ...settings, maxAttempts: 20 };
  const question = { repeatability: 'safe', attempt: 15, settings: patient, now: 0, random: () => 0 } as const;
  expect(retryDelay({ ...question, outcome: answer(503) })).toBe(60_000);
  expect(retryDelay({ ...question, outcome: answer(503, { 'retry-after': '900' }) })).toBe(900_000);
});

test('jitter only ever lengthens a wait', () => {
  const question = {
    outcome: answer(429, { 'retry-after': '7' }),
    repeatability: 'safe',
    attempt: 1,
    settings,
    now: 0,
  } as const;
  expect(retryDelay({ ...question, random: () => 0 })).toBe(7000);
  expect(retryDelay({ ...question, random: () => 0.999 })).toBeGreaterThan(7000);
});

test('the longer of Retry-After and RateLimit-Reset counts', () => {
  expect(delayOf(answer(429, { 'retry-after': '2', 'ratelimit-reset': '31' }), 'safe')).toBe(31_050);
});

test('retry_on_status and retry_after_header_names of the connection are honoured', () => {
  const { retry } = resolveSettings({
    retry: { retry_on_status: [404], retry_after_header_names: ['X-Wait'], jitter: 0 },
  });
  const question = { repeatability: 'safe', attempt: 1, settings: retry, now: 0, random: () => 0.5 } as const;
  expect(retryDelay({ ...question, outcome: answer(404, { 'x-wait': '3' }) })).toBe(3000);
  expect(retryDelay({ ...question, outcome: answer(503) })).toBeUndefined();
});
