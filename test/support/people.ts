import type { ServerContext } from '@modelcontextprotocol/server';
import { Caller } from '../../src/core/base/caller.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { authInfoOf } from '../../src/server/caller-of.ts';
import type { Gate } from '../../src/server/http/gate.ts';
import { testCall } from './call.ts';
import type { SandboxTools } from './sandbox-tools.ts';

const tenant = '11111111-0000-4000-8000-000000000000';
/** Two people of one company, as they are after sign-in. */
export const ada = new Caller({ id: `${tenant}/aaaaaaaa-0000-4000-8000-000000000001`, name: 'Ada' });
export const bob = new Caller({ id: `${tenant}/bbbbbbbb-0000-4000-8000-000000000002`, name: 'Bob' });
export const bobsGrant = { user: 'bbbbbbbb-0000-4000-8000-000000000002', access: 'write' } as const;

const people: Readonly<Record<string, Caller>> = { ada, bob };

/** Takes the name of one of them as a token. */
export const peopleGate: Gate = {
  async admit({ headers: { authorization = '' } }) {
    const caller = people[authorization.replace(/^Bearer /, '')];
    return caller === undefined ? { refusal: { status: 401, body: { error: 'who are you?' } } } : { caller };
  },
  refuse: () => undefined,
};

/** A request of one of them, as our handlers get it from the SDK; `send` gets what is notified meanwhile. */
export function requestOf(caller: Caller): ServerContext {
  const mcpReq = {
    id: 1,
    method: 'tools/call',
    signal: new AbortController().signal,
    notify: async () => undefined,
    requestState: () => undefined,
  };
  // What our handlers read of it.
  return { mcpReq, http: { authInfo: authInfoOf(caller) } } as unknown as ServerContext;
}

/** A connection to the sandbox tenant that is somebody's own. */
export async function giveConnection(tools: SandboxTools, owner: Caller, name: string): Promise<string> {
  const { connections } = tools.runtime;
  const { tenantId, subscriptionId, clientId, clientSecret } = tools.sandbox.credentials;
  const wanted = {
    name,
    cloud: tools.sandbox.cloud.name,
    access: 'read_write',
    scopes: ['directory', 'resources', 'ml', 'devops'],
  } as const;
  await connections.create({ ...wanted, scopes: [...wanted.scopes] }, owner, testCall());
  const identity = {
    tenant_id: tenantId,
    subscription_id: subscriptionId,
    client_id: clientId,
    organization: 'contoso',
  };
  const secrets = { client_secret: new Secret(clientSecret) };
  return (await connections.complete(name, { ...identity, secrets }, owner, testCall())).id;
}
