import { describe, expect, test } from 'vitest';
import type { CompleteConnection, CreateConnection } from '../../../src/core/connections/connection-service.ts';
import type { AuthType, ConnectionIdentity } from '../../../src/core/record/connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { testToken } from '../../support/test-token.ts';
import { asksPerson, declare, free, identity, operator, secrets, setUp } from './ceilings-support.ts';
import { me, other } from './service-support.ts';
import { clientId, failureOf, tenantId } from './support.ts';

describe('what an agent may give by itself', () => {
  test('read-only connections, and whatever lives in the sandbox', async () => {
    const { agent, approvals } = setUp();
    await agent.make({ name: 'reader', scopes: ['directory', 'resources', 'devops'] });
    await agent.make({ name: 'emulated', cloud: 'sandbox', access: 'read_write' });
    await agent.create({ name: 'cli', cloud: 'sandbox', access: 'read_write', auth_type: 'azure_cli' });
    expect(await approvals.list(me.id)).toEqual([]);
  });

  test('a cloud of another name on the same machine is not the sandbox', async () => {
    const { agent } = setUp();
    expect(await failureOf(agent.create({ name: 'lab', cloud: 'lab', access: 'read_write' }))).toMatchObject(
      asksPerson,
    );
  });

  test('more access waits, shows from and to, and is made once the person has said yes', async () => {
    const { agent, person, approvals, service } = setUp();
    const input = { name: 'writer', access: 'read_write' } as const;
    expect(await failureOf(agent.create(input))).toMatchObject(asksPerson);
    expect(await service.find('writer', me)).toBeUndefined();
    const [waiting] = await approvals.list(me.id);
    expect(waiting).toMatchObject({
      summary: 'Create the connection `writer`',
      details: ['access: read_write, and an agent may give read_only', expect.stringContaining('cloud public')],
    });
    await person.sayYes();
    expect(await agent.create(input)).toMatchObject({ access: 'read_write', grantedBy: 'person' });
    // The same request again is another one.
    await agent.remove('writer');
    expect(await failureOf(agent.create(input))).toMatchObject(asksPerson);
  });

  test('a name that is taken is said without asking anybody', async () => {
    const { agent, approvals } = setUp();
    await agent.create({ name: 'twice' });
    expect(await failureOf(agent.create({ name: 'twice', access: 'read_write' }))).toMatchObject({ code: 'conflict' });
    expect(await approvals.list(me.id)).toEqual([]);
  });

  test.each(['managed_identity', 'azure_cli', 'device_code', 'default'] as const)(
    'an identity of the machine asks: %s',
    async (auth_type) => {
      expect(await failureOf(setUp().agent.create({ name: 'machine', auth_type }))).toMatchObject(asksPerson);
      expect(await setUp({ ambient: true }).agent.create({ name: 'machine', auth_type })).toMatchObject({ auth_type });
      expect(await setUp().person.make({ name: 'machine', auth_type }, { ...identity, secrets: {} })).toMatchObject({
        grantedBy: 'person',
      });
    },
  );

  test("the pipeline's token asks, a token of its own does not", async () => {
    const { agent, person } = setUp();
    await agent.create({ name: 'workload', auth_type: 'workload_identity' });
    expect(await failureOf(agent.complete('workload', { ...identity, secrets: {} }))).toMatchObject(asksPerson);
    const token = { federated_token: new Secret(testToken()) };
    expect(await agent.complete('workload', { ...identity, secrets: token })).toMatchObject({ status: 'ready' });
    await person.make({ name: 'runner', auth_type: 'workload_identity' }, { ...identity, secrets: {} });
    expect(await agent.complete('runner', { default_location: 'westeurope', secrets: {} })).toBeDefined();
  });
});

