import { Readable } from 'node:stream';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { beforeEach, describe, expect, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { builtInClouds } from '../../src/core/base/clouds.ts';
import { AppError } from '../../src/core/base/errors.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../src/core/telemetry/telemetry.ts';
import type { LimiterRegistry, SlotOutcome, SlotRequest } from '../../src/core/throttle/limiter-registry.ts';
import { createNetwork, type Network } from '../../src/runtime/network.ts';
import { connection } from '../core/http/client-fixture.ts';
import { testCall } from '../support/call.ts';
import { testToken } from '../support/test-token.ts';

/** A limiter that has nothing in common with the embedded one. */
class TallyLimiter implements LimiterRegistry {
  readonly asked: SlotRequest[] = [];
  readonly outcomes: SlotOutcome[] = [];
  refusal: Error | undefined;
  isClosed = false;

  async acquire(request: SlotRequest) {
    this.asked.push(request);
    if (this.refusal !== undefined) throw this.refusal;
    return { release: (outcome: SlotOutcome) => void this.outcomes.push(outcome) };
  }

  snapshot() {
    return { lanes: [], budgets: [] };
  }

  async close() {
    await Promise.resolve();
    this.isClosed = true;
  }
}

const graph: HttpClient = {
  async sendRequest(request) {
    const headers = createHttpHeaders({ 'content-type': 'application/json' });
    return { request, status: 200, headers, readableStreamBody: Readable.from([Buffer.from('{"id":"ada"}')]) };
  },
};

let limiter: TallyLimiter;
let network: Network;

beforeEach(() => {
  limiter = new TallyLimiter();
  network = createNetwork({
    clouds: new Map(Object.entries(builtInClouds)),
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    telemetry: noTelemetry,
    readSecret: async () => new Secret(testToken({ audience: 'https://graph.microsoft.com' })),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: () => undefined,
    httpClient: graph,
    limiter,
  });
});

async function read() {
  const opened = await network.open(connection({ rate_limit_key: 'shared' }, { auth_type: 'bearer' }), localCaller);
  return opened.graph.send({ method: 'GET', path: '/users/ada' }, testCall());
}

describe('a network with a limiter of its own', () => {
  test('asks it for a slot, and tells it what came of the attempt', async () => {
    expect((await read()).body).toEqual({ id: 'ada' });
    expect(limiter.asked).toMatchObject([{ key: 'shared', lane: expect.stringMatching(/^graph .* read$/) }]);
    expect(limiter.outcomes).toMatchObject([{ status: 200 }]);
    expect(network.limiter).toBe(limiter);
  });

  test('sends nothing that the limiter refuses', async () => {
    limiter.refusal = new AppError('throttled', 'Not now.');
    await expect(read()).rejects.toMatchObject({ code: 'throttled', message: 'Not now.' });
    expect(limiter.outcomes).toEqual([]);
  });

  test('waits until the limiter is closed', async () => {
    await network.close();
    expect(limiter.isClosed).toBe(true);
  });
});
