import { vi } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { createIdentities } from '../../../src/core/identities/create-identities.ts';
import type { Identities } from '../../../src/core/identities/identities.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { settlingWaitsMs, skipWaits } from '../../support/skip-waits.ts';
import { createReady } from '../../tools/connections/federated-tools.ts';

export interface OpenIdentities {
  readonly tools: SandboxTools;
  readonly identities: Identities;
  /** As another process has them: nothing that was made is remembered. */
  afresh(): Promise<Identities>;
  /** With the rights of another app. */
  as(credentials: { readonly clientId: string; readonly clientSecret: string }): Promise<Identities>;
  close(): Promise<void>;
}

/** Identities of the sandbox app, over a tenant whose clock stands still but for waits. */
export async function openIdentities(): Promise<OpenIdentities> {
  const tools = await openSandboxTools({ frozenClock: true, users: 5 });
  skipWaits(tools.sandbox, settlingWaitsMs);
  const open = async (name: string) => {
    const record = await tools.runtime.connections.get(name, localCaller);
    return (await tools.runtime.opener.open(record, localCaller)).identities;
  };
  return {
    tools,
    identities: await open('sandbox'),
    async afresh() {
      const { graph, arm, cloud } = await tools.runtime.opener.open(
        await tools.runtime.connections.get('sandbox', localCaller),
        localCaller,
      );
      return createIdentities({ graph, arm, cloud, clock: tools.sandbox.clock });
    },
    async as({ clientId, clientSecret }) {
      const identity = { tenant_id: tools.sandbox.credentials.tenantId, client_id: clientId };
      await createReady(tools, 'other', { ...identity, client_secret: clientSecret });
      return open('other');
    },
    async close() {
      vi.unstubAllGlobals();
      await tools.close();
    },
  };
}
