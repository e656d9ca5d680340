import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Caller, localCaller } from '../../../src/core/base/caller.ts';
import { viewConnection } from '../../../src/core/connections/connection-view.ts';
import { createDeclaredRecords } from '../../../src/core/connections/declared-records.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { agentCall, testCall } from '../../support/call.ts';
import { testReferences } from './secret-sources.ts';
import { identity, inline, me, other, setUpService, withProd } from './service-support.ts';
import { clientId, failureOf, temporaryFolder, tenantId, testFingerprints } from './support.ts';
import { testPem } from './test-pem.ts';

describe('create', () => {
  test('makes a pending record with all defaults', async () => {
    const { service, store } = setUpService();
    const record = await service.create({ name: 'prod' }, me, testCall());
    expect(record).toMatchObject({
      name: 'prod',
      revision: 1,
      provider: 'azure',
      scopes: ['directory', 'resources'],
      cloud: 'public',
      access: 'read_only',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: {},
      identity: {},
      status: 'pending',
      secrets: [],
      health: 'unknown',
      origin: 'stored',
      owner: me.id,
    });
    expect(await store.get('prod', me.id)).toEqual(record);
  });

  test.each([
    [{ name: 'P' }, 'name', 'invalid_argument'],
    [{ name: '../x' }, 'name', 'invalid_argument'],
    [{ name: 'prod', cloud: 'publik' }, 'Did you mean public?', 'invalid_argument'],
    [{ name: 'prod', scopes: [] }, 'scopes', 'invalid_argument'],
    [{ name: 'prod', settings: { base_url: 'https://evil.example/v1.0' } }, 'base_url', 'invalid_argument'],
    [
      { name: 'prod', settings: { base_url: 'https://graph.microsoft.com.evil.example/v1.0' } },
      'base_url',
      'invalid_argument',
    ],
    [{ name: 'prod', settings: { base_url: 'https://graph.microsoft.com/v2' } }, 'base_url', 'invalid_argument'],
  ] as const)('refuses %j', async (input, reason, code) => {
    const { service, store } = setUpService();
    const error = await failureOf(service.create(input, me, testCall()));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).toContain(reason);
    expect(await store.listAll()).toEqual([]);
  });

  test('accepts a Graph root of the cloud as base_url', async () => {
    const { service } = setUpService();
    const settings = { base_url: 'https://graph.microsoft.com/beta' };
    expect((await service.create({ name: 'prod', settings }, me, testCall())).settings).toEqual(settings);
  });

  test('refuses a name that is taken', async () => {
    const { service } = await withProd();
    expect(await failureOf(service.create({ name: 'prod' }, me, testCall()))).toMatchObject({ code: 'conflict' });
  });
});

describe('get', () => {
  test('an unknown name lists the valid ones and the nearest', async () => {
    const { service } = await withProd();
    await service.create({ name: 'lab' }, me, testCall());
    expect(await failureOf(service.get('prdo', me))).toMatchObject({
      code: 'not_found',
      message: 'There is no connection named prdo.',
      hint: 'Did you mean prod? Valid names: lab, prod.',
      detail: { valid_names: ['lab', 'prod'], nearest: 'prod' },
    });
  });

  test('without any, says how to begin', async () => {
    expect((await failureOf(setUpService().service.get('prod', me))).hint).toContain('create_connection');
  });

  test('shows a caller only what is theirs', async () => {
    const { service } = await withProd();
    expect(await service.list(new Caller({ id: 'somebody' }))).toEqual([]);
    expect(await failureOf(service.get('prod', new Caller({ id: 'somebody' })))).toMatchObject({
      code: 'not_found',
      detail: { valid_names: [] },
    });
    expect(await failureOf(service.remove('prod', new Caller({ id: 'somebody' }), testCall()))).toMatchObject({
      code: 'not_found',
    });
    expect((await service.list(me)).map(({ name }) => name)).toEqual(['prod']);
  });
});

