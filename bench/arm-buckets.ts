import { mock } from 'node:test';
import { operatorAt } from '../src/core/base/authority.ts';
import type { CallContext } from '../src/core/base/call-context.ts';
import { localCaller } from '../src/core/base/caller.ts';
import { Secret } from '../src/core/secrets/secret.ts';
import { createLogger } from '../src/core/telemetry/logger.ts';
import { noTelemetry } from '../src/core/telemetry/telemetry.ts';
import type { ConnectedServices } from '../src/runtime/connect-services.ts';
import { createNetwork, type Network } from '../src/runtime/network.ts';
import { createSandbox } from '../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';
import { type Bench, expectEqual } from './support/bench.ts';
import type { Figure } from './support/figures.ts';

/** Buckets of Resource Manager, per subscription and principal. */
const bucket = { capacity: 250, perSecond: 25 };
const atOnce = 64;
const stepMs = 20;

/**
 * Reads of one subscription until its bucket is empty and beyond, beside the best time that the bucket allows. The
 * sandbox's clock is fast-forwarded: what is measured is its time, which does not depend on the machine.
 */
export const armBucketsBench: Bench = {
  name: 'arm-buckets',
  title: 'Azure Resource Manager: reads beyond the bucket of a subscription, by the clock of the sandbox',
  async run({ quick, say }) {
    const reads = quick ? 500 : 2000;
    say(`${reads} reads`);
    const sandbox = createSandbox({ users: 1 });
    const network = openNetwork(sandbox);
    try {
      return await measure(sandbox, await network.open(recordOf(sandbox), localCaller), reads);
    } finally {
      mock.timers.reset();
      await network.close();
      await sandbox.close();
    }
  },
};

async function measure(sandbox: Sandbox, connection: ConnectedServices, reads: number): Promise<Figure[]> {
  const { subscriptionPath } = connection.arm;
  const path = `${subscriptionPath}/resourcegroups/rg-contoso-data`;
  await connection.arm.send({ method: 'GET', path }, callContext()); // modules and the token
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() + 60_000 }); // the bucket is full again
  const before = sandbox.requests().length;
  const startedAt = sandbox.clock.now();
  let next = 0;
  const worker = async () => {
    while (next++ < reads) await connection.arm.send({ method: 'GET', path }, callContext());
  };
  await fastForward(Promise.all(Array.from({ length: atOnce }, worker)));
  const elapsed = (sandbox.clock.now() - startedAt) / 1000;
  const seen = sandbox.requests().slice(before);
  expectEqual('the number of refusals', seen.filter(({ status }) => status === 429).length, 0);
  expectEqual('the number of requests', seen.length, reads);
  return [
    {
      what: `${reads.toLocaleString('en')} reads, ${atOnce} at once, ${bucket.capacity} + ${bucket.perSecond}/s`,
      unit: 's',
      measured: elapsed,
      beside: { name: 'optimum', value: (reads - bucket.capacity) / bucket.perSecond },
      compare: 'ratio',
      goal: { atMost: 1.1 },
    },
  ];
}

/** Time passes only when nothing else is left to happen. */
async function fastForward(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  while (!isDone) {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (!isDone) mock.timers.tick(stepMs);
  }
  await work;
}

function callContext(): CallContext {
  return {
    caller: localCaller,
    signal: new AbortController().signal,
    deadlineAt: Number.POSITIVE_INFINITY,
    clientRequestId: '00000000-0000-4000-8000-000000000001',
    authority: operatorAt('library'),
    covered: new Set(),
    record: { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes: [] },
    note: () => undefined,
    progress: () => undefined,
  };
}

function openNetwork(sandbox: Sandbox): Network {
  return createNetwork({
    clouds: new Map([[sandbox.cloud.name, sandbox.cloud]]),
    clock: sandbox.clock,
    logger: createLogger({ level: 'silent' }),
    telemetry: noTelemetry,
    readSecret: async () => new Secret(sandbox.credentials.clientSecret),
    environment: () => undefined,
    readOnly: true,
    userAgent: 'tenantry-bench',
    remember: () => undefined,
    embedded: sandbox,
  });
}

function recordOf({ cloud, credentials }: Sandbox): ConnectedServices['record'] {
  const { tenantId, subscriptionId, clientId } = credentials;
  const at = new Date().toISOString();
  return {
    id: '00000000-0000-4000-8000-0000000000c1',
    name: 'bench',
    revision: 1,
    provider: 'azure',
    scopes: ['resources'],
    cloud: cloud.name,
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: { max_concurrent_requests: 32 },
    identity: { tenant_id: tenantId, subscription_id: subscriptionId, client_id: clientId },
    status: 'ready',
    secrets: [{ field: 'client_secret', ref: 'bench', fingerprint: 'bench', storedAt: at, source: 'env' }],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: at,
    updatedAt: at,
    origin: 'stored',
    owner: 'local',
  };
}
