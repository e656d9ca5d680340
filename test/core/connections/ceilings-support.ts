import { expect } from 'vitest';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import type { CompleteConnection, CreateConnection } from '../../../src/core/connections/connection-service.ts';
import { createAsking } from '../../../src/core/policy/asking/agent-authority.ts';
import { defaultPolicy } from '../../../src/core/policy/policy.ts';
import type { DeclaredConnection } from '../../../src/core/record/declared-connection.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { testCall } from '../../support/call.ts';
import { me, setUpService } from './service-support.ts';
import { clientId, handClock, tenantId } from './support.ts';

export const identity = { tenant_id: tenantId, client_id: clientId };
export const secrets = { client_secret: new Secret('a-secret-of-the-app') };
export const operator = testCall();

/** The agent's calls, each answered with what became of it; and the person, who answers what waits. */
export function setUp(policy: Partial<typeof defaultPolicy> = {}, declared: readonly DeclaredConnection[] = []) {
  const clock = handClock();
  const { approvals } = createMemoryStorage(clock);
  const asking = createAsking({ key: async () => Buffer.alloc(32), approvals, clock, mask: (text) => text });
  const clouds = new Map<string, Cloud>(Object.entries(builtInClouds));
  for (const name of ['lab', 'sandbox']) clouds.set(name, loopback(name));
  // The same login under another name.
  clouds.set('alias', { ...loopback('alias'), login: 'https://LOGIN.microsoftonline.com/' });
  const setup = setUpService({ clock, clouds, declared, policy: { ...defaultPolicy, ...policy } });
  const { service } = setup;
  const agentCall = (tool: string, args: object) => {
    const facts = { tool, args: { ...args }, caller: me.id, channel: 'stdio' as const, confirm: undefined };
    return testCall({ authority: asking.authorityOf({ ...facts, takesConfirm: false, connection: () => undefined }) });
  };
  const agent = {
    create: (input: CreateConnection) => service.create(input, me, agentCall('create_connection', input)),
    complete: (name: string, input: CompleteConnection) =>
      service.complete(name, input, me, agentCall('complete_connection', { name, ...input })),
    remove: (name: string) => service.remove(name, me, agentCall('delete_connection', { name })),
    /** Creates and completes; the first refusal ends it. */
    async make(input: CreateConnection, completion: CompleteConnection = { ...identity, secrets }) {
      await agent.create(input);
      return agent.complete(input.name, completion);
    },
  };
  const person = {
    async make(input: CreateConnection, completion: CompleteConnection = { ...identity, secrets }) {
      await service.create(input, me, operator);
      return service.complete(input.name, completion, me, operator);
    },
    async sayYes() {
      for (const { code } of await approvals.list(me.id)) await approvals.answer(code, me.id, 'approved');
    },
  };
  return { ...setup, agent, person, approvals };
}

function loopback(name: string): Cloud {
  const root = 'http://127.0.0.1:4000';
  return { name, login: root, graph: `${root}/graph`, resourceManager: `${root}/arm`, devops: root, dataPlane: {} };
}

export function declare(changes: Partial<DeclaredConnection> = {}): DeclaredConnection {
  return {
    name: 'declared',
    provider: 'azure',
    scopes: ['directory'],
    cloud: 'public',
    access: 'read_only',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings: {},
    identity,
    secrets: { client_secret: new Secret('declared') },
    ...changes,
  };
}

export const asksPerson = { code: 'refused', wayToYes: { pending: expect.any(String) } };
export const free = { max_access: 'read_write', ambient: true } as const;