describe('changing a connection', () => {
  const more: readonly [string, Partial<CompleteConnection>][] = [
    ['access', { access: 'read_write' }],
    ['scopes', { scopes: ['directory', 'resources'] }],
    ['scopes, by exchange', { scopes: ['ml'] }],
    ['access, beside a narrower scope', { access: 'read_write', scopes: ['directory'] }],
  ];

  test.each(more)('more %s asks, even where the policy would allow it to a new one', async (_, change) => {
    for (const maker of ['agent', 'person'] as const) {
      const setup = setUp(free);
      await setup[maker].make({ name: 'prod', scopes: ['directory'] });
      const before = await setup.service.get('prod', me);
      expect(await failureOf(setup.agent.complete('prod', { ...change, secrets: {} }))).toMatchObject(asksPerson);
      expect(await setup.service.get('prod', me)).toEqual(before);
      await setup.person.sayYes();
      expect(await setup.agent.complete('prod', { ...change, secrets: {} })).toMatchObject({
        ...change,
        grantedBy: 'person',
      });
    }
  });

  test('less, settings and region do not', async () => {
    const { agent, person, approvals } = setUp();
    await person.make({ name: 'prod', scopes: ['directory', 'resources'], access: 'read_write' });
    const settings = { max_concurrent_requests: 8 };
    const change: CompleteConnection = {
      scopes: ['directory'],
      access: 'read_only',
      settings,
      default_location: 'westeurope',
      secrets: {},
    };
    expect(await agent.complete('prod', change)).toMatchObject({
      scopes: ['directory'],
      access: 'read_only',
      settings,
    });
    const second = await agent.complete('prod', { settings: { auto_paginate: false }, secrets: {} });
    expect(second.settings).toEqual({ max_concurrent_requests: 8, auto_paginate: false });
    expect(await approvals.list(me.id)).toEqual([]);
    // And back is more.
    expect(await failureOf(agent.complete('prod', { access: 'read_write', secrets: {} }))).toMatchObject(asksPerson);
  });

  test('a connection without identity stays pending', async () => {
    const { agent, person, service } = setUp();
    await agent.create({ name: 'prod' });
    expect(await agent.complete('prod', { settings: { max_items: 5 }, secrets: {} })).toMatchObject({
      status: 'pending',
    });
    expect(await failureOf(agent.complete('prod', { access: 'read_write', secrets: {} }))).toMatchObject(asksPerson);
    await service.complete('prod', { access: 'read_write', secrets: {} }, me, operator);
    expect(await person.make({ name: 'second' })).toMatchObject({ status: 'ready' });
  });

  test.each([
    'https://graph.microsoft.us/v1.0',
    'https://evil.example/v1.0',
    'https://graph.microsoft.com@evil.example/v1.0',
    'https://graph.microsoft.com/v1.0?x=https://evil.example',
    'http://graph.microsoft.com/v1.0',
  ])('settings.base_url leads nowhere else: %s', async (base_url) => {
    const { agent, service } = setUp(free);
    await agent.make({ name: 'prod' });
    const change = { settings: { base_url }, secrets: {} };
    expect(await failureOf(agent.complete('prod', change))).toMatchObject({ code: 'invalid_argument' });
    expect(await failureOf(service.complete('prod', change, me, operator))).toMatchObject({ code: 'invalid_argument' });
  });

  test('a person’s own change is their yes', async () => {
    const { person, service, approvals } = setUp();
    await person.make({ name: 'prod', scopes: ['directory'] });
    const change = { access: 'read_write', scopes: ['directory', 'devops'], secrets: {} } as const;
    expect(await service.complete('prod', change, me, operator)).toMatchObject({ access: 'read_write' });
    expect(await approvals.list(me.id)).toEqual([]);
  });

  test('a declared one is changed by nobody', async () => {
    const { agent } = setUp(free, [declare()]);
    const error = await failureOf(agent.complete('declared', { access: 'read_write', secrets: {} }));
    expect(error).toMatchObject({ code: 'refused', hint: expect.not.stringMatching(/create|another name/) });
    expect(error).not.toHaveProperty('wayToYes.pending');
  });

  test('other rights than those that were compared are not changed', async () => {
    const { agent, service, store } = setUp(free, [declare()]);
    await service.create({ name: 'race' }, me, operator);
    const replace = store.replace;
    store.replace = async (record) => {
      store.replace = replace;
      // Another call is faster, and widens.
      const current = await store.get('race', me.id);
      if (current) await replace({ ...current, access: 'read_write', revision: current.revision + 1 });
      return replace(record);
    };
    expect(await failureOf(agent.complete('race', { ...identity, secrets }))).toMatchObject({ code: 'conflict' });
  });
});

