import { describe, expect, test } from 'vitest';
import type { Caller } from '../../../src/core/base/caller.ts';
import { briefConnection, viewConnection } from '../../../src/core/connections/connection-view.ts';
import { createConnectionWatch } from '../../../src/core/connections/connection-watch.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { declare } from './ceilings-support.ts';
import { identity } from './service-support.ts';
import {
  ada,
  agentCall,
  bob,
  eve,
  everyone,
  localCaller,
  person,
  setUpSharing,
  team,
  toBob,
  toTeam,
} from './sharing-support.ts';
import { failureOf, handClock } from './support.ts';

describe('a caller sees', () => {
  test('their own connections and those shared with them, and nothing of the others', async () => {
    const { make, names, service } = setUpSharing();
    await make(ada, 'own');
    await make(ada, 'given', [toBob]);
    await make(localCaller, 'all', [everyone]);
    await make(localCaller, 'operators');
    expect(await names(ada)).toEqual(['all', 'given', 'own']);
    expect(await names(bob)).toEqual(['all', 'given']);
    expect(await names(eve)).toEqual(['all']);
    expect(await names(localCaller)).toEqual(['all', 'operators']);
    expect(await service.find('own', bob)).toBeUndefined();
    expect((await service.get('given', bob)).access).toBe('read_write');
    expect((await service.get('all', bob)).access).toBe('read_only');
    expect((await service.get('all', localCaller)).access).toBe('read_write');
  });

  test('what their groups are given, for as long as their token names them', async () => {
    const { make, names } = setUpSharing();
    await make(ada, 'given', [toTeam]);
    expect(await names(bob)).toEqual(['given']);
    expect(await names(person('b'))).toEqual([]);
    expect(await names(person('e', [team.toUpperCase()]))).toEqual(['given']);
  });

  test('no more after the grant is taken back, and other access after it is changed', async () => {
    const { make, share, unshare, service } = setUpSharing();
    await make(ada, 'given', [toBob]);
    const writing = await service.get('given', bob);
    await share(ada, 'given', [{ ...toBob, access: 'read' }]);
    const reading = await service.get('given', bob);
    expect([writing.access, reading.access]).toEqual(['read_write', 'read_only']);
    expect((await service.get('given', ada)).shared_with).toEqual([{ ...toBob, access: 'read' }]);
    await unshare(ada, 'given', [toBob]);
    expect(await service.find('given', bob)).toBeUndefined();
    expect(await service.get('given', ada)).not.toHaveProperty('shared_with');
  });

  test('the same answer for a name that is somebody else’s and one that nobody has', async () => {
    const { make, service, call } = setUpSharing();
    await make(ada, 'secret');
    await make(ada, 'given', [toBob]);
    const doors: readonly ((name: string, caller: Caller) => Promise<unknown>)[] = [
      (name, caller) => service.get(name, caller),
      (name, caller) => service.complete(name, { secrets: {} }, caller, call),
      (name, caller) => service.convert(name, {}, caller, call),
      (name, caller) => service.validate(name, undefined, caller, call),
      (name, caller) => service.remove(name, caller, call),
      (name, caller) => service.share(name, { add: [everyone] }, caller, call),
      (name, caller) =>
        service.choose({
          named: { kind: 'several', names: ['given', name], repeated: [] },
          scope: 'directory',
          caller,
        }),
      async (name, caller) =>
        Promise.reject(await failureOf(service.offer(name, caller).then((text) => service.get(text, caller)))),
    ];
    for (const door of doors) {
      for (const caller of [bob, eve]) {
        const about = async (name: string) => {
          const { code, message, hint, detail } = await failureOf(door(name, caller));
          return JSON.stringify({ code, message, hint, detail }).replaceAll(name, 'NAME');
        };
        expect(await about('secret')).toBe(await about('sacred'));
      }
    }
  });

  test('their own connection where a shared one has the same name', async () => {
    const { make, names, service } = setUpSharing();
    await make(ada, 'prod', [everyone]);
    const own = await make(bob, 'prod');
    expect((await service.get('prod', bob)).id).toBe(own.id);
    expect(await names(bob)).toEqual(['prod']);
    expect((await service.get('prod', eve)).owner).toBe(ada.id);
  });

  test('none of two shared ones of a name, and is told so', async () => {
    const { make, names, service, unshare } = setUpSharing();
    await make(ada, 'prod', [toBob]);
    await make(localCaller, 'prod', [everyone]);
    const error = await failureOf(service.get('prod', bob));
    expect(error).toMatchObject({ code: 'conflict', hint: expect.stringContaining('owners') });
    expect(JSON.stringify([error.message, error.hint, error.detail])).not.toContain(ada.id);
    expect(await names(bob)).toEqual([]);
    expect(await service.damaged(bob)).toMatchObject([{ name: 'prod', isAmbiguous: true }]);
    expect((await service.get('prod', eve)).owner).toBe('local');
    expect(await service.damaged(eve)).toEqual([]);
    await unshare(ada, 'prod', [toBob]);
    expect((await service.get('prod', bob)).owner).toBe('local');
  });

  test('a note where "*" leaves an ambiguous name out', async () => {
    const { make, service } = setUpSharing({
      policy: { max_access: 'read_write', ambient: false, fan_out: true, connections: {} },
    });
    await make(ada, 'prod', [toBob]);
    await make(localCaller, 'prod', [everyone]);
    await make(bob, 'own');
    const chosen = await service.choose({ named: { kind: 'all' }, scope: 'directory', caller: bob });
    expect(chosen.records.map(({ name }) => name)).toEqual(['own']);
    expect(chosen.notes).toEqual(['Not in "*": shared by several people: prod.']);
  });
});

