import { afterEach, expect, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { createLinkedServices } from '../../../src/core/linked-services/create-linked-services.ts';
import { linkedServiceKinds, type ProbedService } from '../../../src/core/linked-services/linked-service.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../../src/core/telemetry/telemetry.ts';
import { createNetwork, type Network } from '../../../src/runtime/network.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { sandboxCredentials, seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { stageOf, statusLine } from '../../support/linked-connection.ts';

let sandbox: Sandbox | undefined;
let network: Network | undefined;

afterEach(async () => {
  await network?.close();
  await sandbox?.close();
});

async function openSandbox(identity: 'sandbox' | 'limited', place: 'in process' | 'on a port' = 'in process') {
  sandbox = createSandbox({ now: '2026-11-20T10:00:00Z' });
  const { clock, httpClient } = sandbox;
  const cloud = place === 'in process' ? sandbox.cloud : (await sandbox.listen(0)).cloud;
  const credentials = identity === 'sandbox' ? sandboxCredentials : seededCredentials(identity);
  const logger = createLogger({ level: 'silent' });
  network = createNetwork({
    clouds: new Map([[cloud.name, cloud]]),
    clock,
    logger,
    telemetry: noTelemetry,
    readSecret: async () => new Secret(credentials.clientSecret),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: () => undefined,
    ...(place === 'in process' ? { httpClient } : {}),
  });
  const connection = await network.open(
    {
      id: '00000000-0000-4000-8000-0000000000e1',
      name: 'sandbox',
      revision: 1,
      provider: 'azure',
      scopes: ['resources'],
      cloud: cloud.name,
      access: 'read_only',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: {},
      identity: {
        tenant_id: credentials.tenantId,
        client_id: credentials.clientId,
        subscription_id: credentials.subscriptionId,
      },
      status: 'ready',
      secrets: [],
      previousSecrets: [],
      health: 'unknown',
      checks: [],
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
      origin: 'declared',
      owner: 'local',
    },
    localCaller,
  );
  const linkedServices = createLinkedServices({ clock, logger, limiter: network.limiter, random: () => 0 });
  const probeAll = async (): Promise<readonly ProbedService[]> => {
    const found = await linkedServices.discover(connection, linkedServiceKinds, testCall());
    return Promise.all(found.map((service) => linkedServices.probe(connection, service, testCall())));
  };
  return { sandbox, probeAll };
}

function byName(probed: readonly ProbedService[], name: string): ProbedService {
  const found = probed.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no ${name} among ${probed.map((one) => one.name).join(', ')}.`);
  return found;
}

test.each(['in process', 'on a port'] as const)(
  'an identity with all roles can use the data services (%s)',
  async (place) => {
    const { probeAll } = await openSandbox('sandbox', place);
    const probed = await probeAll();
    for (const name of ['stcontosodata', 'sb-contoso-orders', 'srch-contoso-vectors']) {
      expect(statusLine(byName(probed, name)), JSON.stringify(byName(probed, name).stages)).toBe('pass pass pass pass');
    }
    // What the sandbox has no server for is never said to work.
    for (const name of ['psql-contoso-app', 'cosmos-contoso-graph']) {
      expect(byName(probed, name).usable).toBe(false);
      expect(stageOf(byName(probed, name), 'network')).toMatchObject({ status: 'skip', code: 'no_server' });
    }
  },
);

test('what is switched off says what to switch on', async () => {
  const { probeAll } = await openSandbox('sandbox');
  const probed = await probeAll();
  expect(stageOf(byName(probed, 'stcontosoarchive'), 'network')).toMatchObject({
    status: 'fail',
    code: 'AuthorizationFailure',
  });
  expect(stageOf(byName(probed, 'sb-contoso-legacy'), 'network').status).toBe('fail');
  expect(stageOf(byName(probed, 'psql-contoso-legacy'), 'discover').code).toBe('activeDirectoryAuth');
  expect(stageOf(byName(probed, 'cosmos-contoso-legacy'), 'authorize')).toMatchObject({
    status: 'warn',
    code: 'keys_only',
  });
  expect(stageOf(byName(probed, 'srch-contoso-legacy'), 'authorize').detail).toContain('keys only');
});

test('an identity without data roles is told each role that is missing', async () => {
  const { probeAll } = await openSandbox('limited');
  const probed = await probeAll();
  expect(stageOf(byName(probed, 'stcontosoweb'), 'authorize')).toMatchObject({
    status: 'fail',
    code: 'AuthorizationPermissionMismatch',
    hint: expect.stringContaining('Assign Storage Blob Data Contributor'),
  });
  expect(stageOf(byName(probed, 'stcontosodata'), 'authorize').detail).toContain('the container `invoices` alone');
  expect(stageOf(byName(probed, 'sb-contoso-orders'), 'authorize')).toMatchObject({
    status: 'fail',
    code: '40100',
    hint: expect.stringContaining('Assign Azure Service Bus Data Owner'),
  });
  expect(stageOf(byName(probed, 'srch-contoso-vectors'), 'authorize')).toMatchObject({
    status: 'fail',
    code: 'Forbidden',
    hint: expect.stringContaining('Assign Search Index Data Contributor'),
  });
});

test('a role that was assigned just now is not effective yet, and is later', async () => {
  const { probeAll, sandbox: tenant } = await openSandbox('limited');
  const before = byName(await probeAll(), 'stcontosoweb');
  const [, principalId] = /--assignee-object-id (\S+)/.exec(stageOf(before, 'authorize').hint ?? '') ?? [];
  tenant.placeObject('arm', 'rolePropagation', { seconds: 300 });
  tenant.placeObject('arm', 'roleAssignment', {
    name: '5a11d0c5-7e4a-4c0d-8b0a-a55100000099',
    scope: before.id,
    roleId: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    principalId,
  });
  expect(stageOf(byName(await probeAll(), 'stcontosoweb'), 'authorize')).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('not effective yet'),
  });
  tenant.advance(301);
  expect(byName(await probeAll(), 'stcontosoweb').usable).toBe(true);
});
