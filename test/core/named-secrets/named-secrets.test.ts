import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Authority, YesRequest } from '../../../src/core/base/authority.ts';
import type { CallContext } from '../../../src/core/base/call-context.ts';
import { Caller } from '../../../src/core/base/caller.ts';
import { AppError } from '../../../src/core/base/errors.ts';
import { createNamedSecrets, type NamedSecretsOptions } from '../../../src/core/named-secrets/create-named-secrets.ts';
import type { NamedSecrets, NewNamedSecret, WantedUse } from '../../../src/core/named-secrets/named-secrets.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import type { FoundSecret } from '../../../src/core/secrets/secret-keeper.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { agentCall, testCall } from '../../support/call.ts';
import { testReferences } from '../connections/secret-sources.ts';
import { clientId, failureOf, handClock, tenantId, testRecord } from '../connections/support.ts';

const me = 'local';
const dayMs = 86_400_000;
const connection = testRecord();
const workspace = '/subscriptions/5A/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw';
const signIn: WantedUse = { kind: 'sign_in', cloud: 'public', tenantId, clientId };
const handOn = (holder: string, targets?: readonly string[]): WantedUse => ({
  kind: 'export',
  connection,
  holder,
  ...(targets && { targets }),
});

function setUp(
  configured: NamedSecretsOptions['configured'] = {},
  variables: Readonly<Record<string, string>> = {},
  mayUse?: NamedSecretsOptions['mayUse'],
) {
  const clock = handClock();
  const storage = createMemoryStorage(clock);
  const { secrets: store, vault, keys } = storage;
  const reasons: string[] = [];
  const named = createNamedSecrets({
    ...{ configured, store, vault, keys, clock },
    references: testReferences('/nowhere', variables),
    isFreeCloud: (cloud) => cloud === 'sandbox',
    onRefused: (reason) => reasons.push(reason),
    ...(mayUse && { mayUse }),
  });
  const set = (overrides: Partial<NewNamedSecret> = {}) =>
    named.set({ name: 'app', secret: new Secret('material'), use: ['sign_in'], to: [], ...overrides }, me);
  const use = async (name: string, wanted: WantedUse, call = agentCall()) =>
    (await named.resolve(name, wanted, me, call)).reveal();
  const refs = async () => (await vault.list()).map(({ ref }) => ref);
  return { named, set, use, store, vault, clock, reasons, refs };
}

const found = (overrides: Partial<FoundSecret> = {}): FoundSecret => ({
  secret: new Secret('kept-material'),
  source: 'kept',
  resource: '/applications/3f2ab1c4-0000-4000-8000-000000000001',
  member: 'secretText',
  appId: clientId,
  ...overrides,
});

describe('a secret that a person sets', () => {
  test('is listed without its material, revealed to a person, replaced and removed', async () => {
    const { named, set, refs } = setUp();
    await set();
    const [first] = await refs();
    const second = await set({ secret: new Secret('other-material') });
    expect(await refs()).not.toContain(first);
    expect(await named.list(me)).toEqual([second]);
    expect(JSON.stringify(second)).not.toContain('material');
    expect(second).toMatchObject({ name: 'app', source: 'person', use: ['sign_in'], cloud: 'public' });
    expect((await named.reveal('app', me)).reveal()).toBe('other-material');
    expect(await named.list('ada')).toEqual([]);
    await named.remove('app', me);
    expect(await refs()).toEqual([]);
    expect(await failureOf(named.reveal('app', me))).toMatchObject({ code: 'not_found' });
    expect(await failureOf(named.remove('app', me))).toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['a name with a slash', { name: 'a/b' }],
    ['no use', { use: [] }],
    ['an export without a place', { use: ['export'] as const }],
    ['a place without an export', { to: [{ holder: 'contoso/shop' }] }],
  ])('is refused with %s', async (_what, overrides) => {
    const { set, refs } = setUp();
    expect(await failureOf(set(overrides))).toMatchObject({ code: 'invalid_argument' });
    expect(await refs()).toEqual([]);
  });

  test('has a fingerprint that only this master key gives', async () => {
    const [one, other] = [await setUp().set(), await setUp().set()];
    expect(one.fingerprint).toMatch(/^[0-9a-f]{8}$/);
    expect(one.fingerprint).not.toBe(other.fingerprint);
    const unkeyed = createHash('sha256').update('material').digest('hex').slice(0, 8);
    expect(one.fingerprint).not.toBe(unkeyed);
  });

  test.each([
    ['its places', { to: [{ holder: workspace, target: 'https://evil.example' }] }],
    ['its use', { use: ['sign_in', 'export'] as const }],
    ['its cloud', { cloud: 'lab' }],
    ['its source', { source: 'kept' as const }],
    ['its name', { name: 'other' }],
    ['its owner', { owner: 'ada' }],
  ])('is of no use to somebody who changes %s in the database', async (_what, change) => {
    const { named, set, store } = setUp();
    await set({ use: ['export'], to: [{ holder: workspace, target: 'https://x.example' }] });
    const [row] = await store.list(me);
    if (row === undefined) throw new Error('It was not stored.');
    const changed = { ...row, ...change };
    await store.put(changed);
    expect(await failureOf(named.reveal(changed.name, changed.owner))).toMatchObject({ code: 'configuration' });
  });
});