describe('declared connections', () => {
  test('are the local caller’s, and others see those that are shared with them', async () => {
    const declared = [
      declare({ name: 'hidden' }),
      declare({ name: 'open', access: 'read_write', shared_with: [everyone] }),
      declare({ name: 'teams', access: 'read_write', shared_with: [toTeam] }),
    ];
    const { names, service, call } = setUpSharing({ declared });
    expect(await names(localCaller)).toEqual(['hidden', 'open', 'teams']);
    expect(await names(bob)).toEqual(['open', 'teams']);
    expect((await service.get('open', bob)).access).toBe('read_only');
    expect((await service.get('teams', bob)).access).toBe('read_write');
    expect(await failureOf(service.get('hidden', bob))).toMatchObject({ code: 'not_found' });
    expect(await service.offer('hidde', bob)).not.toContain('hidden');
    expect(await failureOf(service.remove('open', bob, call))).toMatchObject({ code: 'refused' });
    expect(await failureOf(service.share('open', { add: [everyone] }, localCaller, call))).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('tenantry.yaml'),
    });
  });

  test('read no secret for somebody who does not see them', async () => {
    const declared = [declare({ name: 'hidden', secrets: { client_secret: { env: 'NOT_SET' } } })];
    const { service } = setUpSharing({ declared });
    expect(await service.list(bob)).toEqual([]);
  });

  test('do not take their names from anybody else', async () => {
    const { make, names, service, call } = setUpSharing({
      declared: [declare({ name: 'prod' }), declare({ name: 'open', shared_with: [everyone] })],
    });
    await make(bob, 'prod');
    await make(bob, 'open');
    expect(await names(bob)).toEqual(['open', 'prod']);
    expect((await service.get('open', bob)).origin).toBe('stored');
    await service.remove('prod', bob, call);
    expect(await names(bob)).toEqual(['open']);
    expect(await failureOf(make(localCaller, 'prod'))).toMatchObject({ code: 'conflict' });
  });

  test('hide a stored one of the local caller from everybody', async () => {
    const { store, clock } = setUpSharing();
    const stored = setUpSharing({ store, clock });
    await stored.make(localCaller, 'prod', [everyone]);
    const { names } = setUpSharing({ store, clock, declared: [declare({ name: 'prod' })] });
    expect(await names(bob)).toEqual([]);
    expect(await names(localCaller)).toEqual(['prod']);
  });
});

