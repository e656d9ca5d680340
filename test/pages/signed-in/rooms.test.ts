import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../src/core/base/caller.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import type { SharingChange } from '../../../src/core/connections/share-connection.ts';
import type { ConnectionRecord } from '../../../src/core/record/connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createConnectionsRoom } from '../../../src/pages/signed-in/connections-room.ts';
import { createSecretsRoom } from '../../../src/pages/signed-in/secrets-room.ts';
import { handClock, testRecord } from '../../core/connections/support.ts';
import { ada, bob, openPagesBench } from './pages-bench.ts';

const group = 'eeeeeeee-0000-4000-8000-000000000001';

describe('connections', () => {
  async function begin() {
    const shared: unknown[] = [];
    const records: readonly ConnectionRecord[] = [
      testRecord({ name: 'mine', owner: ada, shared_with: [{ everyone: true, access: 'read' }] }),
      testRecord({ name: 'theirs', owner: bob }),
      testRecord({ name: 'declared', owner: ada, origin: 'declared' }),
    ];
    const connections = {
      list: async () => records,
      async share(name: string, change: SharingChange, caller: { readonly id: string }, call: { authority: object }) {
        shared.push({ name, change, by: caller.id, authority: call.authority });
        return testRecord();
      },
    };
    const bench = await openPagesBench({
      rooms: ({ note }) => [createConnectionsRoom({ connections, clock: handClock(), note })],
    });
    const cookie = await bench.signInAs(ada);
    const token = await bench.tokenOf(cookie, '/connections');
    const send = (path: string, fields: Readonly<Record<string, string>>) =>
      bench.post(path, { token, ...fields }, { cookie });
    return { ...bench, shared, cookie, send };
  }

  test('of the person are shown, and no others', async () => {
    const { get, cookie } = await begin();
    const { body } = await get('/connections', { cookie });
    expect(body).toContain('everyone who signs in: to read');
    expect(body).not.toMatch(/theirs|declared/);
  });

  test.each([
    [
      { with: 'user', id: ` ${group.toUpperCase()} `, access: 'write' },
      { user: group, access: 'write' },
    ],
    [
      { with: 'group', id: group, access: 'read' },
      { group, access: 'read' },
    ],
    [
      { with: 'everyone', id: '', access: 'read' },
      { everyone: true, access: 'read' },
    ],
    [
      { with: 'group', id: group, access: 'all' },
      { group, access: 'read' },
    ],
  ])('are shared as the form says: %j', async (fields, grant) => {
    const { send, shared, noted } = await begin();
    expect((await send('/connections/mine/share', fields)).status).toBe(200);
    expect(shared).toMatchObject([
      { name: 'mine', change: { add: [grant] }, by: ada, authority: { actor: 'operator' } },
    ]);
    expect(noted).toMatchObject([
      { caller: ada, actor: 'person', tool: 'page: share a connection', connection: 'mine' },
    ]);
  });

  test('are shared no more', async () => {
    const { send, shared } = await begin();
    await send('/connections/mine/unshare', { with: 'everyone' });
    expect(shared).toMatchObject([{ change: { remove: [{ everyone: true }] } }]);
  });

  test.each([
    ['/connections/theirs/share', { with: 'everyone' }, 404],
    ['/connections/declared/share', { with: 'everyone' }, 404],
    ['/connections/none/share', { with: 'everyone' }, 404],
    ['/connections/mine/delete', { with: 'everyone' }, 404],
    ['/connections/mine/share', { with: 'user', id: 'ada@contoso.example' }, 409],
    ['/connections/mine/share', { with: 'owner', id: group }, 409],
  ])('%s with %j changes nothing', async (path, fields, status) => {
    const { send, shared, noted } = await begin();
    expect((await send(path, fields)).status).toBe(status);
    expect([shared, noted]).toEqual([[], []]);
  });
});

describe('secrets', () => {
  async function begin(owner = ada) {
    const revealed: string[] = [];
    const base = { use: [], to: [], cloud: 'public' };
    const namedSecrets = {
      list: async (of: string, caller?: Caller) => [
        { ...base, name: 'operators', source: 'configuration' as const },
        ...(of === ada ? [{ ...base, name: 'kept', source: 'kept' as const }] : []),
        // A connection that somebody shares with them has handed it out.
        ...(of === ada && caller?.id === ada ? [{ ...base, name: 'shared', source: 'kept' as const }] : []),
      ],
      async reveal(name: string, _owner: string, caller?: Caller) {
        if (name === 'shared' && caller?.id !== ada) throw new AppError('not_found', 'There is no such secret.');
        revealed.push(name);
        return new Secret(`value-of-${name}`);
      },
    };
    const bench = await openPagesBench({ rooms: ({ note }) => [createSecretsRoom({ namedSecrets, note })] });
    const cookie = await bench.signInAs(owner);
    const token = await bench.tokenOf(cookie, '/secrets');
    return {
      ...bench,
      revealed,
      cookie,
      show: (name: string) => bench.post('/secrets/show', { token, name }, { cookie }),
    };
  }

  test('are listed without being read, and one is shown when the person asks for it', async () => {
    const { get, cookie, show, revealed, noted } = await begin();
    const { body } = await get('/secrets', { cookie });
    expect(body).toContain('kept');
    expect([body.includes('operators'), revealed]).toEqual([false, []]);
    expect((await show('kept')).body).toContain('value-of-kept');
    expect(noted).toMatchObject([{ caller: ada, tool: 'page: show a secret', targetIds: ['kept'] }]);
    expect((await get('/secrets/show', { cookie })).status).toBe(404);
  });

  test('that a shared connection has handed out are shown too, as long as it is shared with the person', async () => {
    const { get, cookie, show } = await begin();
    expect((await get('/secrets', { cookie })).body).toContain('shared');
    expect((await show('shared')).body).toContain('value-of-shared');
  });

  test.each([
    [ada, 'operators'],
    [ada, 'none'],
    [bob, 'kept'],
  ])('for %s, %s is not there', async (owner, name) => {
    const { show, revealed, noted } = await begin(owner);
    expect((await show(name)).status).toBe(404);
    expect([revealed, noted]).toEqual([[], []]);
  });
});