describe('a secret of the configuration', () => {
  const configured = {
    prod: { source: { env: 'PROD' }, use: ['sign_in'] as const, to: [], cloud: 'public' },
    gone: { source: { env: 'GONE' }, use: ['sign_in'] as const, to: [], cloud: 'public' },
  };

  test('is read where the configuration says, and wins over one of the same name', async () => {
    const { named, use, store, set } = setUp(configured, { PROD: 'from-variable' });
    await set();
    const [row] = await store.list(me);
    if (row !== undefined) await store.put({ ...row, name: 'prod' });
    expect(await use('prod', signIn)).toBe('from-variable');
    expect(await named.sourceOf('prod', 'local', testCall())).toEqual({ env: 'PROD' });
    expect(await named.list(me)).toMatchObject([
      { name: 'app' },
      { name: 'gone', source: 'configuration', problem: expect.stringContaining('GONE is not set') },
      { name: 'prod', source: 'configuration', fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) },
    ]);
  });

  describe('for those who sign in', () => {
    const ada = new Caller({ id: 'tenant/ada' });
    const bob = new Caller({ id: 'tenant/bob' });
    const granted = {
      prod: { ...configured.prod, isFor: (caller: Caller) => caller.id === ada.id },
      gone: configured.gone,
    };
    const callOf = (caller: Caller): CallContext => ({ ...agentCall('http'), caller });
    const useOf = (named: NamedSecrets, caller: Caller, name = 'prod') =>
      named.resolve(name, signIn, caller.id, callOf(caller));

    test('is there for whom it is granted to, and for nobody else', async () => {
      const { named } = setUp(granted, { PROD: 'from-variable' });
      expect((await useOf(named, ada)).reveal()).toBe('from-variable');
      expect(await named.list(ada.id, ada)).toMatchObject([{ name: 'prod' }]);
      expect(await named.list(bob.id, bob)).toEqual([]);
      const refused = await failureOf(useOf(named, bob));
      expect(refused).toMatchObject({ code: 'refused' });
      expect(refused).toEqual(await failureOf(useOf(named, bob, 'nothing')));
      expect(await failureOf(named.reveal('prod', ada.id, ada))).toMatchObject({ code: 'not_found' });
    });

    test('takes no name away from them, and never the place of what is theirs', async () => {
      const { named } = setUp(granted, { PROD: 'from-variable' });
      const own = { name: 'prod', secret: new Secret('own'), use: ['sign_in'] as const, to: [] };
      for (const caller of [ada, bob]) {
        await named.set({ ...own, use: [...own.use] }, caller.id);
        expect((await useOf(named, caller)).reveal()).toBe('own');
        expect(await named.sourceOf('prod', caller.id, callOf(caller))).toBeUndefined();
        await named.remove('prod', caller.id);
      }
      expect(await named.sourceOf('prod', ada.id, callOf(ada))).toEqual({ env: 'PROD' });
    });

    test('what a shared connection hands out is kept for who asked, as long as it is shared', async () => {
      const shared = new Set([bob.id]);
      const { named } = setUp({}, {}, async (_id, caller) => shared.has(caller.id));
      const keeper = named.keeperOf({ ...connection, owner: ada.id });
      const name = (await keeper.keep(found(), bob.id)) ?? '';
      expect(await named.list(ada.id, ada)).toEqual([]);
      expect(await named.list(bob.id, bob)).toMatchObject([{ name }]);
      expect((await useOf(named, bob, name)).reveal()).toBe('kept-material');
      shared.clear();
      expect(await named.list(bob.id, bob)).toEqual([]);
      expect(await failureOf(useOf(named, bob, name))).toMatchObject({ code: 'refused' });
      expect(await failureOf(named.reveal(name, bob.id, bob))).toMatchObject({ code: 'not_found' });
    });
  });

  test('cannot be set or removed', async () => {
    const { named, set } = setUp(configured);
    expect(await failureOf(set({ name: 'prod' }))).toMatchObject({ code: 'refused' });
    expect(await failureOf(named.remove('prod', me))).toMatchObject({ code: 'refused' });
  });
});