describe('complete', () => {
  test('makes it ready, keeps the secret in the vault and its fingerprint in the record', async () => {
    const call = agentCall();
    const { service, vault } = setUpService();
    await service.create({ name: 'prod' }, me, testCall());
    const record = await service.complete('prod', { ...inline('MARKED-SECRET'), default_location: 'eastus' }, me, call);
    expect(record).toMatchObject({
      revision: 2,
      status: 'ready',
      identity: { ...identity, default_location: 'eastus' },
      secrets: [
        {
          field: 'client_secret',
          fingerprint: await testFingerprints.of(new Secret('MARKED-SECRET')),
          source: 'inline',
        },
      ],
    });
    expect(JSON.stringify(record)).not.toContain('MARKED');
    expect(call.record.notes.join()).toMatch(/passed through the model: rotate it/);
    const ref = record.secrets[0]?.ref ?? '';
    expect((await vault.get({ connectionId: record.id, field: 'client_secret' }, ref)).reveal()).toBe('MARKED-SECRET');
  });

  test.each([
    ['azure', {}, ['tenant_id', 'client_id', 'client_secret']],
    ['certificate', identity, ['certificate']],
    ['workload_identity', { client_id: clientId }, ['tenant_id']],
    ['device_code', {}, ['tenant_id', 'client_id']],
    ['bearer', {}, ['token']],
  ] as const)('%s with %j says what is missing and stores nothing', async (auth_type, input, missing) => {
    const { service, store, vault } = setUpService();
    const before = await service.create({ name: 'prod', auth_type }, me, testCall());
    const error = await failureOf(service.complete('prod', { ...input, secrets: {} }, me, testCall()));
    expect(error).toMatchObject({ code: 'invalid_argument', detail: { missing } });
    expect(await store.get('prod', me.id)).toEqual(before);
    expect(await vault.list()).toEqual([]);
  });

  test.each(['managed_identity', 'azure_cli', 'default'] as const)('%s needs nothing', async (auth_type) => {
    const { service } = setUpService();
    await service.create({ name: 'prod', auth_type }, me, testCall());
    expect(await service.complete('prod', { secrets: {} }, me, testCall())).toMatchObject({ status: 'ready' });
  });

  test('scope levels need their identity', async () => {
    const { service } = setUpService();
    await service.create({ name: 'prod', scope_level: 'ml_workspace' }, me, testCall());
    expect(await failureOf(service.complete('prod', inline('s'), me, testCall()))).toMatchObject({
      detail: { missing: ['subscription_id', 'resource_group', 'workspace_name'] },
    });
  });

  test.each([
    [{ tenant_id: 'common' }, 'tenant_id'],
    [{ tenant_id: 'a/../b' }, 'tenant_id'],
    [{ client_id: 'my app' }, 'client_id'],
    [{ subscription_id: 'none' }, 'subscription_id'],
    [{ resource_group: 'a/b' }, 'resource_group'],
  ])('refuses %j', async (input, field) => {
    const { service, vault } = setUpService();
    await service.create({ name: 'prod' }, me, testCall());
    const error = await failureOf(service.complete('prod', { ...inline('s'), ...input }, me, testCall()));
    expect(error).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`${field}: got`),
      detail: { field },
    });
    expect(await vault.list()).toEqual([]);
  });

  test('reads environment variables and files once and keeps them', async () => {
    const file = join(temporaryFolder(), 'secret');
    writeFileSync(file, 'from-file\n');
    const variables: Record<string, string> = { PROD_SECRET: 'from-env' };
    const { service, vault } = setUpService({}, variables);
    for (const [name, argument, text] of [
      ['one', { env: 'PROD_SECRET' }, 'from-env'],
      ['two', { file }, 'from-file'],
    ] as const) {
      const call = testCall();
      await service.create({ name }, me, testCall());
      const record = await service.complete(name, { ...identity, secrets: { client_secret: argument } }, me, call);
      expect(record.secrets[0]?.source).toBe(Object.keys(argument)[0]);
      expect(call.record.notes).toEqual([]);
      delete variables['PROD_SECRET'];
      const ref = record.secrets[0]?.ref ?? '';
      expect((await vault.get({ connectionId: record.id, field: 'client_secret' }, ref)).reveal()).toBe(text);
    }
  });

  test('keeps a federated token as a reference, since platforms renew it', async () => {
    const { service, vault } = setUpService({}, { TOKEN: 'external' });
    await service.create({ name: 'prod', auth_type: 'workload_identity' }, me, testCall());
    const record = await service.complete(
      'prod',
      { ...identity, secrets: { federated_token: { env: 'TOKEN' } } },
      me,
      testCall(),
    );
    expect(record.secrets).toMatchObject([{ field: 'federated_token', ref: 'operator-env:TOKEN', source: 'env' }]);
    expect(await vault.list()).toEqual([]);
  });

  test.each([
    [{ env: 'NOT_SET' }, 'configuration'],
    [{ env: 'a b' }, 'invalid_argument'],
    [{ file: '/nowhere/secret' }, 'configuration'],
    [{ file: 'relative' }, 'configuration'],
    [{ file: '/dev/zero' }, 'configuration'],
    [{ file: '/tmp' }, 'configuration'],
    [{ prompt: true }, 'unsupported'],
    [{ previous: true }, 'invalid_argument'],
    [new Secret('11111111-1111-4111-8111-111111111111'), 'invalid_argument'],
  ] as const)('a secret from %j is %s', async (argument, code) => {
    const { service, vault } = setUpService();
    await service.create({ name: 'prod' }, me, testCall());
    const error = await failureOf(
      service.complete('prod', { ...identity, secrets: { client_secret: argument } }, me, testCall()),
    );
    expect(error.code).toBe(code);
    expect(error.hint).toBeTruthy();
    expect(await vault.list()).toEqual([]);
  });

  test('files of the home folder are no secrets', async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'master.key'), 'MARKED');
    const { service } = setUpService({ references: testReferences(home) });
    await service.create({ name: 'prod' }, me, testCall());
    const secrets = { client_secret: { file: join(home, 'master.key') } };
    expect(await failureOf(service.complete('prod', { ...identity, secrets }, me, testCall()))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('only files below secrets'),
    });
  });

  test('a literal is refused where the operator forbids it', async () => {
    const { service, vault } = setUpService({ inlineSecrets: false });
    await service.create({ name: 'prod' }, me, testCall());
    const error = await failureOf(service.complete('prod', inline('MARKED'), me, agentCall()));
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Ask the person') });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('MARKED');
    expect(await vault.list()).toEqual([]);
  });

  test('a secret of another kind is refused', async () => {
    const { service } = setUpService();
    await service.create({ name: 'prod', auth_type: 'managed_identity' }, me, testCall());
    const secrets = { client_secret: new Secret('s') };
    expect(await failureOf(service.complete('prod', { secrets }, me, testCall()))).toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('takes no secret'),
    });
  });

  test('a certificate gives its end; a damaged, foreign or keyless one is refused', async () => {
    const pem = testPem();
    const { service } = setUpService();
    await service.create({ name: 'prod', auth_type: 'certificate' }, me, testCall());
    const attempt = (text: string) =>
      service.complete('prod', { ...identity, secrets: { certificate: new Secret(text) } }, me, testCall());
    const keyOf = (text: string) => text.slice(0, text.indexOf('-----BEGIN CERTIFICATE-----'));
    const certificateOf = (text: string) => text.slice(text.indexOf('-----BEGIN CERTIFICATE-----'));
    for (const wrong of [
      'hello',
      keyOf(pem),
      certificateOf(pem),
      keyOf(testPem()) + certificateOf(pem),
      pem.replace(/MII/g, 'XXX'),
    ]) {
      expect(await failureOf(attempt(wrong))).toMatchObject({ code: 'invalid_argument' });
    }
    expect((await attempt(pem)).secrets).toMatchObject([
      { field: 'certificate', expiresAt: '2034-01-01T00:00:00.000Z' },
    ]);
  });

  test('a bearer token gives tenant, app and end', async () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = (tid: string) => `${part({})}.${part({ tid, appid: clientId, exp: 1_767_229_200 })}.sig`;
    const { service } = setUpService();
    await service.create({ name: 'prod', auth_type: 'bearer' }, me, testCall());
    const complete = (text: string) =>
      service.complete('prod', { secrets: { token: new Secret(text) } }, me, testCall());
    expect(await complete(token(tenantId))).toMatchObject({
      identity,
      secrets: [{ field: 'token', expiresAt: '2026-01-01T01:00:00.000Z' }],
    });
    expect(await failureOf(complete(token(other)))).toMatchObject({ code: 'refused' });
  });
});

