import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../src/core/base/caller.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { openLocalStorage } from '../../src/core/storage/open-local-storage.ts';
import { defaultResultLimits } from '../../src/core/storage/result-store.ts';
import type { Storage } from '../../src/core/storage/storage.ts';
import { testRecord } from '../core/connections/support.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';
import { doors, type ServedClients, serveClients } from '../support/served-clients.ts';

let box: SandboxTools;
let clients: ServedClients;

beforeAll(async () => {
  box = await openSandboxTools({ users: 5, frozenClock: true });
  clients = await serveClients(box.runtime);
});
afterAll(async () => {
  await clients.close();
  await box.close();
});

/** The storage as another process has it. */
function otherProcess(): Storage {
  const guard = () => undefined;
  const storage = openLocalStorage({
    home: box.home,
    vault: 'file',
    clock: systemClock,
    results: defaultResultLimits,
    guard,
  });
  onTestFinished(() => storage.close());
  return storage;
}

const checklist = 'tenantry://checklist/sandbox';

describe.each(doors)('$name', (door) => {
  const mine = `mine_${door.name.replaceAll(' ', '_')}`;

  test('is promised exactly what is told', () => {
    expect(clients.through(door).capabilities()).toEqual({
      tools: {},
      resources: { listChanged: true, subscribe: true },
      prompts: {},
      completions: {},
    });
  });

  test('sees its new connection in the list once it was told that there is another list', async () => {
    const client = clients.through(door);
    expect(await client.resources()).toEqual(
      expect.arrayContaining(['tenantry://connections', 'tenantry://connections/sandbox', checklist]),
    );
    await client.listen([checklist]);
    client.forget();
    await client.call('create_connection', { name: mine });
    await client.untilTold('resources');
    expect(await client.resources()).toContain(`tenantry://checklist/${mine}`);
    client.forget();
    await client.call('delete_connection', { connection: mine });
    await client.untilTold('resources');
    expect(await client.resources()).not.toContain(`tenantry://checklist/${mine}`);
  });

  test('is told of the resource that it asked for, and of nothing else', async () => {
    const client = clients.through(door);
    client.forget();
    await client.call('validate_connection', { connection: 'sandbox' });
    await client.untilTold(checklist);
    expect(client.told()).toEqual([checklist]);
  });
});

test('all are told of a connection that another process makes', async () => {
  for (const door of doors) clients.through(door).forget();
  await otherProcess().records.insert(testRecord({ id: 'elsewhere', name: 'elsewhere' }));
  await Promise.all(doors.map((door) => clients.through(door).untilTold('resources')));
  for (const door of doors)
    expect(await clients.through(door).resources()).toContain('tenantry://connections/elsewhere');
});

test.each(doors.filter(({ kind }) => kind !== 'v2 pinned'))(
  '$name is refused a subscription to what never changes, or always does',
  async (door) => {
    for (const uri of ['tenantry://limits/sandbox', 'tenantry://reference/errors', 'file:///etc/passwd']) {
      await expect(clients.through(door).listen([uri])).rejects.toMatchObject({ code: -32602 });
    }
  },
);

test('who asks no longer is told no longer', async () => {
  const all = doors.map((door) => clients.through(door));
  await Promise.all(all.map((client) => client.unlisten([checklist])));
  for (const client of all) client.forget();
  await box.call('validate_connection', { connection: 'sandbox' });
  await box.runtime.connectionWatch.look(localCaller);
  // The answer comes after whatever was sent before it.
  await Promise.all(all.map((client) => client.resources()));
  expect(all.map((client) => client.told())).toEqual(all.map(() => []));
});
