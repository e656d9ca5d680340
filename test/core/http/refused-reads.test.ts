import 'bottleneck';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { expect, test, vi } from 'vitest';
import { delay } from '../../../src/core/base/delay.ts';
import { testCall } from '../../support/call.ts';
import { testClient } from './client-fixture.ts';

const latencyMs = 20;
const retryAfterMs = 5000;

/** Refuses every fourth request, however slowly they come. */
class CountingService implements HttpClient {
  requests = 0;
  refusals = 0;
  /** Requests that were sent after a refusal had arrived and before its pause was over. */
  early = 0;
  #pausedUntil = 0;

  async sendRequest(request: Parameters<HttpClient['sendRequest']>[0]) {
    this.requests += 1;
    const isRefused = this.requests % 4 === 0;
    if (Date.now() < this.#pausedUntil) this.early += 1;
    // Answers to requests that were sent together do not arrive at the same moment.
    await delay(latencyMs + (this.requests % 5));
    if (!isRefused) return { request, status: 200, headers: createHttpHeaders(), bodyAsText: '' };
    this.refusals += 1;
    this.#pausedUntil = Date.now() + retryAfterMs;
    return { request, status: 429, headers: createHttpHeaders({ 'retry-after': '5' }), bodyAsText: '' };
  }
}

test.each([
  { callers: 1, random: 0.5 },
  { callers: 1, random: 0.999 },
  { callers: 8, random: 0.5 },
  { callers: 8, random: 0.999 },
])('$callers callers with 60 reads each lose no more than the pauses that are asked for ($random)', async (run) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const service = new CountingService();
  const settings = { retry: { max_attempts: 20, max_elapsed: 86_400 } };
  const client = testClient({ httpClient: service, random: () => run.random, settings });
  const startedAt = Date.now();
  const read = async (clientRequestId: string) => {
    for (let at = 0; at < 60; at++) {
      await client.send({ method: 'GET', path: '/users/1' }, testCall({ clientRequestId }));
    }
    return Date.now() - startedAt;
  };
  let isDone = false;
  const all = Promise.all(Array.from({ length: run.callers }, (_, at) => read(`call-${at}`))).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersToNextTimerAsync();
  }
  const times = await all;
  expect(service.requests - service.refusals).toBe(run.callers * 60);
  expect(service.early).toBe(0);
  const serviceMs = (service.requests * latencyMs) / Math.min(4, run.callers);
  expect(Math.max(...times) / (service.refusals * retryAfterMs + serviceMs)).toBeLessThanOrEqual(1.02);
  expect(Math.min(...times) / Math.max(...times)).toBeGreaterThan(0.9);
});