/** A way to a second connection with more access than the declared one, which reads only. */
interface Attempt {
  readonly name: string;
  readonly as: Partial<CreateConnection>;
  readonly identity: ConnectionIdentity;
  readonly secrets?: CompleteConnection['secrets'];
}

const attempts: readonly Attempt[] = [
  { name: 'the same values', as: {}, identity },
  { name: 'the app in capitals', as: {}, identity: { ...identity, client_id: clientId.toUpperCase() } },
  { name: 'the tenant in capitals', as: {}, identity: { ...identity, tenant_id: tenantId.toUpperCase() } },
  { name: 'spaces around', as: {}, identity: { tenant_id: ` ${tenantId} `, client_id: ` ${clientId}` } },
  { name: 'a domain of the tenant', as: {}, identity: { ...identity, tenant_id: 'contoso.example' } },
  { name: 'the first domain of the tenant', as: {}, identity: { ...identity, tenant_id: 'CONTOSO.onmicrosoft.com' } },
  { name: 'another name of the cloud', as: { cloud: 'alias' }, identity },
  { name: 'a cloud with the same login', as: { cloud: 'usgov' }, identity },
  { name: 'other scopes', as: { scopes: ['resources'] }, identity },
  {
    name: 'another scope level',
    as: { scope_level: 'management_group' },
    identity: { ...identity, management_group_id: 'root' },
  },
  { name: 'another subscription', as: {}, identity: { ...identity, subscription_id: other } },
  {
    name: 'federation with the same app',
    as: { auth_type: 'workload_identity' },
    identity,
    secrets: { federated_token: new Secret(testToken()) },
  },
  {
    name: 'a token of the app, under another name',
    as: { auth_type: 'bearer' },
    identity: { tenant_id: tenantId, client_id: other },
    secrets: { token: new Secret(testToken()) },
  },
  {
    name: 'a token of the app, without saying whose',
    as: { auth_type: 'bearer' },
    identity: {},
    secrets: { token: new Secret(testToken()) },
  },
  {
    name: 'a managed identity of the same app',
    as: { auth_type: 'managed_identity' },
    identity: { client_id: clientId },
    secrets: {},
  },
  {
    name: 'the default chain of the same app',
    as: { auth_type: 'default' },
    identity: { client_id: clientId },
    secrets: {},
  },
];

