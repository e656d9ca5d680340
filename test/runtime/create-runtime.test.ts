import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Caller, localCaller } from '../../src/core/base/caller.ts';
import { unaskedBudget } from '../../src/core/results/answer-budget.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../src/core/storage/memory-storage.ts';
import { createLimiterRegistry } from '../../src/core/throttle/limiter.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { createRuntime } from '../../src/runtime/create-runtime.ts';
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts';
import { identity } from '../core/connections/service-support.ts';
import { handClock, temporaryFolder } from '../core/connections/support.ts';
import { testCall } from '../support/call.ts';

async function startRuntime(given: Pick<RuntimeOptions, 'storage' | 'limiter'> = {}) {
  const home = join(temporaryFolder(), 'home');
  const { config } = await loadConfig({ flags: { home, logLevel: 'silent' }, environment: () => undefined });
  const runtime = createRuntime({ config: { ...config, vault: 'file' }, version: '0', ...given });
  return { home, runtime };
}

test('a storage that is given keeps everything, and nothing gets into the home folder', async () => {
  const storage = createMemoryStorage(handClock());
  const { home, runtime } = await startRuntime({ storage });
  await runtime.connections.create({ name: 'prod' }, new Caller({ id: 'ada' }), testCall());
  const secrets = { client_secret: new Secret('hunter2-hunter2') };
  const record = await runtime.connections.complete(
    'prod',
    { ...identity, secrets },
    new Caller({ id: 'ada' }),
    testCall(),
  );
  expect(await storage.records.list('ada')).toEqual([record]);
  expect((await storage.vault.list()).map(({ connectionId }) => connectionId)).toEqual([record.id]);

  const key = { caller: 'ada', connectionId: record.id, name: ['n'] };
  await runtime.state.set(key, 1);
  expect(await storage.state.get(key)).toBe(1);

  const page = {
    items: Array.from({ length: 5_000 }, (_, id) => ({ id, note: 'hunter2-hunter2' })),
    status: 200,
    requestId: 'r',
  };
  const pages = (async function* () {
    yield page;
  })();
  const query = { tool: 'graph_query', endpoint: '/users' };
  const wanted = { query, connectionId: record.id, caller: 'ada', budget: unaskedBudget(24_000) };
  const { list } = await runtime.lists.collect(pages, wanted, testCall());
  const opened = await runtime.lists.openCursor(list?.cursor ?? '', wanted);
  expect(opened).toMatchObject({ kind: 'stored', outcome: { list: { complete: false } } });
  expect(JSON.stringify(opened)).not.toContain('hunter2-hunter2');
  await runtime.close();
  expect(existsSync(home)).toBe(false);
});

test('whether it was used or not, a storage that is given is closed, and that is waited for', async () => {
  let isClosed = false;
  const close = async () => {
    await new Promise(setImmediate);
    isClosed = true;
  };
  const { runtime } = await startRuntime({ storage: { ...createMemoryStorage(handClock()), close } });
  await runtime.close();
  expect(isClosed).toBe(true);
});

test('what has expired goes by itself, and no longer once the runtime is closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const storage = createMemoryStorage(handClock());
  const sweeps = [vi.spyOn(storage.results, 'sweep'), vi.spyOn(storage.state, 'sweep')];
  const { runtime } = await startRuntime({ storage });
  await runtime.state.get({ caller: 'ada', connectionId: 'c', name: ['n'] });
  await vi.advanceTimersByTimeAsync(600_000);
  for (const sweep of sweeps) expect(sweep).toHaveBeenCalledTimes(1);
  await runtime.close();
  await vi.advanceTimersByTimeAsync(1_200_000);
  for (const sweep of sweeps) expect(sweep).toHaveBeenCalledTimes(1);
});

test('a limiter that cannot be closed does not keep the storage open', async () => {
  let isClosed = false;
  const storage = {
    ...createMemoryStorage(handClock()),
    close: async () => {
      isClosed = true;
    },
  };
  const limiter = {
    acquire: () => ({ release: () => undefined }),
    snapshot: () => ({ lanes: [], budgets: [] }),
    close: () => Promise.reject(new Error('the bank is away')),
  };
  const { runtime } = await startRuntime({ storage, limiter });
  await expect(runtime.close()).rejects.toThrow('the bank is away');
  expect(isClosed).toBe(true);
});

test('without one, the home folder is used, and a start and an end alone touch nothing', async () => {
  const { home, runtime } = await startRuntime();
  await runtime.close();
  expect(existsSync(home)).toBe(false);
  const { home: used, runtime: second } = await startRuntime();
  await second.connections.create({ name: 'prod' }, localCaller, testCall());
  await second.close();
  expect(existsSync(join(used, 'tenantry.db'))).toBe(true);
  // The last one that closes the database tidies up its journal.
  expect(existsSync(join(used, 'tenantry.db-wal'))).toBe(false);
});

test('a limiter that is given keeps the limits, and is closed, used or not', async () => {
  for (const isUsed of [true, false]) {
    const limiter = createLimiterRegistry({ clock: handClock() });
    const snapshot = { lanes: [], budgets: [] };
    let isClosed = false;
    const close = async () => {
      await limiter.close();
      isClosed = true;
    };
    const { runtime } = await startRuntime({
      storage: createMemoryStorage(handClock()),
      limiter: { acquire: (request) => limiter.acquire(request), snapshot: () => snapshot, close },
    });
    if (isUsed) {
      await runtime.opener.open(
        await runtime.connections.create({ name: 'prod' }, new Caller({ id: 'ada' }), testCall()),
        new Caller({ id: 'ada' }),
      );
      expect(await runtime.limits()).toBe(snapshot);
    }
    await runtime.close();
    expect(isClosed).toBe(true);
  }
});