describe('only the owner', () => {
  test('completes, converts, deletes and shares a connection, also where others may write', async () => {
    const { make, service, call, store } = setUpSharing();
    const record = await make(ada, 'given', [toBob]);
    const attempts = [
      service.complete('given', { secrets: { client_secret: new Secret('mine') } }, bob, call),
      service.complete('given', { access: 'read_only', secrets: {} }, bob, call),
      service.convert('given', {}, bob, call),
      service.remove('given', bob, call),
      service.share('given', { add: [everyone] }, bob, call),
    ];
    for (const attempt of attempts) {
      expect(await failureOf(attempt)).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('shared with you'),
      });
    }
    expect(await store.get('given', ada.id)).toEqual(record);
  });

  test('lends the rights of a connection to change apps and make identities', async () => {
    const { make, service, call, options } = setUpSharing();
    const admin = await make(ada, 'admin', [toBob]);
    await make(bob, 'own');
    const refused = { code: 'refused', message: expect.stringContaining('only its owner') };
    expect(await failureOf(service.convert('own', { admin_connection: 'admin' }, bob, call))).toMatchObject(refused);
    const open = { record: admin } as Awaited<ReturnType<typeof options.opener.open>>;
    const wanted = { name: 'made', credential: 'secret', roles: [] } as const;
    expect(await failureOf(service.provision(wanted, open, bob, call))).toMatchObject(refused);
  });

  test('as a person shares: an agent cannot, whoever says yes', async () => {
    const { make, service } = setUpSharing();
    await make(ada, 'own');
    expect(await failureOf(service.share('own', { add: [everyone] }, ada, agentCall()))).toMatchObject({
      code: 'refused',
    });
  });

  test('keeps what others change at the same time', async () => {
    const { make, service, call } = setUpSharing();
    await make(ada, 'own');
    await Promise.all([
      service.share('own', { add: [toBob] }, ada, call),
      service.share('own', { add: [everyone] }, ada, call),
      service.complete('own', { settings: { max_items: 5 }, secrets: {} }, ada, call),
    ]);
    const { shared_with, settings } = await service.get('own', ada);
    expect(shared_with).toHaveLength(2);
    expect(settings).toEqual({ max_items: 5 });
  });

  test('shares with at most 200', async () => {
    const { make, share } = setUpSharing();
    const grants = Array.from({ length: 200 }, (_, nth) => ({
      user: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
      access: 'read' as const,
    }));
    await make(ada, 'own', grants);
    expect(await failureOf(share(ada, 'own', [everyone]))).toMatchObject({ code: 'invalid_argument' });
  });
});

describe('a connection shown', () => {
  test('to its owner says with whom it is shared, to others only that it is, and nothing of its secrets', async () => {
    const { make, service, clock } = setUpSharing();
    await make(ada, 'given', [toBob, everyone]);
    const own = await service.get('given', ada);
    expect(briefConnection(own, clock, ada)).toMatchObject({ shared_with: 2 });
    expect(viewConnection(own, clock, ada)).toMatchObject({ shared_with: [toBob, everyone], secrets: [{}] });
    for (const [caller, access] of [
      [bob, 'write'],
      [eve, 'read'],
    ] as const) {
      const record = await service.get('given', caller);
      const views = [briefConnection(record, clock, caller), viewConnection(record, clock, caller)];
      for (const view of views) {
        expect(view).toMatchObject({ name: 'given', shared: access });
        const text = JSON.stringify(view);
        for (const hidden of [
          ada.id,
          toBob.user,
          own.secrets[0]?.fingerprint ?? '',
          'fingerprint',
          'expires',
          'shared_with',
          'complete_connection',
        ]) {
          expect(text).not.toContain(hidden);
        }
      }
    }
  });

  test('is watched: a grant, its change and its end are told to whom they concern', async () => {
    const { make, share, unshare, service, call } = setUpSharing();
    const watch = (caller: Caller) => {
      const told: object[] = [];
      const watched = createConnectionWatch({ connections: service, caller, onError: () => undefined, everyMs: 1e9 });
      watched.subscribe((change) => told.push(change));
      return { ...watched, told };
    };
    await make(ada, 'given');
    const watches = [watch(bob), watch(eve)];
    const [bobs, eves] = watches;
    const look = async () => {
      for (const one of watches) await one.look();
    };
    for (const one of watches) await one.begin();
    await share(ada, 'given', [toBob]);
    await look();
    await share(ada, 'given', [{ ...toBob, access: 'read' }]);
    await look();
    await service.complete('given', { settings: { max_items: 1 }, secrets: {} }, ada, call);
    await look();
    await unshare(ada, 'given', [toBob]);
    await look();
    await look();
    for (const one of watches) one.stop();
    expect(bobs?.told).toEqual([
      { names: ['given'], isListChanged: true },
      { names: ['given'], isListChanged: false },
      { names: ['given'], isListChanged: false },
      { names: ['given'], isListChanged: true },
    ]);
    expect(eves?.told).toEqual([]);
  });

  test('is opened again for a look only after a change', async () => {
    const { records } = createMemoryStorage(handClock());
    let read = 0;
    const store = {
      ...records,
      shared: (name?: string) => {
        read += 1;
        return records.shared(name);
      },
    };
    const { make, service } = setUpSharing({ store });
    await make(ada, 'given', [toBob]);
    read = 0;
    for (let look = 0; look < 5; look++) await service.revisions(bob);
    await service.revisions(eve);
    expect(read).toBe(1);
  });
});