describe('declared connections', () => {
  const declared = {
    name: 'fixed',
    provider: 'azure',
    scopes: ['directory'],
    cloud: 'public',
    access: 'read_write',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity,
    secrets: { client_secret: { env: 'FIXED_SECRET' } },
  } as const;

  test('are listed among the others with a fingerprint, and are ready', async () => {
    const { service, store, vault } = setUpService({ declared: [declared] }, { FIXED_SECRET: 'MARKED' });
    await service.create({ name: 'abc' }, me, testCall());
    const records = (await service.list(localCaller)).filter(({ origin }) => origin === 'declared');
    expect(await service.list(new Caller({ id: 'anybody' }))).toEqual([]);
    expect((await service.list(me)).map(({ name }) => name)).toEqual(['abc', 'fixed']);
    expect(records).toMatchObject([
      {
        name: 'fixed',
        status: 'ready',
        origin: 'declared',
        secrets: [{ fingerprint: await testFingerprints.of(new Secret('MARKED')), source: 'env' }],
      },
    ]);
    expect(JSON.stringify(records)).not.toContain('MARKED');
    expect(await vault.list()).toEqual([]);
    expect(await store.get('fixed', me.id)).toBeUndefined();
  });

  test('are read-only', async () => {
    const { service } = setUpService({ declared: [declared] }, { FIXED_SECRET: 's' });
    expect(await failureOf(service.complete('fixed', inline('x'), me, testCall()))).toMatchObject({ code: 'refused' });
    expect(await failureOf(service.remove('fixed', me, testCall()))).toMatchObject({ code: 'refused' });
    expect(await failureOf(service.create({ name: 'fixed' }, me, testCall()))).toMatchObject({ code: 'conflict' });
  });

  test('without their secret are pending and say what is missing', async () => {
    const { service } = setUpService({ declared: [declared] });
    expect(await service.get('fixed', me)).toMatchObject({
      status: 'pending',
      health: 'failing',
      checks: [{ check: 'declaration', status: 'fail', detail: expect.stringContaining('FIXED_SECRET is not set') }],
    });
  });

  test('without their secret say what to set, wherever one looks', async () => {
    const { service, clock } = setUpService({ declared: [declared] });
    const record = await service.get('fixed', me);
    expect(viewConnection(record, clock, me).next_step).toBe(
      'Set FIXED_SECRET for the Tenantry process and start it again.',
    );
    const { checks } = await service.validate('fixed', undefined, me, testCall());
    expect(checks).toEqual(record.checks);
  });

  test('show what a validation found for as long as their secret stays the same', async () => {
    const variables: Record<string, string> = { FIXED_SECRET: 'one' };
    const { service, options } = setUpService({ declared: [declared] }, variables);
    const records = createDeclaredRecords([declared], options);
    const record = await records.get('fixed');
    if (record === undefined) throw new Error('There is no record.');
    records.keepOutcome({ ...record, health: 'healthy' });
    expect(await records.get('fixed')).toMatchObject({ health: 'healthy' });
    variables['FIXED_SECRET'] = 'two';
    expect(await records.get('fixed')).toMatchObject({ health: 'unknown', revision: 2 });
    expect(await service.get('fixed', me)).toMatchObject({ health: 'unknown' });
  });

  test('become another revision when their secret becomes another one', async () => {
    const variables: Record<string, string> = { FIXED_SECRET: 'one' };
    const { service } = setUpService({ declared: [declared] }, variables);
    expect((await service.get('fixed', me)).revision).toBe(1);
    expect((await service.get('fixed', me)).revision).toBe(1);
    variables['FIXED_SECRET'] = 'two';
    expect((await service.get('fixed', me)).revision).toBe(2);
  });
});
