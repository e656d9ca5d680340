import { localCaller } from '../../../src/core/base/caller.ts';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import type {
  CompleteConnection,
  ConnectionServiceOptions,
  CreateConnection,
  OpenConnection,
} from '../../../src/core/connections/connection-service.ts';
import { createConnectionService } from '../../../src/core/connections/create-connection-service.ts';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { testCall } from '../../support/call.ts';
import { noLinkedServices } from './no-linked-services.ts';
import { noTrial } from './no-trial.ts';
import { noNamedSecrets, testReferences } from './secret-sources.ts';
import { clientId, handClock, tenantId, testFingerprints } from './support.ts';

export const me = localCaller;

/** A service over memory, with what a test changes. */
export function setUpService(
  overrides: Partial<ConnectionServiceOptions> = {},
  variables: Readonly<Record<string, string>> = {},
) {
  const clock = handClock();
  const { records: store, vault, state, secrets } = createMemoryStorage(clock);
  const clouds = new Map<string, Cloud>(Object.entries(builtInClouds));
  const options: ConnectionServiceOptions = {
    store,
    vault,
    state,
    policy: defaultPolicy,
    fingerprints: testFingerprints,
    secrets,
    clock,
    clouds,
    declared: [],
    references: testReferences('/nowhere/home', variables),
    namedSecrets: noNamedSecrets,
    inlineSecrets: true,
    opener: { open: (): Promise<OpenConnection> => Promise.reject(new Error('Nothing is opened in this test.')) },
    linkedServices: noLinkedServices,
    trial: noTrial,
    ...overrides,
  };
  return { service: createConnectionService(options), store, vault, state, clock, options };
}

export const identity = { tenant_id: tenantId, client_id: clientId };
export const other = '33333333-3333-4333-8333-333333333333';

export function inline(text: string): CompleteConnection {
  return { ...identity, secrets: { client_secret: new Secret(text) } };
}

/** A service with the complete connection `prod`. */
export async function withProd(text = 'first-secret', input: Partial<CreateConnection> = {}) {
  const setup = setUpService();
  await setup.service.create({ name: 'prod', ...input }, me, testCall());
  const record = await setup.service.complete('prod', inline(text), me, testCall());
  const reveal = async (ref: string | undefined) =>
    (await setup.vault.get({ connectionId: record.id, field: 'client_secret' }, ref ?? '')).reveal();
  return { ...setup, record, reveal };
}