describe('an identity keeps its ceiling under every other name', () => {
  test.each(attempts)('$name', async ({ as, identity: named, secrets: given = secrets }) => {
    for (const ceiling of ['declared', 'granted'] as const) {
      const setup = setUp(free, ceiling === 'declared' ? [declare()] : []);
      if (ceiling === 'granted') await setup.person.make({ name: 'first', scopes: ['directory'] });
      const input: CreateConnection = { name: 'second', access: 'read_write', ...as };
      const error = await failureOf(setup.agent.make(input, { ...named, secrets: given }));
      expect(error, ceiling).toMatchObject(asksPerson);
      const [waiting] = await setup.approvals.list(me.id);
      expect(waiting?.details[0]).toBe('access of this identity: read_only -> read_write');
      expect((await setup.service.find('second', me))?.status).not.toBe('ready');
    }
  });

  test('of one that signs in as the machine, by every kind and whatever it names', async () => {
    const declared = declare({ auth_type: 'azure_cli', identity: {}, secrets: {} });
    for (const auth_type of ['azure_cli', 'default', 'managed_identity', 'device_code'] satisfies AuthType[]) {
      const { agent } = setUp(free, [declared]);
      const input = { name: 'second', access: 'read_write', auth_type } as const;
      expect(await failureOf(agent.create(input)), auth_type).toMatchObject(asksPerson);
    }
  });

  test('a person made the second connection, and an agent gives it the identity', async () => {
    const { agent, service } = setUp(free, [declare()]);
    await service.create({ name: 'second', access: 'read_write' }, me, operator);
    expect(await failureOf(agent.complete('second', { ...identity, secrets }))).toMatchObject(asksPerson);
  });

  test('a ready connection is switched to the identity', async () => {
    const { agent } = setUp(free, [declare()]);
    await agent.make({ name: 'second', access: 'read_write' }, { ...identity, client_id: other, secrets });
    const change = { ...identity, secrets, replace_identity: true };
    expect(await failureOf(agent.complete('second', change))).toMatchObject(asksPerson);
  });

  test('a writer that a person made is switched to another app', async () => {
    const { agent, person } = setUp();
    await person.make({ name: 'writer', access: 'read_write' });
    const change = { ...identity, client_id: other, secrets, replace_identity: true };
    expect(await failureOf(agent.complete('writer', change))).toMatchObject(asksPerson);
    expect(await agent.complete('writer', { ...identity, secrets })).toMatchObject({ access: 'read_write' });
  });

  test('what an agent has made is no ceiling', async () => {
    const { agent } = setUp(free);
    await agent.make({ name: 'reader' });
    expect(await agent.make({ name: 'writer', access: 'read_write' })).toMatchObject({ grantedBy: 'agent' });
  });

  test('deleting and creating again lifts nothing, under any name', async () => {
    for (const name of ['first', 'renamed']) {
      const { agent, person, service } = setUp(free);
      await person.make({ name: 'first' });
      await agent.remove('first');
      expect(await failureOf(agent.make({ name, access: 'read_write' })), name).toMatchObject(asksPerson);
      expect((await service.find(name, me))?.status).toBe('pending');
    }
  });

  test('nor of one that signs in as the machine', async () => {
    const { agent, person } = setUp(free);
    await person.make({ name: 'first', auth_type: 'azure_cli' }, { secrets: {} });
    await agent.remove('first');
    const input = { name: 'second', access: 'read_write', auth_type: 'default' } as const;
    expect(await failureOf(agent.create(input))).toMatchObject(asksPerson);
  });

  test('what the person removes is forgotten', async () => {
    const { agent, person, service } = setUp(free);
    await person.make({ name: 'first' });
    await service.remove('first', me, operator);
    expect(await agent.make({ name: 'second', access: 'read_write' })).toMatchObject({ status: 'ready' });
    await agent.remove('second');
    expect(await agent.make({ name: 'third', access: 'read_write' })).toMatchObject({ status: 'ready' });
  });

  test('another app, and the app in another tenant, are others', async () => {
    const { agent } = setUp(free, [declare()]);
    for (const [name, changes] of Object.entries({ app: { client_id: other }, tenant: { tenant_id: other } })) {
      expect(await agent.make({ name, access: 'read_write' }, { ...identity, ...changes, secrets })).toMatchObject({
        access: 'read_write',
      });
    }
  });

  test('a second reader, and a writer beside a writer, are free', async () => {
    const { agent } = setUp(free, [declare(), declare({ name: 'admin', access: 'read_write' })]);
    expect(await agent.make({ name: 'reader' })).toMatchObject({ access: 'read_only' });
    expect(await agent.make({ name: 'writer', access: 'read_write' })).toMatchObject({ grantedBy: 'agent' });
  });

  test('a record of an older version counts as a person’s', async () => {
    const { agent, person, store } = setUp(free);
    const { grantedBy: _none, ...old } = await person.make({ name: 'first' });
    await store.replace({ ...old, revision: old.revision + 1 });
    expect(await failureOf(agent.make({ name: 'second', access: 'read_write' }))).toMatchObject(asksPerson);
  });
});