describe('who signs in', () => {
  test.each(['managed_identity', 'azure_cli', 'device_code', 'default'] as const)(
    'gets no connection of the server’s own identity, whoever says yes: %s',
    async (auth_type) => {
      const { service, call, names } = setUpSharing();
      expect(await failureOf(service.create({ name: 'machine', auth_type }, bob, call))).toMatchObject({
        code: 'refused',
      });
      expect(await failureOf(service.create({ name: 'machine', auth_type }, bob, agentCall()))).toMatchObject({
        code: 'refused',
      });
      expect(await names(bob)).toEqual([]);
      await service.create({ name: 'machine', auth_type }, localCaller, call);
    },
  );

  test('nor one that signs in with the token of the platform, but with a token of their own', async () => {
    const { service, call } = setUpSharing();
    await service.create({ name: 'federated', auth_type: 'workload_identity' }, bob, call);
    const attempt = service.complete('federated', { ...identity, secrets: {} }, bob, call);
    expect(await failureOf(attempt)).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('server itself'),
    });
    expect((await service.get('federated', bob)).status).toBe('pending');
  });

  test('learns nothing of the identities of others by making a connection of one', async () => {
    const policy = { max_access: 'read_write', ambient: false, fan_out: false, connections: { prod: {} } } as const;
    const { make, service } = setUpSharing({ policy, declared: [declare({ name: 'prod', access: 'read_only' })] });
    await make(ada, 'theirs', [], { access: 'read_only' });
    const secrets = { client_secret: new Secret('of the app') };
    // An agent that would have to ask fails: neither the declared connection nor that of somebody else is a ceiling here.
    await service.create({ name: 'prod', access: 'read_write' }, bob, agentCall());
    const made = await service.complete('prod', { ...identity, secrets }, bob, testedCall());
    expect(made.access).toBe('read_write');
    await service.remove('prod', bob, agentCall());
  });

  test('keeps the ceiling that a connection shared with them sets', async () => {
    const policy = { max_access: 'read_write', ambient: false, fan_out: false, connections: {} } as const;
    const { make, service } = setUpSharing({ policy });
    await make(ada, 'given', [everyone]);
    await service.create({ name: 'again', access: 'read_write' }, bob, agentCall());
    const secrets = { client_secret: new Secret('of the app') };
    const attempt = service.complete('again', { ...identity, secrets }, bob, testedCall());
    await expect(attempt).rejects.toThrow('A person would be asked.');
  });
});

/** Literal secrets come over stdio alone. */
function testedCall() {
  const call = agentCall();
  return { ...call, authority: { ...call.authority, channel: 'stdio' as const } };
}
