import { withoutUndefined } from '../core/base/without-undefined.ts';
import { loadConfig } from '../runtime/config/load-config.ts';
import { createRuntime } from '../runtime/create-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { EmbeddedTenant, RuntimeOptions } from '../runtime/runtime-options.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { SurfaceTools } from '../server/surface.ts';
import { version } from '../server/version.ts';
import { tools } from '../tools/registry.ts';
import { unknownToolset, visibleTools } from '../tools/toolsets.ts';
import { UsageError } from './exit-codes.ts';
import type { CommonFlags } from './flags.ts';
import { oldFreedom } from './old-freedom.ts';
import { sandboxConnection } from './sandbox/sandbox-connection.ts';
import { openSandboxHome } from './sandbox/sandbox-home.ts';

/** A running Tenantry without a transport: what every command starts from. */
export interface Tenantry {
  readonly runtime: Runtime;
  readonly tools: SurfaceTools;
  close(): Promise<void>;
}

/**
 * Reads the configuration and puts the parts together. Throws `configuration` where a flag or variable is wrong; with a
 * broken file it starts, and tools answer what is wrong.
 */
export async function startTenantry(
  flags: CommonFlags,
  options: Pick<RuntimeOptions, 'onDeviceCode' | 'pages' | 'secretPrompt'> = {},
): Promise<Tenantry> {
  if (flags.users !== undefined && !flags.sandbox) {
    throw new UsageError(
      '--users is the size of the sandbox tenant, and needs --sandbox.',
      'tenantry --sandbox --users 5000',
    );
  }
  const sandboxHome = flags.sandbox ? openSandboxHome(flags.home) : undefined;
  const { config, error, isUsage } = await loadConfig({
    flags: { ...flags, ...(sandboxHome && { home: sandboxHome.path }) },
    sandbox: sandboxHome !== undefined,
  });
  const wrongUsage = isUsage === true ? error : unknownToolset(tools, config.toolsets);
  if (wrongUsage) throw wrongUsage;
  const configurationError = error;
  const sandbox = flags.sandbox ? await openSandbox(flags) : undefined;
  const embedded = sandbox && embeddedTenant(sandbox, config.http?.signIn !== undefined);
  const runtime = createRuntime({ config, version, ...options, ...withoutUndefined({ configurationError, embedded }) });
  const { toolsets, readOnly } = config;
  const offered = configurationError ? undefined : toolsets;
  return {
    runtime,
    tools: {
      listed: visibleTools(tools, { toolsets: offered, readOnly }),
      callable: visibleTools(tools, { toolsets: offered, readOnly: false }),
    },
    async close() {
      await runtime.close();
      await sandbox?.close();
      sandboxHome?.close();
    },
  };
}

/** Says at the start of a server what its configuration opens to every agent. */
export function warnOfOldFreedom({ config, logger }: Runtime): void {
  const freedom = oldFreedom(config);
  if (freedom !== undefined) logger.warn(`the configuration is open: ${freedom}`);
}

async function openSandbox({ users }: CommonFlags): Promise<Sandbox> {
  const { createSandbox } = await import('../sandbox/create-sandbox.ts');
  return createSandbox(users === undefined ? {} : { users });
}

/** Whoever signs in to try things out may use its connection: there is nothing in the sandbox that is somebody's. */
function embeddedTenant({ httpClient, cloud, clock, credentials }: Sandbox, isForEveryone: boolean): EmbeddedTenant {
  const connection = sandboxConnection(cloud, credentials);
  const shared = { ...connection, shared_with: [{ everyone: true, access: 'write' }] as const };
  return { httpClient, cloud, clock, connection: isForEveryone ? shared : connection };
}
