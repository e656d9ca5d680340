import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSecretReader } from '../../../src/core/auth/secret-reader.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import type { CreateConnection } from '../../../src/core/connections/connection-service.ts';
import { createConnectionService } from '../../../src/core/connections/create-connection-service.ts';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import { createRedactor, Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { createOpenTelemetry } from '../../../src/core/telemetry/telemetry.ts';
import { createNetwork } from '../../../src/runtime/network.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { noLinkedServices } from './no-linked-services.ts';
import { noNamedSecrets, testReferences } from './secret-sources.ts';
import { failureOf, testFingerprints } from './support.ts';

const me = localCaller;

/** The service over a sandbox tenant, with the complete connection `prod` of its app. */
async function setUp(input: Partial<CreateConnection> = {}, app?: Parameters<typeof seededCredentials>[0]) {
  const sandbox = createSandbox({ users: 10 });
  const { clock, cloud } = sandbox;
  const { records: store, vault, state, secrets } = createMemoryStorage(clock);
  const references = testReferences();
  const clouds = new Map<string, Cloud>([...Object.entries(builtInClouds), [cloud.name, cloud]]);
  const network = createNetwork({
    clouds,
    clock,
    logger: createLogger({ level: 'silent', redactor: createRedactor() }),
    telemetry: createOpenTelemetry('0'),
    readSecret: createSecretReader({ vault, references, declared: [] }),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: () => undefined,
    embedded: sandbox,
  });
  onTestFinished(async () => {
    await network.close();
    await sandbox.close();
  });
  const service = createConnectionService({
    store,
    vault,
    state,
    policy: defaultPolicy,
    fingerprints: testFingerprints,
    clock,
    clouds,
    declared: [],
    secrets,
    references,
    namedSecrets: noNamedSecrets,
    inlineSecrets: true,
    linkedServices: noLinkedServices,
    opener: network,
    trial: network.trial,
  });
  const credentials = app === undefined ? sandbox.credentials : seededCredentials(app);
  await service.create({ name: 'prod', cloud: 'sandbox', scopes: ['directory'], ...input }, me, testCall());
  await service.complete(
    'prod',
    {
      tenant_id: credentials.tenantId,
      client_id: credentials.clientId,
      secrets: { client_secret: new Secret(credentials.clientSecret) },
    },
    me,
    testCall(),
  );
  const validate = (checks?: readonly string[]) => service.validate('prod', checks, me, testCall());
  const rotate = (text: string) =>
    service.complete('prod', { secrets: { client_secret: new Secret(text) } }, me, testCall());
  return { sandbox, service, vault, store, credentials, validate, rotate };
}

function lines(validation: { readonly checks: readonly { check: string; status: string }[] }) {
  return Object.fromEntries(validation.checks.map(({ check, status }) => [check, status]));
}

test('a good connection is healthy, with one line per check', async () => {
  const { validate, service, credentials } = await setUp({ access: 'read_write' });
  const validation = await validate();
  expect(lines(validation)).toEqual({
    'token.graph': 'pass',
    identity: 'pass',
    clock: 'pass',
    graph_roles: 'pass',
    expiry: 'pass',
  });
  expect(validation.health).toBe('healthy');
  const record = await service.get('prod', me);
  expect(record).toMatchObject({ health: 'healthy', checks: validation.checks });
  expect(record.validatedAt).toBeTruthy();
  expect(record.secrets[0]).toMatchObject({ validatedAt: record.validatedAt, expiresAt: expect.stringMatching(/^20/) });
  expect(inspect([validation, record], { depth: 20 })).not.toContain(credentials.clientSecret);
});

test('what cannot be looked at is skipped honestly, and only where the scopes ask for it', async () => {
  const { validate } = await setUp({ scopes: ['directory', 'storage', 'devops'] });
  const validation = await validate();
  expect(lines(validation)).toMatchObject({
    'token.graph': 'pass',
    'token.resource_manager': 'pass',
    subscription: 'warn',
    role_assignments: 'skip',
    data_plane: 'skip',
    devops: 'fail',
  });
  expect(validation.checks.find(({ check }) => check === 'devops')?.detail).toContain('names no Azure DevOps');
});

test('every validation asks the authority anew', async () => {
  const { validate, sandbox } = await setUp();
  await validate();
  await validate();
  const tokens = sandbox.requests().filter(({ url }) => url.includes('/oauth2/v2.0/token'));
  expect(tokens).toHaveLength(2);
});

test('a wrong secret fails with the reason and the next step', async () => {
  const { validate, rotate } = await setUp();
  await rotate('not-the-secret');
  const validation = await validate();
  expect(validation.health).toBe('failing');
  expect(validation.checks[0]).toMatchObject({
    check: 'token.graph',
    status: 'fail',
    detail: expect.stringContaining('AADSTS7000215'),
    hint: expect.stringContaining('value of the client secret'),
  });
});

test('an app without permissions fails, one with a few is degraded', async () => {
  const none = await setUp({}, 'noRoles');
  expect(lines(await none.validate())).toMatchObject({ 'token.graph': 'pass', graph_roles: 'fail' });
  const few = await setUp({ access: 'read_write' }, 'readOnly');
  const validation = await few.validate();
  expect(validation.checks.find(({ check }) => check === 'graph_roles')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('change users'),
    hint: expect.stringContaining('User.ReadWrite.All'),
  });
});

