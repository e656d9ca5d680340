import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSandboxHome } from '../../src/cli/sandbox/write-sandbox-home.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { AgentTask, World } from './agent-task.ts';
import { openTenant } from './tenant.ts';

/** A sandbox of its own for one task, and the home of a product that knows it. */
export interface Stage {
  readonly world: World;
  /** Has a ready connection for each tenant: `sandbox`, `sandbox-fabrikam`. */
  readonly home: string;
  /** Where the sandbox listens. */
  readonly address: string;
  close(): Promise<void>;
}

/** Any day: the same dates and numbers in every run. */
const start = '2026-11-20T10:00:00Z';

export async function openStage({ users = 240, tenants = 1 }: Pick<AgentTask, 'users' | 'tenants'>): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'tenantry-task-'));
  const sandbox = createSandbox({ now: start, users, tenants });
  const { url, cloud } = await sandbox.listen(0);
  await writeSandboxHome(home, cloud, sandbox.tenants);
  const [tenant, ...others] = sandbox.tenants.map((access) => openTenant(sandbox, access));
  if (tenant === undefined) throw new Error('A sandbox has a tenant.');
  return {
    world: {
      tenant,
      tenants: [tenant, ...others],
      now: () => sandbox.clock.now(),
      place: sandbox.placeObject,
    },
    home,
    address: url,
    async close() {
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
