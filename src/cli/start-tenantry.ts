import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processEnvironment } from '../core/base/environment.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { Secret } from '../core/secrets/secret.ts';
import { loadConfig } from '../runtime/config/load-config.ts';
import { createRuntime, type EmbeddedTenant, type RuntimeOptions } from '../runtime/create-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { SurfaceTools } from '../server/surface.ts';
import { version } from '../server/version.ts';
import { tools } from '../tools/registry.ts';
import { unknownToolset, visibleTools } from '../tools/toolsets.ts';
import type { CommonFlags } from './flags.ts';
import { oldFreedom } from './old-freedom.ts';

/** A running Tenantry without a transport: what every command starts from. */
export interface Tenantry {
  readonly runtime: Runtime;
  readonly tools: SurfaceTools;
  close(): Promise<void>;
}

/** Reads the configuration and puts the parts together. Never fails: with a broken configuration, tools answer what is wrong. */
export async function startTenantry(
  flags: CommonFlags,
  options: Pick<RuntimeOptions, 'onDeviceCode' | 'pages' | 'secretPrompt'> = {},
): Promise<Tenantry> {
  const throwaway = sandboxHome(flags);
  const { config, error } = await loadConfig({ flags: { ...flags, ...(throwaway ? { home: throwaway } : {}) } });
  const configurationError = error ?? unknownToolset(tools, config.toolsets);
  const sandbox = flags.sandbox ? await openSandbox(flags) : undefined;
  const embedded = sandbox && embeddedTenant(sandbox);
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
      if (throwaway) await rm(throwaway, { recursive: true, force: true });
    },
  };
}

/** Says at the start of a server what its configuration opens to every agent. */
export function warnOfOldFreedom({ config, logger }: Runtime): void {
  const freedom = oldFreedom(config);
  if (freedom !== undefined) logger.warn(`the configuration is open: ${freedom}`);
}

/** The sandbox tenant ends with the process, so its connections must not stay in the user's home folder. */
function sandboxHome(flags: CommonFlags): string | undefined {
  const named = flags.home !== undefined || processEnvironment('TENANTRY_HOME') !== undefined;
  return flags.sandbox && !named ? join(tmpdir(), `tenantry-sandbox-${randomUUID()}`) : undefined;
}

async function openSandbox({ users }: CommonFlags): Promise<Sandbox> {
  const { createSandbox } = await import('../sandbox/create-sandbox.ts');
  return createSandbox(users === undefined ? {} : { users });
}

function embeddedTenant({ httpClient, cloud, clock, credentials }: Sandbox): EmbeddedTenant {
  return {
    httpClient,
    cloud,
    clock,
    connection: {
      name: 'sandbox',
      provider: 'azure',
      scopes: ['directory', 'resources', 'ml', 'devops'],
      cloud: cloud.name,
      access: 'read_write',
      auth_type: 'azure',
      scope_level: 'subscription',
      settings: {},
      identity: {
        tenant_id: credentials.tenantId,
        client_id: credentials.clientId,
        subscription_id: credentials.subscriptionId,
        organization: credentials.organization,
      },
      secrets: { client_secret: new Secret(credentials.clientSecret) },
    },
  };
}