describe('the use of a secret', () => {
  const to = [
    { holder: workspace, target: 'https://contoso.openai.azure.com' },
    { holder: 'contoso/Pay Roll' },
    { holder: 'contoso/Kiosk' },
  ];

  test.each<[string, WantedUse]>([
    ['the holder and the host', handOn(workspace, ['https://contoso.openai.azure.com/openai?x=1'])],
    [
      'another case, a slash at the end',
      handOn(`${workspace.toUpperCase()}/`, ['HTTPS://CONTOSO.openai.azure.com:443']),
    ],
    ['an encoded holder', handOn(workspace.replace('mlw', '%6dlw'), ['https://contoso.openai.azure.com./'])],
    ['a host without scheme', handOn(workspace, ['contoso.openai.azure.com/path'])],
    ['a project', handOn('Contoso/pay%20roll')],
    ['a project whose id is meant', { ...handOn('contoso/0000'), alias: 'contoso/Pay Roll' } as WantedUse],
  ])('is allowed for %s', async (_what, wanted) => {
    const { set, use } = setUp();
    await set({ use: ['export'], to });
    expect(await use('app', wanted)).toBe('material');
  });

  test.each<[string, WantedUse]>([
    ['a sign-in', signIn],
    ['another workspace', handOn(`${workspace}2`, ['https://contoso.openai.azure.com'])],
    ['a connection below the workspace', handOn(`${workspace}/connections/x`, ['https://contoso.openai.azure.com'])],
    ['another host', handOn(workspace, ['https://evil.example'])],
    ['the host as a user', handOn(workspace, ['https://contoso.openai.azure.com@evil.example'])],
    ['the host as a user, encoded', handOn(workspace, ['https://contoso.openai.azure.com%40evil.example/'])],
    ['the host behind a backslash', handOn(workspace, ['https://evil.example\\@contoso.openai.azure.com'])],
    ['the host before a backslash', handOn(workspace, ['https://contoso.openai.azure.com\\.evil.example'])],
    ['the host as a beginning', handOn(workspace, ['https://contoso.openai.azure.com.evil.example'])],
    ['the host as a path', handOn(workspace, ['https://evil.example/contoso.openai.azure.com'])],
    ['the host in another alphabet', handOn(workspace, ['https://contoso.openai.\u0430zure.com'])],
    ['another port', handOn(workspace, ['https://contoso.openai.azure.com:8443'])],
    ['the host without encryption', handOn(workspace, ['http://contoso.openai.azure.com'])],
    ['one more address', handOn(workspace, ['https://contoso.openai.azure.com', 'https://evil.example/token'])],
    ['no address', handOn(workspace, [])],
    ['the address of another place', handOn('contoso/Pay Roll', ['https://contoso.openai.azure.com'])],
    ['another project', handOn('contoso/Pay')],
    ['a project with a look-alike letter', handOn('contoso/Kiosk'.replace('K', '\u212a'))],
    ['a cloud that it is not for', { ...handOn(workspace), connection: testRecord({ cloud: 'lab' }) } as WantedUse],
  ])('is refused for %s', async (_what, wanted) => {
    const { set, use, reasons } = setUp();
    await set({ use: ['export'], to });
    const refusal = await failureOf(use('app', wanted));
    expect(refusal).toMatchObject({ code: 'refused', message: 'There is no such secret that this call may use.' });
    expect(reasons.join()).toContain('"app"');
    // The same words as for a secret that does not exist.
    const { code, message, hint } = await failureOf(use('nothing', wanted));
    expect({ code, message, hint }).toEqual({ code: refusal.code, message: refusal.message, hint: refusal.hint });
  });

  test('goes to the login host of its own cloud, and to that of the sandbox', async () => {
    const { set, use } = setUp();
    await set({ name: 'public-one' });
    await set({ name: 'lab-one', cloud: 'lab' });
    expect(await use('public-one', signIn)).toBe('material');
    expect(await use('public-one', { ...signIn, cloud: 'sandbox' } as WantedUse)).toBe('material');
    expect(await failureOf(use('public-one', { ...signIn, cloud: 'lab' } as WantedUse))).toMatchObject({
      code: 'refused',
    });
    expect(await failureOf(use('public-one', { ...signIn, cloud: 'china' } as WantedUse))).toMatchObject({
      code: 'refused',
    });
    expect(await failureOf(use('lab-one', signIn))).toMatchObject({ code: 'refused' });
    expect(await use('lab-one', { ...signIn, cloud: 'lab' } as WantedUse)).toBe('material');
  });

  test('is explained to the operator', async () => {
    const { set, use } = setUp();
    await set();
    expect(await failureOf(use('app', handOn(workspace), testCall()))).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('its use does not include export'),
    });
    expect(await failureOf(use('nothing', signIn, testCall()))).toMatchObject({ code: 'not_found' });
  });

  test.each(['__proto__', 'constructor', 'toString', '../app', 'APP', 'app ', '', 'a\0b', 'x'.repeat(500)])(
    'is refused by the name %j',
    async (name) => {
      const { set, use } = setUp();
      await set();
      expect(await failureOf(use(name, signIn))).toMatchObject({ code: 'refused' });
    },
  );
});