test('an expired secret fails and says to rotate', async () => {
  const { validate } = await setUp({}, 'expired');
  expect((await validate()).checks[0]).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('AADSTS7000222'),
    hint: expect.stringContaining('new client secret'),
  });
});

test('a secret that ends within 30 days is a warning', async () => {
  const { validate, sandbox } = await setUp();
  sandbox.advance(380 * 86_400);
  const validation = await validate(['expiry']);
  expect(validation.checks.find(({ check }) => check === 'expiry')).toMatchObject({
    status: 'warn',
    detail: expect.stringMatching(/in (19|20) days/),
  });
  expect(validation.health).toBe('degraded');
});

test('only the named checks run; the others keep their last lines', async () => {
  const { validate, service } = await setUp();
  await validate();
  const validation = await validate(['identity']);
  expect(lines(validation)).toEqual({ 'token.graph': 'pass', identity: 'pass' });
  expect((await service.get('prod', me)).checks.map(({ check }) => check).sort()).toEqual(
    ['clock', 'expiry', 'graph_roles', 'identity', 'token.graph'].sort(),
  );
  expect(await failureOf(validate(['identiy']))).toMatchObject({
    code: 'invalid_argument',
    hint: expect.stringContaining('Did you mean identity?'),
  });
});

test('a pending connection fails without a request', async () => {
  const { service, sandbox } = await setUp();
  await service.create({ name: 'later', cloud: 'sandbox' }, me, testCall());
  const validation = await service.validate('later', undefined, me, testCall());
  expect(validation).toMatchObject({
    health: 'failing',
    checks: [{ check: 'complete', hint: expect.stringContaining('client_secret') }],
  });
  expect(sandbox.requests()).toEqual([]);
});

test('trouble of the authority is a line, a cancelled call is not', async () => {
  const { validate, sandbox, service } = await setUp();
  sandbox.fault({ service: 'login', match: 'POST *', status: 429, retry_after: 600 });
  expect((await validate()).checks[0]).toMatchObject({ status: 'fail' });
  const signal = AbortSignal.abort();
  const before = await service.get('prod', me);
  expect(await failureOf(service.validate('prod', undefined, me, testCall({ signal })))).toMatchObject({
    code: 'cancelled',
  });
  expect(await service.get('prod', me)).toEqual(before);
});

describe('after a rotation', () => {
  test('the old secret is destroyed once the new one got a token', async () => {
    const { validate, rotate, credentials, service, vault } = await setUp();
    await rotate('not-the-secret');
    await rotate(credentials.clientSecret);
    expect((await service.get('prod', me)).previousSecrets).toHaveLength(1);
    await validate();
    const record = await service.get('prod', me);
    expect(record.previousSecrets).toEqual([]);
    expect((await vault.list()).map(({ ref }) => ref)).toEqual([record.secrets[0]?.ref]);
  });

  test('both are kept when the new one does not work, and the way back works', async () => {
    const { validate, rotate, service, vault } = await setUp();
    await validate();
    const before = await service.get('prod', me);
    await rotate('not-the-secret');
    const validation = await validate();
    expect(validation.health).toBe('failing');
    expect(validation.checks.at(-1)).toMatchObject({
      check: 'rotation',
      status: 'fail',
      detail: expect.stringContaining(`the one before it (fingerprint ${before.secrets[0]?.fingerprint}) is kept`),
      hint: expect.stringContaining('{"previous": true}'),
    });
    expect(await vault.list()).toHaveLength(2);
    await service.complete('prod', { secrets: { client_secret: { previous: true } } }, me, testCall());
    const again = await validate();
    expect(again.health).toBe('healthy');
    expect(lines(again)).not.toHaveProperty('rotation');
    const record = await service.get('prod', me);
    expect(record.secrets[0]?.ref).toBe(before.secrets[0]?.ref);
    expect(record.checks.map(({ check }) => check)).not.toContain('rotation');
    expect(await vault.list()).toHaveLength(1);
  });

  test('trouble of the authority says nothing about the new secret', async () => {
    const { validate, rotate, credentials, sandbox, service } = await setUp();
    await rotate('not-the-secret');
    await rotate(credentials.clientSecret);
    sandbox.fault({ service: 'login', match: 'POST *', status: 429, retry_after: 600 });
    const validation = await validate();
    expect(lines(validation)).not.toHaveProperty('rotation');
    expect((await service.get('prod', me)).previousSecrets).toHaveLength(1);
  });

  test('a validation that was overtaken by a rotation proves nothing about it', async () => {
    const { validate, rotate, store, service, vault } = await setUp();
    const replace = store.replace.bind(store);
    let overtaken = false;
    store.replace = async (record) => {
      if (!overtaken) {
        overtaken = true;
        await rotate('not-the-secret');
      }
      return replace(record);
    };
    await validate();
    const record = await service.get('prod', me);
    expect(record).toMatchObject({ health: 'unknown', checks: [] });
    expect(record.previousSecrets).toHaveLength(1);
    expect(await vault.list()).toHaveLength(2);
  });
});
