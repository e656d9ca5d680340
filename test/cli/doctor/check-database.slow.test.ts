import { expect, test } from 'vitest';
import { checkStorePlace } from '../../../src/cli/doctor/check-store.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import { startNode } from '../../runtime/store-node.ts';
import { testCall } from '../../support/call.ts';
import { freePort } from '../../support/child-server.ts';
import { describePostgres } from '../../support/postgres-cluster.ts';

describePostgres('doctor looks at a store in PostgreSQL', (cluster) => {
  test('and makes no tables where there are none', async () => {
    const { runtime } = await startNode(cluster(), { schema: 'doctor_new' });
    const { found, isReadable } = await checkStorePlace(runtime);
    expect(found).toEqual([
      {
        check: 'database',
        status: 'ok',
        detail: expect.stringMatching(/tenantry_test@localhost.*schema doctor_new, TLSv1\.\d/),
      },
      { check: 'database tables', status: 'ok', detail: expect.stringContaining('none yet') },
      { check: 'master key', status: 'ok', detail: expect.stringContaining('nothing is under it') },
    ]);
    expect(isReadable).toBe(false);
    expect((await runtime.connections.declared()).map(({ name }) => name)).toEqual(['declared']);
    expect(await cluster().ask("SELECT 1 FROM pg_namespace WHERE nspname = 'doctor_new'")).toEqual([]);
  });

  test('and says which version its tables have, updating none', async () => {
    const { runtime } = await startNode(cluster(), { schema: 'doctor_old' });
    await runtime.connections.create({ name: 'prod' }, localCaller, testCall());
    expect(await checkStorePlace(runtime)).toMatchObject({
      found: [{ check: 'database' }, { check: 'database tables', status: 'ok' }, { check: 'master key', status: 'ok' }],
      isReadable: true,
    });
    await cluster().run("UPDATE doctor_old.meta SET value = '1' WHERE name = 'version'");
    const other = await startNode(cluster(), { schema: 'doctor_old' });
    expect(await checkStorePlace(other.runtime)).toMatchObject({
      found: [{}, { check: 'database tables', status: 'warn', detail: expect.stringContaining('version 1, ') }, {}],
      isReadable: false,
    });
    expect(await cluster().ask("SELECT value FROM doctor_old.meta WHERE name = 'version'")).toEqual([{ value: '1' }]);
    await cluster().run("UPDATE doctor_old.meta SET value = '99' WHERE name = 'version'");
    expect(await checkStorePlace(other.runtime)).toMatchObject({
      found: [{}, { status: 'fail', detail: expect.stringContaining('newer') }, {}],
      isReadable: false,
    });
  });

  test('and tells a master key that is another one, and a rotation that stopped half-way', async () => {
    const one = await startNode(cluster(), { schema: 'doctor_key' });
    await one.runtime.connections.create({ name: 'prod' }, localCaller, testCall());
    const other = await startNode(cluster(), { schema: 'doctor_key', masterKey: Buffer.alloc(32, 9) });
    expect(await checkStorePlace(other.runtime)).toMatchObject({
      found: [{}, {}, { check: 'master key', status: 'fail', detail: expect.stringContaining('not the one') }],
      isReadable: false,
    });
    await cluster().run(
      "INSERT INTO doctor_key.meta SELECT 'rotating', value FROM doctor_key.meta WHERE name = 'seal_check'",
    );
    const { found } = await checkStorePlace(one.runtime);
    expect(found.at(-1)).toMatchObject({
      check: 'rotation',
      status: 'warn',
      detail: expect.stringContaining('not finished'),
    });
  });

  test('and says why it cannot be reached', async () => {
    const nobody = await startNode(cluster(), { port: await freePort() });
    expect(await checkStorePlace(nobody.runtime)).toMatchObject({
      found: [{ check: 'database', status: 'fail', detail: expect.stringMatching(/does not answer.*schema/) }],
      isReadable: false,
    });
    const wrong = await startNode(cluster(), { password: 'wrong' });
    expect(await checkStorePlace(wrong.runtime)).toMatchObject({
      found: [{ status: 'fail', detail: expect.stringContaining('refused the sign-in') }],
      isReadable: false,
    });
  });
});