describe('a secret that is kept from an answer', () => {
  const keepOne = async (overrides: Partial<FoundSecret> = {}, record = connection) => {
    const setup = setUp();
    const name = await setup.named.keeperOf(record).keep(found(overrides));
    if (name === undefined) throw new Error('It was not kept.');
    return { ...setup, name, keeper: setup.named.keeperOf(record) };
  };

  test.each([
    ['/applications/3f2ab1c4-0000-4000-8000-000000000001', 'secretText', 'app-3f2a-secretText'],
    ['/users/ada@contoso.example', 'temporaryAccessPass', 'user-ada-contoso-example-temporaryAccessPass'],
    [
      '/subscriptions/x/providers/Microsoft.Storage/storageAccounts/stdata',
      'keys[0].value',
      'storage-stdata-keys-0-value',
    ],
    ['', '', 'secret'],
    ['/../../x', '\u202e', 'x'],
  ])('is named after what it belongs to: %s %s', async (resource, member, name) => {
    expect((await keepOne({ resource, member })).name).toBe(name);
  });

  test('gets the same name again, and another secret another one, from wherever and however often', async () => {
    const { named, keeper, name, store, refs } = await keepOne();
    const again = await Promise.all([
      keeper.keep(found()),
      named.keeperOf(connection).keep(found({ member: 'other' })),
    ]);
    expect(again).toEqual([name, name]);
    const other = await Promise.all([1, 2, 3].map((one) => keeper.keep(found({ secret: new Secret(`other-${one}`) }))));
    expect(new Set([name, ...other]).size).toBe(4);
    expect(await store.list(me)).toHaveLength(4);
    expect(await refs()).toHaveLength(4);
  });

  test('does not take the name of one that a person has set', async () => {
    const { named, set } = setUp();
    await set({ name: 'app-3f2a-secretText', secret: new Secret('of a person') });
    expect(await named.keeperOf(connection).keep(found())).toBe('app-3f2ab1c4-secretText');
    expect((await named.reveal('app-3f2a-secretText', me)).reveal()).toBe('of a person');
  });

  test('is one of 200 at most, each connection by itself', async () => {
    const { named, keeper } = await keepOne();
    for (let one = 1; one < 200; one++)
      await keeper.keep(found({ secret: new Secret(`one-${one}`), member: `m${one}` }));
    expect(await keeper.keep(found({ secret: new Secret('one too many') }))).toBeUndefined();
    expect(await keeper.keep(found())).toBe('app-3f2a-secretText');
    const other = named.keeperOf(testRecord({ id: 'other' }));
    expect(await other.keep(found({ secret: new Secret('of another') }))).toBeDefined();
  });

  test('is gone after 30 days, and kept for longer when it is answered again', async () => {
    const { named, keeper, name, use, clock } = await keepOne();
    clock.advance(20 * dayMs);
    expect(await keeper.keep(found())).toBe(name);
    clock.advance(29 * dayMs);
    expect(await use(name, signIn)).toBe('kept-material');
    clock.advance(dayMs);
    expect(await failureOf(use(name, signIn))).toMatchObject({ code: 'refused' });
    expect(await named.list(me)).toEqual([]);
    expect(await keeper.keep(found({ secret: new Secret('new') }))).toBe(name);
    expect((await named.reveal(name, me)).reveal()).toBe('new');
  });

  test('signs in as its app and is handed on within its tenant', async () => {
    const { use, name } = await keepOne();
    expect(await use(name, signIn)).toBe('kept-material');
    expect(await use(name, handOn(workspace, ['https://x.example']))).toBe('kept-material');
    const same = testRecord({ id: 'another', identity: { tenant_id: tenantId.toUpperCase() } });
    expect(await use(name, { ...handOn(workspace), connection: same } as WantedUse)).toBe('kept-material');
  });

  test.each<[string, WantedUse]>([
    ['another app', { ...signIn, clientId: tenantId } as WantedUse],
    ['another tenant', { ...signIn, tenantId: clientId } as WantedUse],
    ['an app that nobody knows yet', { kind: 'sign_in', cloud: 'public', tenantId }],
    ['another cloud', { ...signIn, cloud: 'china' } as WantedUse],
    [
      'a place in another tenant',
      { ...handOn(workspace), connection: testRecord({ identity: { tenant_id: clientId } }) } as WantedUse,
    ],
    ['a place in another cloud', { ...handOn(workspace), connection: testRecord({ cloud: 'lab' }) } as WantedUse],
    ['a place without a tenant', { ...handOn(workspace), connection: testRecord({ identity: {} }) } as WantedUse],
  ])('asks a person before it goes to %s', async (_what, wanted) => {
    const { use, name } = await keepOne();
    const asked: YesRequest[] = [];
    const authority = (answer: 'yes' | 'no'): Authority => ({
      actor: 'agent',
      channel: 'stdio',
      requireYes: async (request) => {
        asked.push(request);
        if (answer === 'no') throw new AppError('refused', 'A person has to say yes.', { detail: { pending: 'K7F3' } });
      },
      showPage: async () => false,
    });
    const refusal = await failureOf(use(name, wanted, testCall({ authority: authority('no') })));
    expect(refusal).toMatchObject({ code: 'refused', detail: { pending: 'K7F3' } });
    expect(asked).toMatchObject([{ grade: 'authority', summary: expect.stringContaining(`\`${name}\``) }]);
    expect(JSON.stringify(asked)).not.toContain('kept-material');
    expect(await use(name, wanted, testCall({ authority: authority('yes') }))).toBe('kept-material');
  });

  test('of a connection without a tenant stays with that connection', async () => {
    const lonely = testRecord({ identity: {} });
    const { use, name } = await keepOne({}, lonely);
    expect(await use(name, { ...handOn(workspace), connection: lonely } as WantedUse)).toBe('kept-material');
    const other = testRecord({ id: 'other', identity: {} });
    expect(await failureOf(use(name, { ...handOn(workspace), connection: other } as WantedUse))).toMatchObject({
      code: 'refused',
    });
  });
});
